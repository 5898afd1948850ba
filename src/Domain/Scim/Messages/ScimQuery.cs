using System.Globalization;

namespace IdLcm.Domain.Scim;

/// <summary>What a client asks of a list of resources (RFC 7644 §3.4.2, §3.4.3; RFC 9865), syntactically checked.</summary>
public sealed record ScimQuery
{
    /// <summary>The URN of the search message.</summary>
    public const string SearchSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

    /// <summary>The filter, or null for all.</summary>
    public ScimFilter? Filter { get; init; }

    /// <summary>Names between commas, or null.</summary>
    public string? Attributes { get; init; }

    /// <summary>Names between commas, or null.</summary>
    public string? ExcludedAttributes { get; init; }

    /// <summary>The attribute to sort by, or null.</summary>
    public string? SortBy { get; init; }

    /// <summary>Whether the largest comes first.</summary>
    public bool IsDescending { get; init; }

    /// <summary>The 1-based index of the first result; less than 1 was read as 1.</summary>
    public long StartIndex { get; init; } = 1;

    /// <summary>How many results at most, or null where the client leaves it open; less than 0 was read as 0.</summary>
    public int? Count { get; init; }

    /// <summary>The cursor: null for index pagination, empty for the first page by cursor (RFC 9865 §2.1).</summary>
    public string? Cursor { get; init; }

    /// <summary>Reads the parameters of a URL; others than those of SCIM are passed over.</summary>
    /// <param name="parameters">Names and decoded values.</param>
    /// <param name="limits">How long a filter may be; null for the default.</param>
    /// <exception cref="ScimException"><c>invalidFilter</c>, <c>invalidValue</c>, <c>invalidPath</c> or <c>invalidCount</c>.</exception>
    public static ScimQuery FromParameters(IEnumerable<KeyValuePair<string, string?>> parameters, ScimLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        string? startIndex = null, count = null, filter = null;
        var query = new ScimQuery();
        foreach (var (name, value) in parameters)
        {
            if (value is null)
            {
                continue;
            }

            switch (name.Length)
            {
                case 6 when Is(name, "filter"):
                    filter = value;
                    break;
                case 6 when Is(name, "sortBy"):
                    query = query with { SortBy = NullIfBlank(value) };
                    break;
                case 6 when Is(name, "cursor"):
                    query = query with { Cursor = value };
                    break;
                case 9 when Is(name, "sortOrder"):
                    query = query with { IsDescending = ReadOrder(value) };
                    break;
                case 10 when Is(name, "startIndex"):
                    startIndex = value;
                    break;
                case 5 when Is(name, "count"):
                    count = value;
                    break;
                case 10 when Is(name, "attributes"):
                    query = query with { Attributes = NullIfBlank(value) };
                    break;
                case 18 when Is(name, "excludedAttributes"):
                    query = query with { ExcludedAttributes = NullIfBlank(value) };
                    break;
            }
        }

        return query with
        {
            Filter = string.IsNullOrWhiteSpace(filter) ? null : ScimFilter.Parse(filter, limits),
            StartIndex = startIndex is null ? 1 : Math.Max(1, ReadInteger("startIndex", startIndex, byCursor: false)),
            Count = count is null ? null : ReadCount(count, query.Cursor is not null),
        };
    }

    /// <summary>Reads the body of a <c>POST …/.search</c> (RFC 7644 §3.4.3).</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="limits">How much it may hold; null for the default.</param>
    /// <exception cref="ScimException">413, <c>invalidSyntax</c>, and as <see cref="FromParameters"/>.</exception>
    public static ScimQuery FromSearchRequest(ReadOnlySpan<byte> utf8, ScimLimits? limits = null)
    {
        var body = ScimJson.ParseObject(utf8, limits);
        ScimMessage.CheckSchema(body, SearchSchema);
        var parameters = new List<KeyValuePair<string, string?>>(body.Count);
        foreach (var (name, value) in body.AsSpan())
        {
            if (Is(name, "schemas"))
            {
                continue;
            }

            parameters.Add(new(name, value switch
            {
                ScimString text => text.Value,
                ScimNumber number => number.Text,
                ScimNull => null,
                ScimArray array when array.All(i => i is ScimString) => string.Join(',', array.Select(i => ((ScimString)i).Value)),
                _ => throw ScimError.InvalidSyntax($"\"{ScimText.Quote(name).Trim('"')}\" of the search request has the wrong type.").ToException(),
            }));
        }

        return FromParameters(parameters, limits);
    }

    /// <summary>How many results one answer holds.</summary>
    /// <param name="limits">The largest page.</param>
    /// <param name="defaultCount">The page where the client leaves it open.</param>
    public int PageSize(ScimLimits limits, int defaultCount = 100)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Math.Min(Count ?? defaultCount, limits.PageSize);
    }

    private static bool Is(string name, string expected) => string.Equals(name, expected, StringComparison.OrdinalIgnoreCase);

    private static string? NullIfBlank(string value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static bool ReadOrder(string value) => value.Trim() switch
    {
        "" => false,
        var order when Is(order, "ascending") => false,
        var order when Is(order, "descending") => true,
        _ => throw ScimError.InvalidValue("\"sortOrder\" must be ascending or descending.").ToException(),
    };

    private static int ReadCount(string text, bool byCursor) =>
        (int)Math.Clamp(ReadInteger("count", text, byCursor), 0, int.MaxValue);

    private static long ReadInteger(string name, string text, bool byCursor)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        if (text.Trim() is [>= '0' and <= '9' or '-' or '+', .. { Length: > 0 } digits] && digits.All(char.IsAsciiDigit))
        {
            // A whole number, however large: more than there can be of anything.
            return text.TrimStart()[0] == '-' ? long.MinValue : long.MaxValue;
        }

        var detail = $"\"{name}\" must be a whole number; it is {ScimText.Quote(text)}.";
        throw (byCursor ? ScimError.InvalidCount(detail) : ScimError.InvalidValue(detail)).ToException();
    }
}
