using System.Text.RegularExpressions;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Running;

/// <summary>
/// Compares what a selector or test id says with what the page shows: of <c>#invite-submit</c> the word "invite" may stand in a
/// button's name, or in what its markup calls it now.
/// </summary>
internal static partial class MarkupWords
{
    /// <summary>Above this share of words that are not found two things have nothing in common.</summary>
    public const double Likeness = 0.5;

    private const int Shortest = 3;

    /// <summary>Words of markup that say nothing of what a thing is for.</summary>
    private static readonly HashSet<string> Noise = new(StringComparer.Ordinal)
    {
        "div", "span", "input", "button", "btn", "form", "table", "tbody", "row", "col", "item", "list", "wrap", "wrapper", "container", "main", "body", "section", "field", "icon",
        "nth", "child", "type", "first", "last", "class", "name", "not", "has", "data", "test", "testid", "aria", "label", "role", "link", "href", "value", "text", "contains",
        "submit", "primary", "secondary", "css", "html", "for", "the", "and", "normalize", "space", "settings",
    };

    /// <summary>The share of the wanted words that a thing does not have; those of the selector count twice those of the value that is filled in.</summary>
    public static double Distance(Locator locator, Step? step, Candidate candidate)
    {
        var own = Of(locator.Value?.Resolve(new(), out _) ?? "");
        var more = step is FillStep fill ? Of(string.Join(' ', fill.Value.Placeholders.Select(p => p.ToString()))).Except(own).ToHashSet() : [];
        if (own.Count + more.Count == 0)
        {
            return 1;
        }

        var there = Of($"{candidate.Name} {candidate.Marks}");
        int Hits(HashSet<string> wanted) => wanted.Count(w => there.Any(t => AreAlike(w, t)));
        return 1 - ((2 * Hits(own)) + Hits(more)) / (double)((2 * own.Count) + more.Count);
    }

    private static HashSet<string> Of(string text) =>
        [.. Word().Matches(text).Select(m => m.Value.ToLowerInvariant()).Where(w => w.Length >= Shortest && !Noise.Contains(w))];

    private static bool AreAlike(string one, string other)
    {
        // "invite" and "invitation", "members" and "member", "adress" and "address".
        var begin = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return one == other || (begin > Shortest && begin * 3 >= Math.Min(one.Length, other.Length) * 2) || Nearest.Distance(one, other) <= Math.Max(one.Length, other.Length) / 4;
    }

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\\x00-\\x7F]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
