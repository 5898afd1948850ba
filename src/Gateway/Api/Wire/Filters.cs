using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>The names of an enum's values as they stand in JSON.</summary>
/// <typeparam name="T">The enum.</typeparam>
internal static class EnumNames<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>().ToFrozenDictionary(
        value => value,
        value => typeof(T).GetField(value.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? value.ToString());

    public static IEnumerable<string> All => ByValue.OrderBy(pair => pair.Key).Select(pair => pair.Value);

    public static string Of(T value) => ByValue[value];

    public static bool TryParse(string text, out T value)
    {
        foreach (var (candidate, name) in ByValue)
        {
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase) || string.Equals(candidate.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }
}

/// <summary>Reads the filter parameters of lists.</summary>
internal static class Filters
{
    private const int MaxQuery = 200;

    /// <summary>Reads one or several names, between commas; null for no filter.</summary>
    public static bool TryEnum<T>(string? text, string parameter, out IReadOnlyCollection<T>? values, out IResult? problem)
        where T : struct, Enum
    {
        problem = null;
        values = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        var found = new List<T>();
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!EnumNames<T>.TryParse(name, out var value))
            {
                problem = ApiProblems.BadParameter(parameter, $"'{name}' must be one of {string.Join(", ", EnumNames<T>.All)}.");
                return false;
            }

            found.Add(value);
        }

        values = found;
        return true;
    }

    /// <summary>Reads a search text; null for none.</summary>
    public static bool TryText(string? text, string parameter, out string? value, out IResult? problem)
    {
        value = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        problem = value?.Length > MaxQuery ? ApiProblems.BadParameter(parameter, $"may have at most {MaxQuery} characters.") : null;
        return problem is null;
    }

    /// <summary>Reads a moment in ISO 8601; without an offset it is UTC.</summary>
    public static bool TryTime(string? text, string parameter, out DateTimeOffset? value, out IResult? problem)
    {
        value = null;
        problem = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment))
        {
            problem = ApiProblems.BadParameter(parameter, $"'{text}' must be a date and time in ISO 8601, for example 2026-03-01T09:00:00Z.");
            return false;
        }

        value = moment;
        return true;
    }

    /// <summary>Reads true or false; null for neither.</summary>
    public static bool TryFlag(string? text, string parameter, out bool? value, out IResult? problem)
    {
        value = bool.TryParse(text, out var flag) ? flag : null;
        problem = value is null && !string.IsNullOrWhiteSpace(text) ? ApiProblems.BadParameter(parameter, $"'{text}' must be true or false.") : null;
        return problem is null;
    }

    /// <summary>Whether one of several texts contains what is searched for, whatever its letter case.</summary>
    public static bool Contains(string? query, params ReadOnlySpan<string?> texts)
    {
        if (query is null)
        {
            return true;
        }

        foreach (var text in texts)
        {
            if (text?.Contains(query, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }
}
