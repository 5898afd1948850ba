using System.Globalization;

namespace IdLcm.Automation.Format;

/// <summary>Makes calls of an app's API of their YAML.</summary>
internal static class HttpBinder
{
    public static HttpCall Call(MappingReader reader)
    {
        if (reader.Has("json") && reader.Has("form"))
        {
            reader.Diagnostics.Error(reader.MarkOf("form"), "one-of", "A call has one body: json or form.");
        }

        return new(reader.Mark, reader.Template("url") ?? Template.Parse("", reader.Mark, reader.Diagnostics))
        {
            Method = reader.Text("method") ?? "GET",
            Query = reader.NamedTemplates("query"),
            Headers = reader.NamedTemplates("headers"),
            Json = reader.Node("json") is { } body ? JsonTemplate.Of(body, reader.Diagnostics) : null,
            Form = reader.NamedTemplates("form"),
            Status = Statuses(reader),
            Save = Saved(reader.Mapping("save")),
        };
    }

    public static HttpDefaults Defaults(MappingReader reader) => new()
    {
        BaseUrl = reader.Template("baseUrl"),
        Headers = reader.NamedTemplates("headers"),
        Basic = reader.Flag("basic"),
        Cookies = reader.Flag("cookies"),
        Probe = reader.Has("probe") ? Call(reader.Mapping("probe")) : null,
    };

    /// <summary>A JSON path, or null where there is none or it is not one.</summary>
    public static JsonPath? Path(MappingReader reader, string key)
    {
        if (reader.Text(key) is not { } text)
        {
            return null;
        }

        var path = JsonPath.Parse(text);
        if (path is null)
        {
            reader.Diagnostics.Error(reader.MarkOf(key), "json-path", $"'{text}' is not a JSON path of the supported kind: $.name, $['name'], $.list[0], $.list[*].name.");
        }

        return path;
    }

    private static Dictionary<string, JsonPath> Saved(MappingReader save)
    {
        var found = new Dictionary<string, JsonPath>(StringComparer.Ordinal);
        foreach (var entry in save.Entries)
        {
            if (Path(save, entry.Key.Value) is { } path)
            {
                found[entry.Key.Value] = path;
            }
        }

        return found;
    }

    private static List<int> Statuses(MappingReader reader) =>
        [.. reader.Scalars("status").Select(s => int.TryParse(s.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)];
}
