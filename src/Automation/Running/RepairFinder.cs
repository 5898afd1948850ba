using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Something that a page shows.</summary>
/// <param name="Role">Its role; <c>field</c> for anything that is typed into or chosen from.</param>
/// <param name="Name">Its name.</param>
/// <param name="Marks">What its markup calls it: id, classes, test id.</param>
/// <param name="Template">Its name with placeholders for the values in it; null where it is taken as it is.</param>
internal sealed record Candidate(string Role, string Name, string Marks, string? Template = null);

/// <summary>Finds what on the page could be meant by a locator that matches nothing any more.</summary>
internal static class RepairFinder
{
    /// <summary>Above this share of changed letters two names are two things.</summary>
    private const double Likeness = 0.6;

    private static readonly string[] Fields = ["field", "textbox", "searchbox", "spinbutton", "combobox", "listbox", "checkbox", "radio", "switch"];
    private static readonly string[] Toggles = ["checkbox", "radio", "switch"];
    private static readonly string[] Passive =
        ["heading", "element", "dialog", "alertdialog", "alert", "status", "form", "table", "grid", "navigation", "region", "group", "list", "main", "tabpanel", "menu", "toolbar"];

    /// <summary>How far something on the page is from what is wanted: below 0 where its name holds the wanted one, 0 for the same, 1 for nothing in common.</summary>
    /// <param name="wanted">The locator; null for nothing in particular.</param>
    /// <param name="step">The step that wants it; null where none does.</param>
    /// <param name="candidate">The thing.</param>
    /// <param name="scope">The values of placeholders in the locator.</param>
    public static double Distance(Locator? wanted, Step? step, Candidate candidate, Scope scope) =>
        wanted is null ? 0 : Choices(wanted).Min(l => Named(l, scope) is { } name ? Distance(name, candidate.Name) : IsByMarkup(l) ? MarkupWords.Distance(l, step, candidate) : 1);

    /// <summary>The proposals for a locator, likeliest first; they say nothing yet of whether the page shows each of them once.</summary>
    /// <param name="wanted">The locator; what it is <c>within</c> stays as it is.</param>
    /// <param name="scope">The values of placeholders in the locator.</param>
    /// <param name="step">The step that wants it.</param>
    /// <param name="candidates">What the page shows there.</param>
    /// <returns>The proposals; none where nothing is like it.</returns>
    public static IEnumerable<LocatorRepair> Find(Locator wanted, Scope scope, Step? step, IReadOnlyList<Candidate> candidates)
    {
        var choices = Choices(wanted);
        if (wanted is not { Has: null, HasText: null } || choices.Any(l => l is not { Has: null, HasText: null } || (l != wanted && l.Within is not null)))
        {
            return [];
        }

        var named = choices.SelectMany(l => Alike(l, scope, candidates)).Where(c => c.Distance <= Likeness);
        // Of two things that the markup's words fit equally well neither is meant for certain.
        var marked = choices.Where(l => IsByMarkup(l) && l.Value!.IsLiteral)
            .SelectMany(l => candidates.Where(c => Fits(step, c.Role)).Select(c => (Candidate: c, Distance: MarkupWords.Distance(l, step, c))))
            .Where(c => c.Distance <= MarkupWords.Likeness)
            .GroupBy(c => c.Distance).Where(g => g.Count() == 1).Select(g => g.First());
        return named.Concat(marked).OrderBy(c => c.Distance).Select(c => c.Candidate).Distinct().SelectMany(c => Proposals(wanted, LocatorBuilder.Describe(wanted, c.Template is null ? scope : null), c));
    }

    /// <summary>What is of the same kind. Of a name with values in it only the words around them are compared: everything about one person is alike by the person.</summary>
    private static IEnumerable<(Candidate Candidate, double Distance)> Alike(Locator wanted, Scope scope, IReadOnlyList<Candidate> candidates)
    {
        if (Named(wanted, scope) is not { } name || wanted.Value!.Generalise(name, scope)?.Words.Trim() is not { Length: > 0 } words)
        {
            yield break;
        }

        foreach (var candidate in candidates.Where(c => IsAlike(wanted, c.Role)))
        {
            if (wanted.Value.Generalise(candidate.Name, scope) is var (shown, source))
            {
                yield return (wanted.Value.IsLiteral ? candidate : candidate with { Template = source }, Distance(words, shown.Trim()));
            }
        }
    }

    private static IEnumerable<LocatorRepair> Proposals(Locator wanted, string words, Candidate candidate)
    {
        LocatorRepair By(string kind, string? role = null) =>
            new(wanted.Mark.Line, wanted.Mark.Column, words, kind, role, candidate.Template ?? candidate.Name, IsTemplate: candidate.Template is not null);
        return Fields.Contains(candidate.Role) ? [By("label"), By("placeholder")]
            : Enum.TryParse<AriaRole>(candidate.Role, ignoreCase: true, out _) ? [By("role", candidate.Role)]
            : [By("text")];
    }

    private static IReadOnlyList<Locator> Choices(Locator wanted) => wanted.Kind == LocatorKind.Any ? wanted.Alternatives : [wanted];

    private static double Distance(string wanted, string name) =>
        wanted.Length == 0 ? 0
        : name.Contains(wanted, StringComparison.OrdinalIgnoreCase) ? -1
        : Nearest.Distance(wanted, name) / (double)Math.Max(wanted.Length, name.Length);

    private static string? Named(Locator locator, Scope scope) =>
        locator.Kind is LocatorKind.Role or LocatorKind.Label or LocatorKind.Text or LocatorKind.Placeholder && locator.Match != MatchMode.Regex ? locator.Value?.Resolve(scope, out _) : null;

    private static bool IsByMarkup(Locator locator) => locator.Kind is LocatorKind.Css or LocatorKind.XPath or LocatorKind.TestId;

    private static bool IsAlike(Locator locator, string role) => locator.Kind switch
    {
        LocatorKind.Label or LocatorKind.Placeholder => Fields.Contains(role),
        LocatorKind.Role => role == locator.Role || (Fields.Contains(role) && Fields.Contains(locator.Role!)),
        _ => !Fields.Contains(role),
    };

    /// <summary>Whether a step can do to a thing of this role what it does.</summary>
    private static bool Fits(Step? step, string role) => step switch
    {
        FillStep or SelectStep or CheckStep or UploadStep or TotpStep => Fields.Contains(role),
        ClickStep or HoverStep or PopUpStep or DownloadStep => Toggles.Contains(role) || !(Fields.Contains(role) || Passive.Contains(role)),
        _ => true,
    };
}
