using IdLcm.Automation.Catalog;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Tests;

/// <summary>What a changed page proposes for the connector, and what becomes of it once a person has approved it.</summary>
public sealed class RepairTests(Lab lab)
{
    [Fact]
    public async Task A_renamed_button_is_proposed_and_the_new_version_works_on_the_changed_page_and_on_the_old_one()
    {
        var site = await lab.StartAsync();
        site.App.Faults.Change(f => f with { RenamedLabels = new Dictionary<string, string> { ["Send invite"] = "Send invitation" } });
        var failed = await site.RunAsync(ConnectorVerb.CreateUser, Jo("jo"));
        Assert.Equal((FailureCode.PageChanged, false), (failed.Failure?.Code, failed.CommitEntered));
        var repair = Assert.IsType<LocatorRepair>(failed.Failure!.Repair);
        Assert.Equal(("button \"Send invite\"", "button \"Send invitation\""), (repair.Wanted, repair.Words()));

        // The catalog of the lab is written to by others: this one is its own.
        var apps = lab.NewDirectory();
        var folder = Directory.CreateDirectory(Path.Combine(apps, "sample-workspace")).FullName;
        File.Copy(Path.Combine(Lab.RepositoryRoot, "apps", "sample-workspace", "connector.yaml"), Path.Combine(folder, "connector.yaml"));
        await using var process = lab.Build(lab.Options with { ConnectorDirectories = [apps], OwnConnectorDirectory = apps });
        var catalog = (IConnectorCatalog)process.GetService(typeof(IConnectorCatalog))!;
        Assert.Equal("1.0.1", catalog.Repair("sample-workspace", "1.0.0", repair).Version);
        Assert.Equal("1.0.1", catalog.Repair("sample-workspace", "1.0.0", repair).Version);
        Assert.Equal(["1.0.1", "1.0.0"], catalog.Versions("sample-workspace").Select(v => v.Version));
        var change = Assert.Single(catalog.Compare("sample-workspace", "1.0.0", "1.0.1")!);
        Assert.Equal(("steps", false), (change.Area, change.Breaking));

        var runner = (IConnectorRunner)process.GetService(typeof(IConnectorRunner))!;
        await using var session = (await runner.OpenAsync(site.Request with { IntegrationId = "repaired", ConnectorVersion = "1.0.1" })).Session!;
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo("jo")))).Verified);
        site.App.Faults.Change(f => f with { RenamedLabels = new Dictionary<string, string>() });
        var old = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo("jim")));
        Assert.True(old.Verified, old.Failure?.ToString());
        Assert.Contains(old.Steps, s => s is { Commit: true, Locator: 1 });
    }

    [Fact]
    public async Task Nothing_is_proposed_where_the_page_shows_nothing_alike()
    {
        var site = await lab.StartAsync();
        site.App.Faults.Change(f => f with { RenamedLabels = new Dictionary<string, string> { ["Send invite"] = "Zxqvkjwyp" } });
        var failed = await site.RunAsync(ConnectorVerb.CreateUser, Jo("jo"));
        Assert.Equal(FailureCode.PageChanged, failed.Failure?.Code);
        Assert.Null(failed.Failure!.Repair);
    }

    [Fact]
    public void A_catalog_that_comes_with_the_deployment_says_what_to_write_there()
    {
        var made = new FileConnectorCatalog([Path.Combine(Lab.RepositoryRoot, "apps")]).Repair("sample-workspace", "1.0.0", new(7, 3, "button \"Save\"", "role", "button", "Keep"));
        Assert.Null(made.Version);
        Assert.Equal("This gateway's connectors come with its deployment: write button \"Keep\" before button \"Save\" in line 7 of sample-workspace 1.0.0 there, under a new version.", made.Problem);
    }

    [Theory]
    [InlineData("- click: { role: button, name: Save, timeout: 3s }", "- click: { any: [{ role: button, name: \"Keep {{it}}\" }, { role: \"button\", name: \"Save\" }], timeout: 3s }")]
    [InlineData("- click:\n            # why\n            role: button\n            name: Save\n            timeout: 3s", "- click:\n            # why\n            any: [{ role: button, name: \"Keep {{it}}\" }, { role: \"button\", name: \"Save\" }]\n            timeout: 3s")]
    [InlineData("- click: { any: [{ text: Save }, { css: .x }] }", "- click: { any: [{ role: button, name: \"Keep {{it}}\" }, { text: Save }, { css: .x }] }")]
    [InlineData("- click:\n            any:\n              - { text: Save }\n              - text: Store", "- click:\n            any:\n              - { role: button, name: \"Keep {{it}}\" }\n              - { text: Save }\n              - text: Store")]
    public void The_new_locator_is_written_before_the_old_one_and_the_rest_stays_as_it_was(string step, string repaired)
    {
        string Yaml(string version, string steps) => $$"""
            schema: idlcm.connector/v1
            id: repairs
            version: {{version}} # of mine
            app: { name: Repairs, baseUrl: "{appUrl}", allowedHosts: ["{appUrl}"] }
            settings: { appUrl: { label: Address, required: true } }
            auth: { methods: [password], session: { probe: { goto: /, see: { role: button, name: Log out } } } }
            capabilities: {}
            userSchema: { attributes: [{ name: email, label: Email, primaryIdentifier: true }] }
            operations:
              login:
                steps:
                  {{steps}}
                  - goto: /ünï   # ends here
            """;
        var yaml = Yaml("1.9.9", step).ReplaceLineEndings("\n");
        Assert.NotNull(ConnectorFile.Parse("c.yaml", yaml).Connector);
        var line = yaml.Split('\n').Index().First(l => l.Item.Contains("click:", StringComparison.Ordinal)).Index + 1;
        var flow = step.Contains("click: {", StringComparison.Ordinal);
        var place = flow ? (Line: line, Column: yaml.Split('\n')[line - 1].IndexOf('{', StringComparison.Ordinal) + 1)
            : yaml.Split('\n').Index().Skip(line).Where(l => l.Item.TrimStart() is var t && !t.StartsWith('#')).Select(l => (Line: l.Index + 1, Column: l.Item.Length - l.Item.TrimStart().Length + 1)).First();

        var text = ConnectorRepair.Apply(yaml, new(place.Line, place.Column, "button \"Save\"", "role", "button", "Keep {it}"), "1.9.10");

        Assert.Equal(Yaml("1.9.10", repaired).Replace(" # of mine", "", StringComparison.Ordinal).ReplaceLineEndings("\n"), text);
        Assert.Null(ConnectorRepair.Apply(yaml, new(1, 1, "x", "text", null, "y"), "1.9.10"));
    }

    private static object Jo(string name) => new { email = $"{name}@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } };
}
