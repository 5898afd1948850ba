using System.Globalization;
using System.Text;

namespace IdLcm.Domain.Scim;

/// <summary>The words, literals and texts of the grammar.</summary>
internal ref partial struct ScimFilterParser
{
    private static ScimOperator? ReadOperator(ReadOnlySpan<char> word)
    {
        for (var op = ScimOperator.Equal; op <= ScimOperator.LessOrEqual; op++)
        {
            if (Same(word, OperatorText(op)))
            {
                return op;
            }
        }

        return null;
    }

    private ScimLiteral ReadLiteral(ScimAttributePath path, ScimOperator op)
    {
        if (position == text.Length)
        {
            throw Error("a value is missing");
        }

        if (text[position] == '"')
        {
            return ScimLiteral.Of(ReadString());
        }

        var start = position;
        SkipToken();
        var word = text[start..position];
        if (Same(word, "true") || Same(word, "false"))
        {
            return ScimLiteral.Of(Same(word, "true"));
        }

        if (Same(word, "null"))
        {
            return ScimLiteral.Null;
        }

        // Entra ID is seen to send the value of externalId without quotes.
        if (op == ScimOperator.Equal && word.Length > 0 && path.Is("externalId"))
        {
            return ScimLiteral.Of(word.ToString());
        }

        if (word.Length <= limits.NumberLength && IsNumber(word))
        {
            return new ScimLiteral(ScimLiteralKind.Number, word.ToString());
        }

        throw Error("a value is a string in double quotes, a number, true, false or null", start);
    }

    private static bool IsNumber(ReadOnlySpan<char> word)
    {
        if (word.IsEmpty || !(word[0] == '-' || char.IsAsciiDigit(word[0])))
        {
            return false;
        }

        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
    }

    private string ReadString()
    {
        var opened = position++;
        var rest = text[position..];
        var end = rest.IndexOfAny('"', '\\');
        if (end >= 0 && rest[end] == '"')
        {
            position += end + 1;
            return rest[..end].ToString();
        }

        var value = new StringBuilder();
        while (position < text.Length)
        {
            var c = text[position++];
            if (c == '"')
            {
                var result = value.ToString();
                return ScimText.IsWellFormed(result) ? result : throw Error("the string holds text that is not valid Unicode", opened);
            }

            value.Append(c == '\\' ? ReadEscape() : c);
        }

        throw Error("the string is not closed", opened);
    }

    private char ReadEscape()
    {
        var escape = position < text.Length ? text[position++] : '\0';
        switch (escape)
        {
            case '"' or '\\' or '/':
                return escape;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when position + 4 <= text.Length
                && ushort.TryParse(text.Slice(position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                position += 4;
                return (char)code;
            default:
                throw Error("the string holds an escape that JSON does not have");
        }
    }

    private ScimAttributePath ReadAttribute()
    {
        var start = position;
        SkipToken();
        return ScimAttributePath.TryParse(text[start..position], out var path)
            ? path!
            : throw Error(start == position ? "an attribute name is missing" : $"{ScimText.Quote(text[start..position])} is not an attribute name", start);
    }

    private bool TryReadWord(string word)
    {
        SkipSpace();
        var end = position + word.Length;
        if (end > text.Length || !Same(text[position..end], word))
        {
            return false;
        }

        if (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '(')
        {
            return false;
        }

        position = end;
        return true;
    }

    private void SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }

    private void SkipToken()
    {
        while (position < text.Length && !char.IsWhiteSpace(text[position]) && text[position] is not ('(' or ')' or '[' or ']' or '"'))
        {
            position++;
        }
    }

    private static bool Same(ReadOnlySpan<char> word, string other) => word.Equals(other, StringComparison.OrdinalIgnoreCase);

    private readonly ScimException Error(string what) => Error(what, position);

    private readonly string Kind => errorType == ScimErrorType.InvalidPath ? "path" : "filter";

    private readonly ScimException Error(string what, int at) => new ScimError(
        400,
        errorType,
        string.Create(CultureInfo.InvariantCulture, $"The {Kind} {ScimText.Quote(text)} is malformed at character {at + 1}: {what}.")).ToException();
}
