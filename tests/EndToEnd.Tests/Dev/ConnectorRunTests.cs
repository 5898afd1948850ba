using System.IO.Compression;
using System.Text.Json.Nodes;
using IdLcm.Samples;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary><c>idlcm connector run</c> against the sample app, with a real browser.</summary>
[Collection(DevCommandTests.Name)]
public sealed class ConnectorRunTests
{
    private const string Password = "Sample-admin-1!";
    private static readonly string Connector = Path.Combine(AppContext.BaseDirectory, "apps", "sample-workspace", "connector.yaml");

    [Fact]
    public async Task Reading_prints_every_row_and_stopping_before_the_commit_changes_nothing_and_going_on_does()
    {
        await using var app = await Started.App();

        var list = await Run(app, "listUsers", Password, "--json");
        Assert.True(list.ExitCode == 0, list.Error);
        var listed = JsonNode.Parse(list.Output)!;
        Assert.True((bool)listed["complete"]!);
        Assert.Equal(app.Sample.Snapshot().Count, listed["rows"]!.AsArray().Count);

        string[] jo = ["--input", "email=jo@example.com", "--input", "givenName=Jo", "--input", "familyName=Doe", "--input", "roles=Editor"];
        var rehearsal = await Run(app, "createUser", Password, ["--until-commit", .. jo]);
        Assert.True(rehearsal.ExitCode == 0, rehearsal.Error);
        Assert.Contains("nothing was changed", rehearsal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(app.Sample.Snapshot(), member => member.Email == "jo@example.com");

        Assert.False(Directory.Exists(app.Evidence));
        var real = await Run(app, "createUser", Password, ["--trace", "--evidence", app.Evidence, .. jo]);
        Assert.True(real.ExitCode == 0, real.Error);
        Assert.Contains("verified", real.Output, StringComparison.Ordinal);
        Assert.Contains(app.Sample.Snapshot(), member => member.Email == "jo@example.com" && $"{member.Role}" == "Editor");
        using (var trace = await ZipFile.OpenReadAsync(Assert.Single(Directory.EnumerateFiles(app.Evidence, "trace-*.zip")), TestContext.Current.CancellationToken))
        {
            Assert.Contains(trace.Entries, entry => entry.Name.EndsWith(".trace", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(Password, list.Output + rehearsal.Output + real.Output + real.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_has_its_code_what_to_do_and_a_screenshot()
    {
        await using var app = await Started.App();

        var run = await Run(app, "listUsers", "not-the-password", "--evidence", app.Evidence);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("BadCredentials", run.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(app.Evidence, "screenshot-*.png"));
        Assert.DoesNotContain("not-the-password", run.Output + run.Error, StringComparison.Ordinal);
    }

    /// <summary>Seen by how the browser is started: there need not be a screen here.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_window_is_shown_where_it_is_asked_for(bool headed)
    {
        await using var app = await Started.App();
        var (browser, told) = (Path.Combine(app.Folder, "browser"), Path.Combine(app.Folder, "told"));
        await File.WriteAllTextAsync(browser, $"#!/bin/sh\necho \"$@\" >>{told}\nexit 1\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var run = await CliRun.Of(Password, new Dictionary<string, string> { ["IDLCM_CHROMIUM"] = browser }, [.. Arguments(app, "listUsers"), .. headed ? ["--headed"] : Array.Empty<string>()]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(headed, !(await File.ReadAllTextAsync(told, TestContext.Current.CancellationToken)).Contains("--headless", StringComparison.Ordinal));
    }

    private static Task<CliRun> Run(Started app, string verb, string password, params string[] more) => CliRun.Of(password, [.. Arguments(app, verb), .. more]);

    private static string[] Arguments(Started app, string verb) =>
        [
            "connector", "run", Connector, verb, "--set", $"appUrl={app.Sample.BaseAddress.AbsoluteUri.TrimEnd('/')}", "--set", "workspaceId=ws-1001",
            "--user", "admin@sample.test", "--password-env", CliRun.PasswordVariable,
        ];

    private sealed record Started(SampleApp Sample, string Folder) : IAsyncDisposable
    {
        public string Evidence => Path.Combine(Folder, "evidence");

        public static async Task<Started> App()
        {
            var folder = Directory.CreateTempSubdirectory("idlcm-run-").FullName;
            var options = new SampleAppOptions { DataDirectory = Path.Combine(folder, "sample"), Members = 30 };
            return new Started(await SampleAppHost.StartAsync(options, TestContext.Current.CancellationToken), folder);
        }

        public async ValueTask DisposeAsync()
        {
            await Sample.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
