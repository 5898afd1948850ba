using System.Globalization;
using System.Text;

namespace IdLcm.Domain.Scim;

/// <summary>
/// Recursive descent over the grammar of RFC 7644 §3.4.2.2, for filters and for the bracketed part of paths.
/// Precedence: <c>not</c>, <c>and</c>, <c>or</c>; words without regard to case.
/// </summary>
internal ref partial struct ScimFilterParser
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
            throw new ScimError(400, errorType, $"The {Kind} is longer than {limits.FilterLength} characters.").ToException();
        }

        if (!ScimText.IsWellFormed(text))
        {
            throw new ScimError(400, errorType, $"The {Kind} holds text that is not valid Unicode.").ToException();
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
}
