using System.Globalization;

namespace IdLcm.Domain.Scim;

/// <summary>How a client's own words are repeated in an error: short, quoted, always well-formed text.</summary>
internal static class ScimText
{
    private const int Longest = 80;

    public static string Quote(ReadOnlySpan<char> text)
    {
        var shown = text.Length > Longest ? text[..Longest] : text;
        var clean = string.Create(shown.Length, shown, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                target[i] = char.IsSurrogate(source[i]) && !IsPaired(source, i) || char.IsControl(source[i])
                    ? '\uFFFD'
                    : source[i];
            }
        });
        return text.Length > Longest ? $"\"{clean}…\"" : $"\"{clean}\"";
    }

    /// <summary>Whether every surrogate of the text has its partner.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (var i = text.IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !IsPaired(text, i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads an instant as SCIM writes it (xsd:dateTime, RFC 7643 §2.3.5); no zone means UTC.</summary>
    public static bool TryParseDateTime(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        // xsd:dateTime begins yyyy-mm-dd; DateTimeOffset.TryParse alone would also take "5" or "Monday".
        if (text.Length < 10 || text[4] != '-' || text[7] != '-' || !char.IsAsciiDigit(text[0]))
        {
            instant = default;
            return false;
        }

        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out instant);
    }

    private static bool IsPaired(ReadOnlySpan<char> text, int i) =>
        char.IsHighSurrogate(text[i])
            ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])
            : i > 0 && char.IsHighSurrogate(text[i - 1]);
}
