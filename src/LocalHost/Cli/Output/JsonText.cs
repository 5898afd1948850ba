using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.Output;

/// <summary>JSON as scripts read it, and short ways into it.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one line of JSON.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="node">The JSON.</param>
    public static void WriteJson(this TextWriter output, JsonNode node) => output.WriteLine(node.ToJsonString(Plain));

    /// <summary>Reads a member as text, through objects by a dotted path.</summary>
    /// <param name="node">Where to begin.</param>
    /// <param name="path">The path, for example <c>failure.code</c>.</param>
    /// <returns>The text; null where there is nothing.</returns>
    public static string? Text(this JsonNode? node, string path)
    {
        foreach (var name in path.Split('.'))
        {
            node = node is JsonObject o ? o[name] : null;
        }

        return node switch
        {
            null => null,
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            _ => node.ToJsonString(Plain),
        };
    }

    /// <summary>Reads a time as people in this terminal read it: UTC, to the second.</summary>
    /// <param name="node">Where to begin.</param>
    /// <param name="path">The path.</param>
    /// <returns>The time, or an empty text.</returns>
    public static string Time(this JsonNode? node, string path) =>
        DateTimeOffset.TryParse(node.Text(path), out var time) ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss") : "";

    /// <summary>Reads an array.</summary>
    /// <param name="node">Where to begin.</param>
    /// <param name="name">The member.</param>
    /// <returns>Its elements; none where there is no array.</returns>
    public static IEnumerable<JsonNode> Items(this JsonNode? node, string name) =>
        node is JsonObject o && o[name] is JsonArray items ? items.OfType<JsonNode>() : [];
}
