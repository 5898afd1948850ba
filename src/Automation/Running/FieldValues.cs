using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>From the text of a cell to the value of a field.</summary>
internal static class FieldValues
{
    /// <summary>Puts a field into a row.</summary>
    /// <returns>A fault where the text does not have the form that the connector says, else null.</returns>
    public static StepFault? Put(JsonObject row, string name, Field field, string? raw, bool multiValued)
    {
        row[name] = Of(field, raw, multiValued, out var problem);
        return problem is null ? null : new(FailureCode.PageChanged, $"The field {name} is {problem}.");
    }

    /// <summary>Applies regex, trim, split and then map, date or number, in this order.</summary>
    /// <param name="field">What to do.</param>
    /// <param name="raw">The text as the page has it; null where there is none.</param>
    /// <param name="multiValued">True for a field that is a list even where the app shows one value.</param>
    /// <param name="problem">What the text is instead of a date or number, or null.</param>
    /// <returns>The value, or null.</returns>
    public static JsonNode? Of(Field field, string? raw, bool multiValued, out string? problem)
    {
        problem = null;
        var text = (raw is null ? null : Matched(raw.Trim(), field.Regex)) ?? field.Otherwise;
        if (text is null)
        {
            return multiValued && raw is not null ? new JsonArray() : null;
        }

        var trim = field.Trim?.ToCharArray() ?? [];
        if (field.Split is null && !multiValued)
        {
            return Converted(field, Trimmed(text, trim), ref problem);
        }

        var values = new JsonArray();
        foreach (var part in (field.Split is null ? [text] : text.Split(field.Split)).Select(p => Trimmed(p, trim)).Where(p => p.Length > 0))
        {
            values.Add(Converted(field, part, ref problem));
        }

        return values;
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

    private static JsonValue? Converted(Field field, string text, ref string? problem)
    {
        switch (field)
        {
            case { Map: { } map }:
                return JsonValue.Create(map.Read(text));
            case { Date: null, Number: null }:
                return JsonValue.Create(text);
            case var _ when text.Length == 0:
                return null;
            case { Date: { } date }:
                var moment = date.Read(text);
                problem ??= moment is null ? $"\"{text}\", which is not a date of the form {date}" : null;
                return JsonValue.Create(moment);
            default:
                var number = field.Number!.Read(text);
                problem ??= number is null ? $"\"{text}\", which is not a number" : null;
                return number is { } known ? JsonValue.Create(known) : null;
        }
    }
}
