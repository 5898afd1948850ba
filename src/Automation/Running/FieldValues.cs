using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Running;

/// <summary>From the text of a cell to the value of a field.</summary>
internal static class FieldValues
{
    /// <summary>Applies regex, trim, split and map, in this order.</summary>
    /// <param name="field">What to do.</param>
    /// <param name="raw">The text as the page has it; null where there is none.</param>
    /// <param name="multiValued">True for a field that is a list even where the app shows one value.</param>
    /// <returns>The value, or null.</returns>
    public static JsonNode? Of(Field field, string? raw, bool multiValued)
    {
        var text = (raw is null ? null : Matched(raw.Trim(), field.Regex)) ?? field.Otherwise;
        if (text is null)
        {
            return multiValued && raw is not null ? new JsonArray() : null;
        }

        var trim = field.Trim?.ToCharArray() ?? [];
        if (field.Split is null && !multiValued)
        {
            return Mapped(field, Trimmed(text, trim));
        }

        var parts = field.Split is null ? [text] : text.Split(field.Split);
        return new JsonArray([.. parts.Select(p => Trimmed(p, trim)).Where(p => p.Length > 0).Select(p => (JsonNode?)Mapped(field, p))]);
    }

    /// <summary>The first group or the whole match; null where it does not match.</summary>
    public static string? Matched(string text, Regex? regex)
    {
        if (regex is null)
        {
            return text;
        }

        var match = regex.Match(text);
        return !match.Success ? null : match.Groups.Count > 1 ? match.Groups[1].Value : match.Value;
    }

    private static string Trimmed(string text, char[] characters) => text.Trim().Trim(characters).Trim();

    private static string Mapped(Field field, string text) =>
        field.Map is not { } map ? text : map.TryGetValue(text, out var mapped) ? mapped : map.TryGetValue("*", out var others) ? others : text;
}
