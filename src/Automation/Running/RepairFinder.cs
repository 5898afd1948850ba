using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Finds what on the page could be meant by a locator that matches nothing any more.</summary>
internal static class RepairFinder
{
    /// <summary>Above this share of changed letters two names are two things.</summary>
    private const double Likeness = 0.6;

    private static readonly string[] Fields = ["field", "textbox", "searchbox", "spinbutton", "combobox", "listbox", "checkbox", "radio", "switch"];

    /// <summary>How far a name is from the wanted one: below 0 where it holds it, else the share of letters that differ.</summary>
    public static double Distance(string wanted, string name) =>
        wanted.Length == 0 ? 0
        : name.Contains(wanted, StringComparison.OrdinalIgnoreCase) ? -1
        : Nearest.Distance(wanted, name) / (double)Math.Max(wanted.Length, name.Length);

    /// <summary>The proposal for a locator that stands by itself and is named by words.</summary>
    /// <param name="wanted">The locator.</param>
    /// <param name="words">The same in words.</param>
    /// <param name="candidates">Role and name of what the page shows.</param>
    /// <returns>The proposal, or null where nothing on the page is like it.</returns>
    public static LocatorRepair? Find(Locator wanted, string words, IEnumerable<(string Role, string Name)> candidates)
    {
        var locators = wanted.Kind == LocatorKind.Any ? wanted.Alternatives : [wanted];
        if (wanted.Within is not null || locators.Any(l => l is not { Within: null, Has: null, HasText: null, Value: null or { IsLiteral: true } }))
        {
            return null;
        }

        return locators
            .SelectMany(locator => Named(locator) is { Length: > 0 } name ? candidates.Where(c => IsAlike(locator, c.Role)).Select(c => (c.Role, c.Name, Distance: Distance(name, c.Name))) : [])
            .Where(c => c.Distance <= Likeness)
            .OrderBy(c => c.Distance)
            .Select(c => Fields.Contains(c.Role) ? new LocatorRepair(wanted.Mark.Line, wanted.Mark.Column, words, "label", null, c.Name)
                : Enum.TryParse<AriaRole>(c.Role, ignoreCase: true, out _) ? new LocatorRepair(wanted.Mark.Line, wanted.Mark.Column, words, "role", c.Role, c.Name)
                : new LocatorRepair(wanted.Mark.Line, wanted.Mark.Column, words, "text", null, c.Name))
            .FirstOrDefault();
    }

    private static string? Named(Locator locator) =>
        locator.Kind is LocatorKind.Role or LocatorKind.Label or LocatorKind.Text or LocatorKind.Placeholder && locator.Match != MatchMode.Regex ? locator.Value?.Resolve(new(), out _) : null;

    private static bool IsAlike(Locator locator, string role) => locator.Kind switch
    {
        LocatorKind.Label or LocatorKind.Placeholder => Fields.Contains(role),
        LocatorKind.Role => role == locator.Role || (Fields.Contains(role) && Fields.Contains(locator.Role!)),
        _ => !Fields.Contains(role),
    };
}
