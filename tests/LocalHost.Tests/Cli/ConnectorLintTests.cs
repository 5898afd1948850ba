using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IdLcm.LocalHost.Tests.Storage;

namespace IdLcm.LocalHost.Tests.Cli;

public sealed class ConnectorLintTests
{
    private static readonly string Catalog = Path.Combine(AppContext.BaseDirectory, "apps");

    [Fact]
    public async Task The_catalog_that_ships_has_no_errors()
    {
        var lint = await CliRun.Of("connector", "lint", Catalog);

        Assert.Equal(0, lint.ExitCode);
        Assert.Contains("0 errors", lint.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_told_with_file_line_and_column()
    {
        using var folder = new DataDirectory();
        var file = WriteBroken(folder.Path, out var line);

        var lint = await CliRun.Of("connector", "lint", folder.Path);

        Assert.Equal(1, lint.ExitCode);
        Assert.Matches(new Regex($"^{Regex.Escape(file)}:{line}:[0-9]+ error .*concurrencyy", RegexOptions.Multiline, TimeSpan.FromSeconds(1)), lint.Output);
    }

    [Fact]
    public async Task Json_gives_the_same_findings_to_programs()
    {
        using var folder = new DataDirectory();
        var file = WriteBroken(folder.Path, out var line);

        var lint = await CliRun.Of("connector", "lint", file, "--format", "json");

        Assert.Equal(1, lint.ExitCode);
        var errors = JsonNode.Parse(lint.Output)!.AsArray().Where(finding => (string?)finding!["severity"] == "error").ToList();
        Assert.Contains(errors, error => (string?)error!["file"] == file && (int?)error["line"] == line && ((string?)error["rule"])!.Length > 0);
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_an_error_where_it_begins_rather_than_a_wrong_name_in_the_app()
    {
        using var folder = new DataDirectory();
        var file = Path.Combine(folder.Path, "connector.yaml");
        var good = await File.ReadAllBytesAsync(Path.Combine(Catalog, "sample-workspace", "connector.yaml"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, [.. "# caf\u00e9\n# caf"u8, 0xE9, (byte)'\n', .. good], TestContext.Current.CancellationToken);

        var lint = await CliRun.Of("connector", "lint", file);

        Assert.Equal(1, lint.ExitCode);
        Assert.StartsWith($"{file}:2:6 error This is not UTF-8 text", lint.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_names_its_connector_in_every_command()
    {
        var folder = Path.Combine(Catalog, "sample-workspace");

        Assert.Contains("No difference.", (await CliRun.Of("connector", "diff", folder, Path.Combine(folder, "connector.yaml"))).Output, StringComparison.Ordinal);
        foreach (var command in (string[][])[["run", folder, "listUsers"], ["test", folder]])
        {
            var run = await CliRun.With(new() { ["PW"] = "never-used" }, null, ["connector", .. command, "--user", "u", "--password-env", "PW"]);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("The connector needs the setting", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connector_with_errors_is_not_run()
    {
        using var folder = new DataDirectory();
        var file = WriteBroken(folder.Path, out _);

        var run = await CliRun.With(new() { ["PW"] = "never-used" }, null, "connector", "run", file, "listUsers", "--user", "u", "--password-env", "PW");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("nothing was run", run.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_is_missing_and_a_verb_that_does_not_exist_are_told_before_a_browser_starts()
    {
        var file = Path.Combine(Catalog, "sample-workspace", "connector.yaml");
        Dictionary<string, string> environment = new() { ["PW"] = "never-used", ["IDLCM_CHROMIUM"] = "/no/such/browser" };

        var setting = await CliRun.With(environment, null, "connector", "run", file, "listUsers", "--user", "u", "--password-env", "PW");
        var verb = await CliRun.With(environment, null, "connector", "run", file, "dance", "--user", "u", "--password-env", "PW");

        Assert.Equal([2, 2], [setting.ExitCode, verb.ExitCode]);
        Assert.Contains("--set appUrl=", Assert.Single(setting.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("'dance'", Assert.Single(verb.ErrorLines), StringComparison.Ordinal);
    }

    private static string WriteBroken(string directory, out int line)
    {
        var lines = File.ReadAllLines(Path.Combine(Catalog, "sample-workspace", "connector.yaml"));
        line = Array.FindIndex(lines, text => text.StartsWith("concurrency:", StringComparison.Ordinal)) + 1;
        lines[line - 1] = lines[line - 1].Replace("concurrency:", "concurrencyy:", StringComparison.Ordinal);
        var file = Path.Combine(directory, "connector.yaml");
        File.WriteAllLines(file, lines);
        return file;
    }
}
