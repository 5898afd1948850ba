using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Automation.Format;

/// <summary>
/// Text with placeholders, <c>{email}</c>, <c>{roles[0]}</c>, <c>{settings.tenant}</c>, <c>{email|identifier}</c>
/// (the first that is given), <c>{roles[0]:words}</c> (the app's word for it, by a map); <c>{{</c> and <c>}}</c> stand for braces. Values are put in as they are and never read
/// again: a value with braces, quotes or markup stays that value.
/// </summary>
internal sealed class Template
{
    private readonly IReadOnlyList<Part> parts;

    private Template(string source, IReadOnlyList<Part> parts, Mark mark)
    {
        Source = source;
        this.parts = parts;
        Mark = mark;
    }

    public string Source { get; }

    public Mark Mark { get; }

    public bool IsLiteral => parts.All(p => p.Literal is not null);

    /// <summary>True when it is one placeholder and nothing else, so that it may stand for a list.</summary>
    public bool IsSinglePlaceholder => parts is [{ Literal: null }];

    /// <summary>The maps that it writes by.</summary>
    public IEnumerable<string> Maps => parts.Select(p => p.Map).OfType<string>();

    public IEnumerable<PlaceholderPath> Placeholders => parts.SelectMany(p => p.Alternatives);

    public static Template Parse(string source, Mark mark, DiagnosticBag diagnostics)
    {
        var found = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            if (c is '{' or '}' && i + 1 < source.Length && source[i + 1] == c)
            {
                literal.Append(c);
                i++;
            }
            else if (c == '{')
            {
                var end = source.IndexOf('}', i);
                var inner = end < 0 ? "" : source[(i + 1)..end];
                var colon = inner.IndexOf(':', StringComparison.Ordinal);
                var map = colon < 0 ? null : inner[(colon + 1)..].Trim();
                var alternatives = (colon < 0 ? inner : inner[..colon]).Split('|', StringSplitOptions.TrimEntries).Select(PlaceholderPath.Parse).ToList();
                if (end < 0 || alternatives.Contains(null) || map is not null && PlaceholderPath.Parse(map) is not { Rest.Count: 0 })
                {
                    diagnostics.Error(mark, "placeholder", end < 0
                        ? $"A '{{' has no '}}' in \"{source}\"; write {{{{ for a brace."
                        : $"'{{{inner}}}' is not a placeholder: {{name}}, {{name[0]}}, {{settings.name}}, {{first|second}} or {{name:map}}; write {{{{ for a brace.");
                    break;
                }

                Flush(found, literal);
                found.Add(new(null, alternatives!, map, source[i..(end + 1)]));
                i = end;
            }
            else
            {
                literal.Append(c);
            }
        }

        Flush(found, literal);
        return new(source, found, mark);
    }

    /// <summary>The text, or null where a placeholder has no value; <paramref name="missing"/> then names it.</summary>
    public string? Resolve(Scope scope, out string? missing, Func<string, string>? encode = null)
    {
        missing = null;
        if (parts is [{ Literal: { } only }])
        {
            return only;
        }

        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (part.Literal is { } literal)
            {
                text.Append(literal);
                continue;
            }

            if (scope.First(part.Alternatives) is not { } value)
            {
                missing = part.Alternatives[0].ToString();
                return null;
            }

            var word = value is JsonArray list
                ? string.Join(", ", list.Where(v => v is not null).Select(v => Written(scope, part, Words(v!))))
                : Written(scope, part, Words(value));
            text.Append(encode is null ? word : encode(word));
        }

        return text.ToString();
    }

    /// <summary>The values of a single list placeholder, or the one text; null where it has no value.</summary>
    public IReadOnlyList<string>? ResolveList(Scope scope, out string? missing)
    {
        if (IsSinglePlaceholder && scope.First(parts[0].Alternatives) is JsonArray array)
        {
            missing = null;
            return [.. array.Where(v => v is not null).Select(v => Written(scope, parts[0], Words(v!)))];
        }

        return Resolve(scope, out missing) is { } text ? [text] : null;
    }

    /// <summary>
    /// A shown text as a template with the same placeholders: <c>Change jo@acme.test</c> is <c>Change {email}</c> where this one is <c>Edit {email}</c>.
    /// </summary>
    /// <param name="shown">The text.</param>
    /// <param name="scope">The values that this template was resolved with.</param>
    /// <returns>Its parts that are no values, and the source; null where the text does not hold each of the values exactly once.</returns>
    public (string Words, string Source)? Generalise(string shown, Scope scope)
    {
        var found = new SortedDictionary<int, (string Value, string Source)>();
        foreach (var part in parts.Where(p => p.Literal is null).Distinct())
        {
            var value = new Template("", [part], Mark).Resolve(scope, out _);
            if (string.IsNullOrWhiteSpace(value)
                || shown.IndexOf(value, StringComparison.Ordinal) is var at && (at < 0 || shown.IndexOf(value, at + 1, StringComparison.Ordinal) >= 0 || !found.TryAdd(at, (value, part.Source))))
            {
                return null;
            }
        }

        var (words, source, from) = (new StringBuilder(), new StringBuilder(), 0);
        foreach (var (at, (value, placeholder)) in found)
        {
            if (at < from)
            {
                return null;
            }

            words.Append(shown, from, at - from);
            source.Append(Literal(shown[from..at])).Append(placeholder);
            from = at + value.Length;
        }

        return (words.Append(shown, from, shown.Length - from).ToString(), source.Append(Literal(shown[from..])).ToString());
    }

    /// <summary>A text that stands for itself, as a template is written.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The same with its braces doubled.</returns>
    public static string Literal(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    public override string ToString() => Source;

    private static string Written(Scope scope, Part part, string word) => part.Map is { } map ? scope.Write(map, word) : word;

    private static string Words(JsonNode value) => value switch
    {
        JsonArray array => string.Join(", ", array.Where(v => v is not null).Select(v => Words(v!))),
        JsonValue simple when simple.GetValueKind() == JsonValueKind.String => simple.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    private static void Flush(List<Part> found, StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            found.Add(new(literal.ToString(), [], null));
            literal.Clear();
        }
    }

    private sealed record Part(string? Literal, IReadOnlyList<PlaceholderPath> Alternatives, string? Map, string Source = "");
}

/// <summary>A name, then member names and indexes.</summary>
internal sealed record PlaceholderPath(string Root, IReadOnlyList<object> Rest)
{
    public static PlaceholderPath? Parse(string text)
    {
        var i = 0;
        if (Name(text, ref i) is not { } root)
        {
            return null;
        }

        var rest = new List<object>();
        while (i < text.Length)
        {
            if (text[i] == '.')
            {
                i++;
                if (Name(text, ref i) is not { } member)
                {
                    return null;
                }

                rest.Add(member);
            }
            else
            {
                var end = text.IndexOf(']', i);
                if (text[i] != '[' || end < 0 || !ushort.TryParse(text.AsSpan(i + 1, end - i - 1), out var index))
                {
                    return null;
                }

                rest.Add((int)index);
                i = end + 1;
            }
        }

        return new(root, rest);
    }

    public override string ToString() => Root + string.Concat(Rest.Select(r => r is int n ? $"[{n}]" : $".{r}"));

    private static string? Name(string text, ref int i)
    {
        var start = i;
        while (i < text.Length && (char.IsAsciiLetter(text[i]) || (i > start && (char.IsAsciiDigit(text[i]) || text[i] is '_' or '-'))))
        {
            i++;
        }

        return i == start ? null : text[start..i];
    }
}

/// <summary>The values that placeholders can name; an inner scope hides names of the outer one.</summary>
internal sealed class Scope(Scope? outer = null)
{
    private readonly Dictionary<string, JsonNode?> values = new(StringComparer.Ordinal);

    /// <summary>The connector's maps, for the outermost scope.</summary>
    public IReadOnlyDictionary<string, ValueMap>? Maps { get; init; }

    public void Set(string name, JsonNode? value) => values[name] = value;

    /// <summary>The app's word for a value.</summary>
    public string Write(string map, string value) => Maps is null ? outer?.Write(map, value) ?? value : Maps.TryGetValue(map, out var words) ? words.Write(value) : value;

    public JsonNode? Get(PlaceholderPath path)
    {
        var node = values.TryGetValue(path.Root, out var value) ? value : outer is null ? null : outer.Get(new(path.Root, []));
        foreach (var step in path.Rest)
        {
            node = (node, step) switch
            {
                (JsonArray array, int index) when index < array.Count => array[index],
                (JsonObject members, string name) => members[name],
                (JsonValue, 0) => node,
                _ => null,
            };
        }

        return node;
    }

    public JsonNode? First(IReadOnlyList<PlaceholderPath> alternatives) =>
        alternatives.Select(Get).FirstOrDefault(v => v is not null);
}
