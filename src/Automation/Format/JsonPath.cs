using System.Text.Json.Nodes;

namespace IdLcm.Automation.Format;

/// <summary>
/// A small part of JSONPath (RFC 9535): <c>$</c>, <c>.name</c>, <c>['name']</c>, <c>[0]</c> and <c>[*]</c>. No filters, no
/// descent: each path takes time linear in what it selects from.
/// </summary>
internal sealed class JsonPath
{
    private const int MaxSegments = 32;

    private readonly IReadOnlyList<Segment> segments;

    private JsonPath(string source, IReadOnlyList<Segment> segments)
    {
        Source = source;
        this.segments = segments;
    }

    public string Source { get; }

    /// <summary>Reads a path.</summary>
    /// <returns>The path, or null where the text is not one.</returns>
    public static JsonPath? Parse(string text)
    {
        if (!text.StartsWith('$'))
        {
            return null;
        }

        var found = new List<Segment>();
        for (var i = 1; i < text.Length;)
        {
            if ((text[i] == '.' ? Member(text, ref i) : text[i] == '[' ? Bracket(text, ref i) : null) is not { } segment || found.Count == MaxSegments)
            {
                return null;
            }

            found.Add(segment);
        }

        return new(text, found);
    }

    /// <summary>What the path selects, in document order; nulls of the document count as nothing.</summary>
    public IEnumerable<JsonNode> Select(JsonNode? root)
    {
        IEnumerable<JsonNode> selected = root is null ? [] : [root];
        foreach (var segment in segments)
        {
            selected = selected.SelectMany(node => Step(node, segment)).OfType<JsonNode>();
        }

        return selected;
    }

    public override string ToString() => Source;

    private static IEnumerable<JsonNode?> Step(JsonNode node, Segment segment) => (node, segment) switch
    {
        (JsonObject members, { Name: { } name }) => [members[name]],
        (JsonArray array, { Index: { } index }) => index < array.Count ? [array[index]] : [],
        (JsonArray array, { All: true }) => array,
        (JsonObject members, { All: true }) => members.Select(m => m.Value),
        _ => [],
    };

    private static Segment? Member(string text, ref int i)
    {
        var start = ++i;
        while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '-' or '@' or '$'))
        {
            i++;
        }

        return i == start ? null : new(text[start..i], null, All: false);
    }

    private static Segment? Bracket(string text, ref int i)
    {
        var quote = i + 1 < text.Length && text[i + 1] is '\'' or '"' ? text[i + 1] : '\0';
        var end = text.IndexOf(quote == '\0' ? "]" : $"{quote}]", quote == '\0' ? i : i + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var inner = quote == '\0' ? text[(i + 1)..end] : text[(i + 2)..end];
        i = end + (quote == '\0' ? 1 : 2);
        return quote != '\0' ? new(inner, null, All: false)
            : inner == "*" ? new(null, null, All: true)
            : ushort.TryParse(inner, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) ? new(null, index, All: false)
            : null;
    }

    private sealed record Segment(string? Name, int? Index, bool All);
}
