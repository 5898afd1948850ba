using IdLcm.Automation.Catalog;
using IdLcm.Automation.Format;

namespace IdLcm.Apps.Tests;

/// <summary>The tools of the person who writes a connector.</summary>
public sealed class AuthoringTests : IDisposable
{
    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData()]
    [InlineData("--api")]
    public async Task A_new_connector_has_no_finding_and_is_never_written_over(params string[] more)
    {
        Assert.Equal(0, (await cli.RunAsync(["connector", "new", "acme-crm", "--name", "Acme \"CRM\": x", .. more])).ExitCode);
        var made = ConnectorFile.LoadAndLint(Path.Combine(cli.Directory, "acme-crm", "connector.yaml"));
        Assert.Empty(made.Diagnostics);
        Assert.Equal(("acme-crm", "Acme \"CRM\": x"), (made.Connector!.Manifest.Id, made.Connector.Manifest.AppName));
        Assert.True(File.Exists(Path.Combine(cli.Directory, "acme-crm", "README.md")));
        var first = (await File.ReadAllLinesAsync(Path.Combine(cli.Directory, "acme-crm", "connector.yaml"), TestContext.Current.CancellationToken))[0];
        var schema = Path.Combine(cli.Directory, "acme-crm", first[(first.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(ConnectorFile.JsonSchema, await File.ReadAllTextAsync(schema, TestContext.Current.CancellationToken));
        Assert.Equal(2, (await cli.RunAsync(["connector", "new", "acme-crm"])).ExitCode);
        Assert.Equal(2, (await cli.RunAsync(["connector", "new", "Acme CRM"])).ExitCode);
    }

    [Fact]
    public async Task A_recording_becomes_steps_without_its_secrets()
    {
        cli.Write("login.json", """
            {"title":"Sign in","steps":[
              {"type":"setViewport","width":1280,"height":900},
              {"type":"navigate","url":"https://acme.example/login?next=%2Fhome&session_token=abc123SECRET"},
              {"type":"click","target":"main","selectors":[["aria/Email"],["#email"]],"offsetX":1,"offsetY":1},
              {"type":"change","value":"admin@acme.example","target":"main","selectors":[["aria/Email"],["#email"],["pierce/#email"]]},
              {"type":"change","value":"hunter2-SECRET","target":"main","selectors":[["aria/Password"],["[data-testid='pw']"]]},
              {"type":"keyDown","key":"Tab"},{"type":"keyUp","key":"Tab"},
              {"type":"click","target":"main","selectors":[["aria/Sign in[role=\"button\"]"],["text/Sign in"]]},
              {"type":"change","value":"123456","target":"main","selectors":[["aria/Authentication code"]]},
              {"type":"keyDown","key":"Enter"},
              {"type":"customStep","name":"x","parameters":{}}
            ]}
            """);
        var (code, output, _) = await cli.RunAsync(["connector", "import", "login.json"]);
        Assert.Equal(0, code);
        Assert.Equal(
            """
            steps:
              - goto: "/login?next=%2Fhome"
              - fill: { any: [{ label: "Email" }, { css: "#email" }], value: "{username}" }
              - fill: { any: [{ label: "Password" }, { testId: "pw" }], value: "{password}" }
              - click: { any: [{ role: button, name: "Sign in" }, { text: "Sign in" }] }
              - totp: { label: "Authentication code" }
              - press: { key: Enter }
              # not carried over: customStep

            """,
            output);
        Assert.DoesNotContain("SECRET", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_imported_verb_takes_inputs_and_its_commit_mark_and_runs_by_the_schema()
    {
        cli.Write("invite.json", """
            {"steps":[
              {"type":"navigate","url":"https://acme.example/people/new"},
              {"type":"change","value":"jo@acme.example","selectors":[["aria/Email"]]},
              {"type":"change","value":"odd {brace}","selectors":[["#note"]]},
              {"type":"click","selectors":["aria/Save"]}
            ]}
            """);
        var (code, output, _) = await cli.RunAsync(["connector", "import", "invite.json", "--verb", "createUser", "--input", "email=jo@acme.example"]);
        Assert.Equal(0, code);
        await cli.RunAsync(["connector", "new", "acme"]);
        var yaml = await File.ReadAllTextAsync(Path.Combine(cli.Directory, "acme", "connector.yaml"), TestContext.Current.CancellationToken);
        var from = yaml.IndexOf("    steps:\n      - goto: /people/new", StringComparison.Ordinal);
        var to = yaml.IndexOf("    verify: { listed: { email", StringComparison.Ordinal);
        var steps = string.Join('\n', output.TrimEnd().Split('\n').Select(l => "    " + l));
        var result = ConnectorFile.Lint("connector.yaml", $"{yaml[..from]}{steps}\n{yaml[to..]}");
        Assert.DoesNotContain(result.Diagnostics, d => d.Severity == DiagnosticSeverity.Error);
        Assert.Contains("value: \"odd {{brace}}\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_recording_does_not_name_in_peoples_words_is_found_as_it_says_or_said_to_be_missing()
    {
        cli.Write("odd.json", """
            {"steps":[
              {"type":"click"},
              {"type":"click","selectors":[["xpath///*[@id=\"save\"]"]]},
              {"type":"change","value":"jo","selectors":["pierce/#name"]},
              {"type":"change","value":"jo","selectors":["text/Name"]}
            ]}
            """);
        var (code, output, _) = await cli.RunAsync(["connector", "import", "odd.json", "--verb", "getUser"]);
        Assert.Equal(0, code);
        Assert.Equal(
            """
            steps:
              # not carried over: click of an element that the recording does not name
              - click: { xpath: "//*[@id=\"save\"]" }
              - fill: { css: "#name", value: "jo" }
              # not carried over: change of an element that the recording does not name

            """,
            output);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"steps\":5}")]
    public async Task What_is_no_recording_is_refused_in_words(string text)
    {
        cli.Write("x.json", text);
        var (code, _, error) = await cli.RunAsync(["connector", "import", "x.json"]);
        Assert.Equal(1, code);
        Assert.Contains("x.json", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_version_never_changes()
    {
        await cli.RunAsync(["connector", "new", "acme"]);
        var file = Path.Combine(cli.Directory, "acme", "connector.yaml");
        var published = await cli.RunAsync(["connector", "publish", file]);
        Assert.Equal((0, "acme 0.1.0 is now in published.json\n"), (published.ExitCode, published.Output));
        var yaml = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        cli.Write("acme/connector.yaml", yaml.ReplaceLineEndings("\r\n"));
        Assert.Equal(0, (await cli.RunAsync(["connector", "lint", "acme"])).ExitCode);

        cli.Write("acme/connector.yaml", yaml + "# changed\n");
        var changed = await cli.RunAsync(["connector", "lint", "acme"]);
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("acme/connector.yaml:4:1 error Version 0.1.0 is published with another content", changed.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await cli.RunAsync(["connector", "publish", file])).ExitCode);

        cli.Write("acme/versions/0.1.0.yaml", yaml);
        cli.Write("acme/connector.yaml", yaml.Replace("version: 0.1.0", "version: 0.2.0", StringComparison.Ordinal));
        Assert.Equal(0, (await cli.RunAsync(["connector", "lint", "acme"])).ExitCode);
        Assert.Equal(0, (await cli.RunAsync(["connector", "publish", file])).ExitCode);
        Assert.Equal(["acme@0.1.0", "acme@0.2.0"], PublishedVersions.Read(Path.Combine(cli.Directory, "published.json")).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_difference_tells_what_needs_attention()
    {
        await cli.RunAsync(["connector", "new", "acme"]);
        var yaml = await File.ReadAllTextAsync(Path.Combine(cli.Directory, "acme", "connector.yaml"), TestContext.Current.CancellationToken);
        cli.Write("old.yaml", yaml);
        cli.Write("new.yaml", yaml.Replace("allowedHosts: [\"{appUrl}\"]", "allowedHosts: [\"{appUrl}\", \"cdn.acme.example\"]", StringComparison.Ordinal)
            .Replace("- { value: Member }", "- { value: Viewer }", StringComparison.Ordinal)
            .Replace("name: Save, commit", "name: Create, commit", StringComparison.Ordinal)
            .Replace("settings:\n", "settings:\n  tenant: { label: Tenant, required: true }\n", StringComparison.Ordinal));
        var (code, output, _) = await cli.RunAsync(["connector", "diff", "old.yaml", "new.yaml"]);
        Assert.Equal(1, code);
        Assert.Equal(
            """
            attention  hosts: cdn.acme.example is new.
            attention  settings: tenant is new and must be given.
            change     roles: Viewer is new.
            attention  roles: Member is gone.
            change     steps: operations.createUser changed.

            """,
            output);
        var same = await cli.RunAsync(["connector", "diff", "old.yaml", "old.yaml"]);
        Assert.Equal((0, "No difference.\n"), (same.ExitCode, same.Output));
    }
}
