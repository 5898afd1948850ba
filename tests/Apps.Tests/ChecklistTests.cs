using System.Diagnostics;
using System.Xml.Linq;

namespace IdLcm.Apps.Tests;

/// <summary>Each connector of the catalog against the app itself, by the command that its author uses. Run with <c>./dev test --apps</c>.</summary>
public sealed class ChecklistTests(ITestOutputHelper output)
{
    private const string NotWanted = "Installs and starts third-party apps: ./dev test --apps.";

    [Fact]
    public async Task Redmine_passes_the_checklist_by_its_pages_and_by_its_api()
    {
        Assert.SkipUnless(RealApp.Wanted, NotWanted);
        await using var app = await RealApp.StartAsync("redmine", "/login", TestContext.Current.CancellationToken);
        var pages = await CheckAsync(app, "redmine", app.Password, "--user", "admin", "--password-env", "SECRET");
        var key = await File.ReadAllTextAsync(Path.Combine(app.Directory, "api-key"), TestContext.Current.CancellationToken);
        var calls = await CheckAsync(app, "redmine-api", key, "--token-env", "SECRET");
        output.WriteLine("check: pages, API (ms)");
        foreach (var (name, time) in calls)
        {
            if (pages.TryGetValue(name, out var slower))
            {
                output.WriteLine($"{name}: {slower * 1000:0}, {time * 1000:0}");
            }
        }

        Assert.True(calls["create with role User"] < pages["create with role User"], "calls are not faster than pages");
    }

    [Fact]
    public async Task Django_passes_the_checklist()
    {
        Assert.SkipUnless(RealApp.Wanted, NotWanted);
        await using var app = await RealApp.StartAsync("django-admin", "/admin/login/", TestContext.Current.CancellationToken);
        await CheckAsync(app, "django-admin", app.Password, "--user", "admin", "--password-env", "SECRET");
    }

    [Fact]
    public async Task WordPress_passes_the_checklist()
    {
        Assert.SkipUnless(RealApp.Wanted, NotWanted);
        await using var app = await RealApp.StartAsync("wordpress", "/wp-login.php", TestContext.Current.CancellationToken);
        await CheckAsync(app, "wordpress", app.Password, "--user", "admin", "--password-env", "SECRET");
    }

    [Fact]
    public void Every_connector_of_the_catalog_is_without_error_and_has_a_readme()
    {
        var apps = Path.Combine(AppContext.BaseDirectory, "apps");
        var connectors = Directory.EnumerateFiles(apps, "connector.yaml", SearchOption.AllDirectories).ToList();
        Assert.True(connectors.Count >= 5);
        foreach (var connector in connectors)
        {
            Assert.DoesNotContain(Automation.Format.ConnectorFile.LoadAndLint(connector).Diagnostics, d => d.Severity == Automation.Format.DiagnosticSeverity.Error);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(connector)!, "README.md")), $"{connector} has no README.md beside it");
        }
    }

    private async Task<Dictionary<string, double>> CheckAsync(RealApp app, string connector, string secret, params string[] account)
    {
        var report = Path.Combine(app.Directory, $"report-{connector}");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), "connector", "test", Path.Combine(AppContext.BaseDirectory, "apps", connector, "connector.yaml"),
                "--set", $"appUrl={app.Url}", "--report", report, .. account,
            ])
        { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["SECRET"] = secret;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(said);
        Assert.Equal(0, process.ExitCode);
        Assert.DoesNotContain(secret, await File.ReadAllTextAsync(Path.Combine(report, "report.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var suite = XDocument.Load(Path.Combine(report, "junit.xml")).Root!;
        Assert.Equal("0", suite.Attribute("failures")!.Value);
        Assert.True((int)suite.Attribute("tests")! >= 20, said);
        return suite.Elements("testcase").DistinctBy(c => c.Attribute("name")!.Value).ToDictionary(c => c.Attribute("name")!.Value, c => (double)c.Attribute("time")!, StringComparer.Ordinal);
    }
}
