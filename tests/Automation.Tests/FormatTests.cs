using System.Text;
using System.Text.Json;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Tests;

public sealed class FormatTests
{
    private static readonly string Sample = File.ReadAllText(Path.Combine(Lab.RepositoryRoot, "apps", "sample-workspace", "connector.yaml"));

    [Fact]
    public void The_published_connector_has_no_finding() => Assert.Empty(ConnectorFile.Lint("connector.yaml", Sample).Diagnostics);

    [Fact]
    public void The_manifest_says_what_the_file_says()
    {
        var manifest = ConnectorFile.Parse("connector.yaml", Sample).Connector!.Manifest;
        Assert.Equal(("sample-workspace", "1.0.0"), (manifest.Id, manifest.Version));
        Assert.Equal(CreateUserMode.InviteEmail, manifest.Capabilities.CreateUser);
        Assert.Equal(SetRolesMode.InPlace, manifest.Capabilities.SetRoles);
        Assert.True(manifest.Capabilities is { Deactivate: true, Delete: true, PendingUsersVisible: true, MultipleRoles: false });
        Assert.Equal("email", manifest.UserSchema.PrimaryIdentifier);
        Assert.Equal(["Viewer", "Editor", "Billing", "Owner"], manifest.UserSchema.Roles.Select(r => r.Value));
        Assert.Equal(["appUrl", "workspaceId"], manifest.Settings.Select(s => s.Name));
        Assert.Contains(ConnectorVerb.Probe, manifest.Verbs);
    }

    /// <summary>Every key that the schema allows is read by the parser, and the parser knows no other: it reads by the schema.</summary>
    [Fact]
    public void Parser_and_schema_know_the_same_keys()
    {
        var diagnostics = new DiagnosticBag("everything.yaml");
        ConnectorParser.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "everything.yaml")), diagnostics, out var tree);
        Assert.Empty(diagnostics.Sorted());
        var used = new HashSet<string>(StringComparer.Ordinal);
        var unread = new List<string>();
        Walk(tree!, FormatSchema.Current.Root, "connector", used, unread);
        Assert.Empty(unread);
        using var schema = JsonDocument.Parse(ConnectorFile.JsonSchema);
        var declared = new HashSet<string>(StringComparer.Ordinal);
        Declared(schema.RootElement, declared);
        Assert.Equal(declared.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_reference_page_is_the_one_that_the_schema_makes() => Assert.Equal(
        ConnectorFile.Reference, File.ReadAllText(Path.Combine(Lab.RepositoryRoot, "docs", "connector-reference.md")).Replace("\r\n", "\n", StringComparison.Ordinal));

    [Fact]
    public void The_schema_describes_every_key()
    {
        using var schema = JsonDocument.Parse(ConnectorFile.JsonSchema);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.RootElement.GetProperty("$schema").GetString());
        Undescribed(schema.RootElement, "");
    }

    [Theory]
    [InlineData("version: 1.0.0", "version: one", "value", "'version' cannot be 'one'")]
    [InlineData("concurrency: 2", "concurency: 2", "unknown-key", "did you mean 'concurrency'?")]
    [InlineData("concurrency: 2", "concurrency: many", "type", "'concurrency' is a whole number, not 'many'")]
    [InlineData("settleTime: 1s", "settleTime: 1 s", "value", "'settleTime' cannot be '1 s'")]
    [InlineData("deactivate: true", "deactivate: maybe", "type", "'deactivate' is true or false")]
    [InlineData("mode: in-place,", "mode: inplace,", "value", "one of in-place, none, recreate")]
    [InlineData("  methods: [password]", "  methods: []", "value", "at least 1")]
    [InlineData("- { see: Too many requests. Try again later., code: RateLimited }", "- { see: Too many requests, code: Slow }", "value", "'code' is one of")]
    [InlineData("      - click: { role: button, name: Sign out }", "      - click: { role: buton, name: Sign out }", "value", "'buton' is not an ARIA role; did you mean 'button'?")]
    [InlineData("      - click: { role: button, name: Sign out }", "      - click: { role: button, label: Sign out }", "one-of", "exactly one of role, label")]
    [InlineData("      - click: { role: button, name: Sign out }", "      - click: { name: Sign out }", "missing-key", "'name' needs 'role' beside it")]
    [InlineData("      - click: { role: button, name: Sign out }", "      - clik: { role: button, name: Sign out }", "unknown-key", "did you mean 'click'?")]
    [InlineData("      - click: { role: button, name: Sign out }", "      - click: { css: \"a[title='{username}']\" }", "placeholder", "would be interpreted")]
    [InlineData("    steps: [goto: /members]", "    steps: [goto: \"/members/{\"]", "placeholder", "has no '}'")]
    [InlineData("    steps: [goto: /members]", "    steps: [goto: \"/members/{a b}\"]", "placeholder", "is not a placeholder")]
    [InlineData("regex: \"/members/([0-9]+)\"", "regex: \"/members/([0-9]+\"", "regex", "cannot be used")]
    [InlineData("regex: \"/members/([0-9]+)\"", "regex: \"(?=x)y\"", "regex", "cannot be used")]
    [InlineData("    extract: members\n  listAssets", "    extract: people\n  listAssets", "unknown-name", "There is no extract 'people'")]
    public void Each_mistake_is_told_with_its_line(string right, string wrong, string rule, string message)
    {
        Assert.Contains(right, Sample, StringComparison.Ordinal);
        var result = ConnectorFile.Parse("connector.yaml", Sample.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Null(result.Connector);
        var expected = Sample[..Sample.IndexOf(right, StringComparison.Ordinal)].Count(c => c == '\n') + 1;
        Assert.Contains(result.Diagnostics, d => d.Line == expected && d.Rule == rule && d.Message.Contains(message, StringComparison.Ordinal) && d.File == "connector.yaml");
    }

    [Fact]
    public void A_thousand_mistakes_are_all_told()
    {
        var many = Sample + string.Concat(Enumerable.Range(0, 1200).Select(i => $"nonsense{i}: 1\n"));
        Assert.Equal(1200, ConnectorFile.Lint("connector.yaml", many).Diagnostics.Count(d => d.Rule == "unknown-key"));
    }

    [Theory]
    [InlineData("a: &x [1]\nb: *x", "alias")]
    [InlineData("a: !!binary aGk=", "tag")]
    [InlineData("a: [", "yaml")]
    [InlineData("a:\n  b:\n    c: [d: /e, f: { g: h },\n i: { j: k }]", "yaml")]
    [InlineData("- a", "type")]
    [InlineData("", "empty")]
    [InlineData("a: 1\n---\nb: 1", "second-document")]
    [InlineData("schema: x\nschema: y", "duplicate-key")]
    public void Hostile_or_broken_yaml_is_refused(string text, string rule) =>
        Assert.Contains(ConnectorFile.Parse("x.yaml", text).Diagnostics, d => d.Rule == rule);

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        Assert.Contains(ConnectorFile.Parse("x.yaml", "a: " + new string('[', 5000)).Diagnostics, d => d.Rule is "too-deep" or "yaml");
        Assert.Contains(ConnectorFile.Parse("x.yaml", new string('a', 2_000_000)).Diagnostics, d => d.Rule == "too-large");
        var wide = new StringBuilder("a:\n");
        for (var i = 0; i < 120_000; i++)
        {
            wide.Append("- \n");
        }

        Assert.Contains(ConnectorFile.Parse("x.yaml", wide.ToString()).Diagnostics, d => d.Rule == "too-large");
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_finding() =>
        Assert.Equal("unreadable", Assert.Single(ConnectorFile.Load("/nowhere/connector.yaml").Diagnostics).Rule);

    private static void Walk(YamlNode node, SchemaNode schema, string name, HashSet<string> used, List<string> unread)
    {
        if (schema.AnyOf.Count > 0)
        {
            var type = node switch { YamlMapping => "object", YamlSequence => "array", _ => "" };
            if (schema.AnyOf.FirstOrDefault(s => s.Value.Type == type) is { } branch)
            {
                Walk(node, branch.Value, name, used, unread);
            }

            return;
        }

        if (node is YamlSequence sequence && schema.Items is { } items)
        {
            foreach (var item in sequence.Items)
            {
                Walk(item, items.Value, name, used, unread);
            }
        }

        foreach (var entry in (node as YamlMapping)?.Entries ?? [])
        {
            var key = entry.Key.Value;
            if (!entry.Read)
            {
                unread.Add($"{name}.{key} (line {entry.Key.Mark.Line})");
            }

            if (schema.Properties.TryGetValue(key, out var property))
            {
                used.Add(key);
                Walk(entry.Value, property.Value, key, used, unread);
            }
            else if (schema.Additional is { } additional)
            {
                Walk(entry.Value, additional.Value, key, used, unread);
            }
        }
    }

    private static void Declared(JsonElement schema, HashSet<string> names)
    {
        if (schema.ValueKind == JsonValueKind.Object)
        {
            foreach (var keyword in schema.EnumerateObject())
            {
                if (keyword.Name == "properties")
                {
                    names.UnionWith(keyword.Value.EnumerateObject().Select(p => p.Name));
                }

                foreach (var inner in keyword.Name is "properties" or "$defs" ? keyword.Value.EnumerateObject().Select(p => p.Value) : [keyword.Value])
                {
                    Declared(inner, names);
                }
            }
        }
        else if (schema.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in schema.EnumerateArray())
            {
                Declared(item, names);
            }
        }
    }

    private static void Undescribed(JsonElement schema, string path)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (keyword.Name == "properties")
            {
                foreach (var property in keyword.Value.EnumerateObject())
                {
                    var described = property.Value.TryGetProperty("description", out var text) && text.GetString()!.Length > 3;
                    Assert.True(described || property.Value.TryGetProperty("$ref", out _), $"{path}/{property.Name} has no description");
                    Undescribed(property.Value, $"{path}/{property.Name}");
                }
            }
            else if (keyword.Name == "$defs")
            {
                foreach (var definition in keyword.Value.EnumerateObject())
                {
                    Undescribed(definition.Value, definition.Name);
                }
            }
        }
    }
}
