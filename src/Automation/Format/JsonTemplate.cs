using System.Globalization;
using System.Text.Json.Nodes;

namespace IdLcm.Automation.Format;

/// <summary>A JSON document with placeholders in its texts. Values become JSON values: none can change the document's shape.</summary>
internal abstract record JsonTemplate
{
    public abstract IEnumerable<Template> Templates { get; }

    /// <summary>The document.</summary>
    /// <param name="scope">The values.</param>
    /// <param name="mayLack">Whether a part is left out where this placeholder has no value.</param>
    /// <returns>The value; null for JSON's null and for a part that is left out.</returns>
    public abstract JsonNode? Resolve(Scope scope, Func<Template, bool> mayLack);

    public static JsonTemplate Of(YamlNode node, DiagnosticBag diagnostics) => node switch
    {
        YamlMapping mapping => new Members([.. mapping.Entries.Select(e =>
        {
            e.Read = true;
            return (e.Key.Value, Of(e.Value, diagnostics));
        })]),
        YamlSequence sequence => new Items([.. sequence.Items.Select(i => Of(i, diagnostics))]),
        YamlScalar { IsNull: true } => new Fixed(static () => null),
        YamlScalar { Plain: true, Value: "true" or "false" } scalar => new Fixed(() => JsonValue.Create(scalar.Value == "true")),
        YamlScalar { Plain: true } scalar when long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => new Fixed(() => JsonValue.Create(whole)),
        YamlScalar { Plain: true } scalar when decimal.TryParse(scalar.Value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => new Fixed(() => JsonValue.Create(number)),
        YamlScalar scalar => new Text(Template.Parse(scalar.Value, scalar.Mark, diagnostics)),
        _ => throw new NotSupportedException(node.GetType().Name),
    };

    private sealed record Members(IReadOnlyList<(string Name, JsonTemplate Value)> Entries) : JsonTemplate
    {
        public override IEnumerable<Template> Templates => Entries.SelectMany(e => e.Value.Templates);

        public override JsonNode Resolve(Scope scope, Func<Template, bool> mayLack)
        {
            var result = new JsonObject();
            foreach (var (name, value) in Entries)
            {
                if (value is not Text text || text.HasValue(scope) || !mayLack(text.Value))
                {
                    result[name] = value.Resolve(scope, mayLack);
                }
            }

            return result;
        }
    }

    private sealed record Items(IReadOnlyList<JsonTemplate> Values) : JsonTemplate
    {
        public override IEnumerable<Template> Templates => Values.SelectMany(v => v.Templates);

        public override JsonNode Resolve(Scope scope, Func<Template, bool> mayLack) =>
            new JsonArray([.. Values.Where(v => v is not Text text || text.HasValue(scope) || !mayLack(text.Value)).Select(v => v.Resolve(scope, mayLack))]);
    }

    private sealed record Text(Template Value) : JsonTemplate
    {
        public override IEnumerable<Template> Templates => [Value];

        public bool HasValue(Scope scope) => Value.ResolveList(scope, out _) is not null;

        public override JsonNode? Resolve(Scope scope, Func<Template, bool> mayLack) => Value.IsSinglePlaceholder
            ? scope.First([.. Value.Placeholders]) switch
            {
                JsonArray when Value.Maps.Any() => new JsonArray([.. Value.ResolveList(scope, out _)!.Select(v => (JsonNode?)JsonValue.Create(v))]),
                { } when Value.Maps.Any() => JsonValue.Create(Value.Resolve(scope, out _)),
                var value => value?.DeepClone(),
            }
            : Value.Resolve(scope, out _) is { } text ? JsonValue.Create(text) : null;
    }

    private sealed record Fixed(Func<JsonNode?> Make) : JsonTemplate
    {
        public override IEnumerable<Template> Templates => [];

        public override JsonNode? Resolve(Scope scope, Func<Template, bool> mayLack) => Make();
    }
}
