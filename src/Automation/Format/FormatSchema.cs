using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IdLcm.Automation.Format;

/// <summary>
/// The published JSON Schema (draft 2020-12) of the connector format, read for the parser's own use: editors and
/// parser work from one file and cannot disagree. It understands the keywords that the file uses and refuses others.
/// </summary>
internal sealed class FormatSchema
{
    private static readonly Lazy<FormatSchema> Shared = new(Load);

    private readonly JsonElement document;
    private readonly Dictionary<string, SchemaNode> definitions = new(StringComparer.Ordinal);

    private FormatSchema(JsonElement document)
    {
        this.document = document;
        Root = Compile(document);
    }

    public static FormatSchema Current => Shared.Value;

    public SchemaNode Root { get; }

    public static string ReadText()
    {
        using var stream = typeof(FormatSchema).Assembly.GetManifestResourceStream("idlcm.connector.v1.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public SchemaNode Definition(string name)
    {
        lock (definitions)
        {
            if (!definitions.TryGetValue(name, out var node))
            {
                node = Compile(document.GetProperty("$defs").GetProperty(name));
                definitions[name] = node;
            }

            return node;
        }
    }

    private static FormatSchema Load()
    {
        using var json = JsonDocument.Parse(ReadText());
        return new(json.RootElement.Clone());
    }

    private SchemaNode Compile(JsonElement schema)
    {
        var node = new SchemaNode();
        Merge(node, schema);
        return node;
    }

    private void Merge(SchemaNode node, JsonElement schema)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var value = keyword.Value;
            switch (keyword.Name)
            {
                case "$schema" or "$id" or "$defs" or "title":
                    break;
                case "description":
                    node.Description ??= value.GetString();
                    break;
                case "$ref":
                    Merge(node, document.GetProperty("$defs").GetProperty(value.GetString()!["#/$defs/".Length..]));
                    break;
                case "allOf":
                    foreach (var part in value.EnumerateArray())
                    {
                        Merge(node, part);
                    }

                    break;
                case "type":
                    node.Type ??= value.GetString();
                    break;
                case "properties":
                    foreach (var property in value.EnumerateObject())
                    {
                        node.Properties[property.Name] = Later(property.Value);
                    }

                    break;
                case "additionalProperties" or "unevaluatedProperties":
                    node.Additional = value.ValueKind == JsonValueKind.False ? null : Later(value);
                    node.Open = value.ValueKind != JsonValueKind.False;
                    break;
                case "propertyNames":
                    node.PropertyNames = Pattern(value.GetProperty("pattern"));
                    break;
                case "required":
                    node.Required.UnionWith(Strings(value));
                    break;
                case "dependentRequired":
                    foreach (var dependent in value.EnumerateObject())
                    {
                        node.DependentRequired[dependent.Name] = Strings(dependent.Value);
                    }

                    break;
                case "oneOf":
                    node.ExactlyOne = [.. value.EnumerateArray().Select(one => one.GetProperty("required")[0].GetString()!)];
                    break;
                case "anyOf":
                    node.AnyOf = [.. value.EnumerateArray().Select(Later)];
                    break;
                case "items":
                    node.Items = Later(value);
                    break;
                case "enum":
                    node.Enum = Strings(value).ToFrozenSet(StringComparer.Ordinal);
                    node.Type ??= "string";
                    break;
                case "const":
                    node.Enum = FrozenSet.Create(StringComparer.Ordinal, value.GetString()!);
                    node.Type ??= "string";
                    break;
                case "pattern":
                    node.Pattern = Pattern(value);
                    break;
                case "minLength" or "minItems" or "minProperties":
                    node.MinCount = value.GetInt32();
                    break;
                case "maxLength" or "maxProperties":
                    node.MaxCount = value.GetInt32();
                    break;
                case "minimum":
                    node.Minimum = value.GetInt64();
                    break;
                case "maximum":
                    node.Maximum = value.GetInt64();
                    break;
                default:
                    throw new NotSupportedException($"The connector schema uses '{keyword.Name}', which the parser does not know.");
            }
        }
    }

    private Lazy<SchemaNode> Later(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) && schema.EnumerateObject().All(k => k.Name is "$ref" or "description")
            ? new(() => Definition(reference.GetString()!["#/$defs/".Length..]))
            : new(() => Compile(schema));

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(s => s.GetString()!)];

    private static Regex Pattern(JsonElement pattern) =>
        new(pattern.GetString()!, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}

/// <summary>One compiled schema.</summary>
internal sealed class SchemaNode
{
    public string? Description { get; set; }

    public string? Type { get; set; }

    public Dictionary<string, Lazy<SchemaNode>> Properties { get; } = new(StringComparer.Ordinal);

    public Lazy<SchemaNode>? Additional { get; set; }

    public bool Open { get; set; } = true;

    public Regex? PropertyNames { get; set; }

    public SortedSet<string> Required { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string[]> DependentRequired { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> ExactlyOne { get; set; } = [];

    public IReadOnlyList<Lazy<SchemaNode>> AnyOf { get; set; } = [];

    public Lazy<SchemaNode>? Items { get; set; }

    public FrozenSet<string>? Enum { get; set; }

    public Regex? Pattern { get; set; }

    public int? MinCount { get; set; }

    public int? MaxCount { get; set; }

    public long? Minimum { get; set; }

    public long? Maximum { get; set; }
}
