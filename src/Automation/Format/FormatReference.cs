using System.Text;
using System.Text.Json;

namespace IdLcm.Automation.Format;

/// <summary>The JSON Schema as a page for people, so that the two cannot disagree.</summary>
internal static class FormatReference
{
    private const string Definitions = "#/$defs/";

    /// <summary>Writes the page.</summary>
    /// <returns>Markdown.</returns>
    public static string Markdown()
    {
        using var document = JsonDocument.Parse(FormatSchema.ReadText());
        var root = document.RootElement;
        var text = new StringBuilder("# Connector reference\n\nMade from [`apps/idlcm.connector.v1.json`](../apps/idlcm.connector.v1.json) by `idlcm connector schema --reference`; change it there. "
            + "[Connectors](connectors.md) says what the parts mean together.\n");
        Section(text, root, "The file", root, level: 2);
        foreach (var definition in root.GetProperty("$defs").EnumerateObject().Where(d => Properties(d.Value).Any()).OrderBy(d => d.Name, StringComparer.Ordinal))
        {
            Section(text, root, definition.Name, definition.Value, level: 2);
        }

        return text.ToString();
    }

    private static void Section(StringBuilder text, JsonElement root, string title, JsonElement schema, int level)
    {
        text.Append('\n').Append('#', level).Append(' ').Append(title).Append("\n\n");
        if (Description(schema) is { } description)
        {
            text.Append(description).Append("\n\n");
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        var nested = new List<(string Title, JsonElement Schema)>();
        text.Append("| key | form | what |\n|---|---|---|\n");
        foreach (var part in Included(schema))
        {
            text.Append("| *and* | | the keys of [").Append(part).Append("](#").Append(Anchor(part)).Append(") |\n");
        }

        foreach (var property in Properties(schema))
        {
            text.Append("| `").Append(property.Name).Append('`').Append(required.Contains(property.Name) ? ", needed" : "").Append(" | ").Append(Form(property.Value)).Append(" | ")
                .Append((Description(property.Value) ?? Description(Target(root, property.Value)) ?? "").Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");
            var inner = Inner(property.Value);
            if (Properties(inner).Any())
            {
                nested.Add((title == "The file" ? property.Name : $"{title}: {property.Name}", inner));
            }
        }

        foreach (var (name, inner) in nested)
        {
            Section(text, root, name, inner, Math.Min(level + 1, 4));
        }
    }

    /// <summary>What a list or a mapping of names holds, or the schema itself.</summary>
    private static JsonElement Inner(JsonElement schema) =>
        schema.TryGetProperty("items", out var items) ? items
        : schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object ? more
        : schema;

    private static JsonElement.ObjectEnumerator Properties(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties) ? properties.EnumerateObject() : default;

    private static IEnumerable<string> Included(JsonElement schema) =>
        schema.TryGetProperty("allOf", out var parts) ? parts.EnumerateArray().Select(p => p.GetProperty("$ref").GetString()![Definitions.Length..]) : [];

    private static JsonElement Target(JsonElement root, JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) ? root.GetProperty("$defs").GetProperty(reference.GetString()![Definitions.Length..]) : schema;

    private static string? Description(JsonElement schema) => schema.TryGetProperty("description", out var text) ? text.GetString() : null;

    private static string Form(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()![Definitions.Length..];
            return name is "text" or "duration" or "jsonPath" or "statuses" or "textOrList" or "textOrBoolean" or "failureCode" or "commit" or "dialog" or "see" or "httpHeaders" ? Words(name) : $"[{name}](#{Anchor(name)})";
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            return string.Join(", ", values.EnumerateArray().Select(v => $"`{v.GetString()}`"));
        }

        if (schema.TryGetProperty("const", out var only))
        {
            return $"`{only.GetString()}`";
        }

        if (schema.TryGetProperty("anyOf", out var any))
        {
            return string.Join(" or ", any.EnumerateArray().Select(Form));
        }

        return (schema.TryGetProperty("type", out var type) ? type.GetString() : "anything") switch
        {
            "array" => $"list of {(schema.TryGetProperty("items", out var items) ? Form(items) : "anything")}",
            "object" when schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object => $"mapping of names to {Form(more)}",
            "object" => "mapping",
            "boolean" => "true or false",
            "integer" => "whole number",
            "string" => "text",
            var other => other!,
        };
    }

    private static string Words(string definition) => definition switch
    {
        "duration" => "duration: `300ms`, `10s`, `5m`, `8h`",
        "jsonPath" => "JSON path",
        "statuses" => "status or list of statuses",
        "textOrList" => "text or list of texts",
        "textOrBoolean" => "true, false or placeholder",
        "failureCode" => "failure code",
        "commit" => "true or false",
        "dialog" => "`accept`, `dismiss`",
        "see" => "text or [locator](#locator)",
        "httpHeaders" => "mapping of names to text",
        _ => "text, with placeholders",
    };

    private static string Anchor(string title) => title.ToLowerInvariant();
}
