using System.Globalization;
using System.Text;

namespace IdLcm.Domain.Scim;

/// <summary>
/// Recursive descent over the grammar of RFC 7644 §3.4.2.2, for filters and for the bracketed part of paths.
/// Precedence: <c>not</c>, <c>and</c>, <c>or</c>; words without regard to case.
/// </summary>
internal ref struct ScimFilterParser
{
    private readonly ReadOnlySpan<char> text;
    private readonly ScimLimits limits;
    private readonly ScimErrorType errorType;
    private int position;
    private int terms;

    private ScimFilterParser(ReadOnlySpan<char> text, ScimLimits limits, ScimErrorType errorType)
    {
        this.text = text;
        this.limits = limits;
        this.errorType = errorType;
    }

    public static ScimFilter ParseFilter(string text, ScimLimits limits)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new ScimFilterParser(text, limits, ScimErrorType.InvalidFilter);
        parser.CheckText();
        var filter = parser.ParseOr(0, inValuePath: false);
        parser.SkipSpace();
        return parser.position == text.Length ? filter : throw parser.Error("something follows the end of the filter");
    }

    public static ScimPath ParsePath(string text, ScimLimits limits)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new ScimFilterParser(text.AsSpan().Trim(), limits, ScimErrorType.InvalidPath);
        parser.CheckText();
        return parser.ReadPath();
    }

    public static string OperatorText(ScimOperator op) => op switch
    {
        ScimOperator.Equal => "eq",
        ScimOperator.NotEqual => "ne",
        ScimOperator.Contains => "co",
        ScimOperator.StartsWith => "sw",
        ScimOperator.EndsWith => "ew",
        ScimOperator.GreaterThan => "gt",
        ScimOperator.GreaterOrEqual => "ge",
        ScimOperator.LessThan => "lt",
        _ => "le",
    };

    private void CheckText()
    {
        if (text.Length > limits.FilterLength)
        {
            throw new ScimError(400, errorType, $"It is longer than {limits.FilterLength} characters.").ToException();
        }

        if (!ScimText.IsWellFormed(text))
        {
            throw new ScimError(400, errorType, "It holds text that is not valid Unicode.").ToException();
        }
    }

    private ScimPath ReadPath()
    {
        var path = ReadAttribute();
        if (position == text.Length)
        {
            return new ScimPath(path, null, null);
        }

        if (text[position] != '[')
        {
            throw Error("an attribute path is name, name.sub, name[filter] or name[filter].sub");
        }

        var inner = ReadBracket(path, 0);
        string? sub = null;
        if (position < text.Length)
        {
            sub = ReadSubName();
        }

        return position == text.Length ? new ScimPath(path, inner, sub) : throw Error("something follows the end of the path");
    }

    private ScimFilter ParseOr(int depth, bool inValuePath)
    {
        var first = ParseAnd(depth, inValuePath);
        List<ScimFilter>? all = null;
        while (TryReadWord("or"))
        {
            (all ??= [first]).Add(ParseAnd(depth, inValuePath));
        }

        return all is null ? first : ScimFilter.Any(all);
    }

    private ScimFilter ParseAnd(int depth, bool inValuePath)
    {
        var first = ParseTerm(depth, inValuePath);
        List<ScimFilter>? all = null;
        while (TryReadWord("and"))
        {
            (all ??= [first]).Add(ParseTerm(depth, inValuePath));
        }

        return all is null ? first : ScimFilter.All(all);
    }

    private ScimFilter ParseTerm(int depth, bool inValuePath)
    {
        if (depth > limits.FilterDepth)
        {
            throw Error($"it is nested deeper than {limits.FilterDepth}");
        }

        SkipSpace();
        if (position == text.Length)
        {
            throw Error("an attribute, 'not' or '(' is missing");
        }

        if (text[position] == '(')
        {
            return ReadGroup(depth, inValuePath);
        }

        var start = position;
        if (TryReadWord("not"))
        {
            SkipSpace();
            if (position < text.Length && text[position] == '(')
            {
                return new ScimNotFilter(ReadGroup(depth, inValuePath));
            }

            position = start;
        }

        return ParseExpression(depth, inValuePath);
    }

    private ScimFilter ReadGroup(int depth, bool inValuePath)
    {
        position++;
        var inner = ParseOr(depth + 1, inValuePath);
        SkipSpace();
        if (position == text.Length || text[position] != ')')
        {
            throw Error("')' is missing");
        }

        position++;
        return inner;
    }

    private ScimFilter ParseExpression(int depth, bool inValuePath)
    {
        if (++terms > limits.FilterTerms)
        {
            throw Error($"it has more than {limits.FilterTerms} comparisons");
        }

        var path = ReadAttribute();
        if (position == text.Length || text[position] != '[')
        {
            return ReadComparison(path);
        }

        if (inValuePath)
        {
            throw Error("a value path cannot stand within a value path");
        }

        var inner = ReadBracket(path, depth);
        if (position == text.Length || text[position] != '.')
        {
            return new ScimValuePathFilter(path, inner);
        }

        var sub = new ScimAttributePath(null, ReadSubName(), null);
        return new ScimValuePathFilter(path, ScimFilter.All(inner, ReadComparison(sub)));
    }

    private ScimFilter ReadBracket(ScimAttributePath path, int depth)
    {
        if (path.SubName is not null)
        {
            throw Error("a value path selects elements of an attribute, not of a sub-attribute");
        }

        position++;
        var inner = ParseOr(depth + 1, inValuePath: true);
        SkipSpace();
        if (position == text.Length || text[position] != ']')
        {
            throw Error("']' is missing");
        }

        position++;
        return inner;
    }

    private string ReadSubName()
    {
        if (text[position] != '.')
        {
            throw Error("'.' and a sub-attribute, or the end, is missing after ']'");
        }

        position++;
        var start = position;
        SkipToken();
        var name = text[start..position];
        return ScimAttributePath.IsName(name) ? name.ToString() : throw Error("the sub-attribute after ']' is malformed", start);
    }

    private ScimFilter ReadComparison(ScimAttributePath path)
    {
        SkipSpace();
        var start = position;
        SkipToken();
        var word = text[start..position];
        if (Same(word, "pr"))
        {
            return new ScimPresentFilter(path);
        }

        var op = ReadOperator(word) ?? throw Error("a comparison (eq, ne, co, sw, ew, gt, ge, lt, le, pr) is missing", start);
        SkipSpace();
        return new ScimComparisonFilter(path, op, ReadLiteral(path, op));
    }

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

    private readonly ScimException Error(string what, int at)
    {
        var kind = errorType == ScimErrorType.InvalidPath ? "path" : "filter";
        return new ScimError(
            400,
            errorType,
            string.Create(CultureInfo.InvariantCulture, $"The {kind} {ScimText.Quote(text)} is malformed at character {at + 1}: {what}.")).ToException();
    }
}
