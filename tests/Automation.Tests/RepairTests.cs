using IdLcm.Automation.Catalog;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>What a changed page proposes for the connector, and what becomes of it once a person has approved it.</summary>
public sealed class RepairTests(Lab lab)
{
    private const string Hurry = " timeout: 300ms,";

    private static readonly (string Step, string Wanted, string Proposed)[] Missing =
    [
        ("click: { role: button, name: Remove, within: { role: dialog, name: Members } }", "button \"Remove\" in dialog \"Members\"", "button \"Remove member\""),
        ("click: { role: button, name: Delete, within: { role: row, has: { role: cell, name: \"{settings.appUrl}\" } } }", "button \"Delete\" in row that has cell \"{appUrl}\"", "button \"Delete account\""),
        ("click: { role: button, name: Save, within: { role: dialog, name: Invite } }", "dialog \"Invite\"", "dialog \"Invite people\""),
        ("click: { css: \"#invite-submit\" }", "css #invite-submit", "button \"Send invitation\""),
        ("click: { xpath: \"//form//button[contains(@class,'sendInvitationNow')]\" }", "xpath //form//button[contains(@class,'sendInvitationNow')]", "button \"Send invitation\""),
        ("fill: { testId: user-email, value: jo@x.test }", "test id user-email", "field \"E-mail address\""),
        ("click: { role: button, name: \"Edit {settings.phoneNumber}\" }", "button \"Edit {settings.phoneNumber}\"", "button \"Edit the account of {settings.phoneNumber} {{now}}\""),
        ("fill: { css: \"#f1\", value: \"{settings.phoneNumber}\" }", "css #f1", "field with placeholder \"Phone\""),
    ];

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

    /// <summary>What is missing may be the element, what it is in, or what only markup named: the rest of the locator stays.</summary>
    [Fact]
    public async Task What_a_nested_locator_or_a_selector_misses_is_proposed_by_role_name_or_label_and_the_new_version_finds_it()
    {
        await using var site = await TestSite.StartAsync(lab, web => web.MapGet("/people", () => TestSite.Html($"""
            <button>Remove all</button>
            <div role=dialog aria-label=Members><h2>Members</h2><button>Remove member</button><button>Close</button></div>
            <table><tr><td>{web.Urls.First()}</td><td><button>Delete account</button></td></tr><tr><td>other</td><td><button>Delete</button></td></tr></table>
            <button>Edit the account of 7 (now)</button><button>Edit the account of 71-71 &#123;now&#125;</button><button>Remove the account of 71-71</button><button>71-71</button>
            <div role=dialog aria-label="Invite people"><button>Save</button></div>
            <form onsubmit="return false"><label for=m>E-mail address</label><input id=m name=contactEmail>
            <input id=f2 placeholder=Phone><button class="btn btn-primary">Send invitation</button></form>
            """)));
        var catalog = lab.NewDirectory();
        foreach (var (number, (step, _, _)) in Missing.Index())
        {
            var yaml = TestSite.Yaml($"[goto: /people, {Hurried(step)}]").Replace("id: host-tests", $"id: missing-{number}", StringComparison.Ordinal);
            var folder = Directory.CreateDirectory(Path.Combine(catalog, $"missing-{number}")).FullName;
            File.WriteAllText(Path.Combine(folder, "connector.yaml"), yaml.Replace("required: true }", "required: true }, phoneNumber: { label: Phone, default: \"71-71\" }", StringComparison.Ordinal));
        }

        await using var process = lab.Build(lab.Options with { ConnectorDirectories = [catalog], OwnConnectorDirectory = catalog, StepTimeout = TimeSpan.FromSeconds(60) });
        var connectors = process.GetRequiredService<FileConnectorCatalog>();
        foreach (var (number, (step, wanted, proposed)) in Missing.Index())
        {
            var id = $"missing-{number}";
            var failed = await site.RunAsync(process, id, "1.0.0");
            Assert.Equal((step, FailureCode.PageChanged), (step, failed.Failure?.Code));
            Assert.Equal((wanted.Replace("{appUrl}", site.Url, StringComparison.Ordinal), proposed), (failed.Failure!.Repair?.Wanted, failed.Failure.Repair?.Words()));

            Assert.Equal("1.0.1", connectors.Repair(id, "1.0.0", failed.Failure.Repair!).Version);
            var file = Path.Combine(catalog, id, "versions", "1.0.1.yaml");
            File.WriteAllText(file, Patient(File.ReadAllText(file)));
            connectors.Reload();
            var repaired = await site.RunAsync(process, id, "1.0.1");
            Assert.True(repaired.Succeeded, $"{step}: {repaired.Failure}");
        }
    }

    [Theory]
    [InlineData("click: { css: \"#invite\" }")]
    [InlineData("click: { css: \"form > button:nth-child(3)\" }")]
    [InlineData("click: { role: button, name: Remove, within: { role: listitem } }")]
    [InlineData("click: { role: button, name: Invite }")]
    [InlineData("click: { role: link, name: \"{settings.appUrl}\" }")]
    [InlineData("click: { role: link, name: \"Edit {settings.appUrl}\" }")]
    public async Task Nothing_is_proposed_where_it_would_be_a_guess(string step)
    {
        await using var site = await TestSite.StartAsync(lab, web => web.MapGet("/people", () => TestSite.Html(
            $"<a href='/people'>Remove {web.Urls.First()}</a><a href='/people'>Edit</a><ul><li><button>Remove it</button></li><li><button>Remove it too</button></li></ul><form onsubmit='return false'><button>Invite one</button><button>Invite many</button><div><button>Invite one</button></div></form><button>Invite many</button>")));
        var failed = await site.RunAsync($"[goto: /people, {Hurried(step)}]");
        Assert.Equal(FailureCode.PageChanged, failed.Failure?.Code);
        Assert.Null(failed.Failure!.Repair);
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

    /// <summary>A step that does not wait long for what is not there.</summary>
    private static string Hurried(string step) => step.Insert(step.IndexOf('{', StringComparison.Ordinal) + 1, Hurry);

    private static string Patient(string yaml) => yaml.Replace(Hurry.Trim(' ', ','), "timeout: 60s", StringComparison.Ordinal);

    private static object Jo(string name) => new { email = $"{name}@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } };
}
