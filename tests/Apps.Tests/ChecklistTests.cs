using System.Diagnostics;
using System.Xml.Linq;
using IdLcm.Automation.Catalog;
using IdLcm.Automation.Format;
using IdLcm.Automation.Tests;
using IdLcm.Samples;

namespace IdLcm.Apps.Tests;

/// <summary>Each connector of the catalog against the app itself, by the command that its author uses. <c>IDLCM_APPS=fast</c> installs Django and WordPress; <c>./dev test --apps</c> all.</summary>
public sealed class ChecklistTests(ITestOutputHelper output)
{
    private const string NotWanted = "Installs and starts third-party apps: ./dev test --apps.";

    [Fact]
    public async Task Redmine_passes_the_checklist_by_its_pages_and_by_its_api()
    {
        Assert.SkipUnless(RealApp.AllWanted, NotWanted);
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

        Assert.Contains("create with role User", calls.Keys.Intersect(pages.Keys, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Django_passes_the_checklist()
    {
        Assert.SkipUnless(RealApp.FastWanted, NotWanted);
        await using var app = await RealApp.StartAsync("django-admin", "/admin/login/", TestContext.Current.CancellationToken);
        await CheckAsync(app, "django-admin", app.Password, "--user", "admin", "--password-env", "SECRET");
    }

    [Fact]
    public async Task WordPress_passes_the_checklist()
    {
        Assert.SkipUnless(RealApp.FastWanted, NotWanted);
        await using var app = await RealApp.StartAsync("wordpress", "/wp-login.php", TestContext.Current.CancellationToken);
        await CheckAsync(app, "wordpress", app.Password, "--user", "admin", "--password-env", "SECRET");
    }

    [Fact]
    public async Task The_sample_app_passes_the_checklist_with_people_who_are_pending()
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-sample-").FullName;
        var options = new SampleAppOptions { DataDirectory = directory };
        await using (var app = await SampleAppHost.StartAsync(options, TestContext.Current.CancellationToken))
        {
            string[] settings = ["--set", $"appUrl={app.BaseAddress.GetLeftPart(UriPartial.Authority)}", "--set", $"workspaceId={options.WorkspaceId}"];
            var passed = await CheckAsync(directory, Catalog("sample-workspace"), [("SECRET", options.AdminPassword)], [.. settings, "--user", options.AdminUser, "--password-env", "SECRET"]);
            Assert.Subset(passed.Keys.ToHashSet(StringComparer.Ordinal), new HashSet<string>(["session is used again", "unknown user name", "someone invited is listed as pending", "a wrong page proves nothing about someone", "the app back again: find someone"], StringComparer.Ordinal));
            Assert.DoesNotContain(app.Snapshot(), m => m.Email.StartsWith("idlcm-check", StringComparison.Ordinal));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_connector_of_calls_passes_the_checklist_and_creates_nobody_in_an_app_that_is_down_or_another_one()
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-api-").FullName;
        await using (var app = await Api.StartAsync(people: 25))
        {
            var passed = await CheckAsync(directory, Path.Combine(AppContext.BaseDirectory, "api.yaml"), [("SECRET", Api.Token)], ["--set", $"appUrl={app.Url}", "--token-env", "SECRET"]);
            Assert.Subset(passed.Keys.ToHashSet(StringComparer.Ordinal), new HashSet<string>(["a wrong page: nobody is created", "the app down: nobody is created", "the app back again: find someone"], StringComparer.Ordinal));
            Assert.Equal(25, app.Snapshot().Count);
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void What_was_published_under_a_version_is_still_there_unchanged()
    {
        var apps = Path.Combine(AppContext.BaseDirectory, "apps");
        var catalog = new FileConnectorCatalog([apps]);
        var published = PublishedVersions.Read(Path.Combine(apps, PublishedVersions.FileName));
        Assert.Equal(published.Keys.Order(StringComparer.Ordinal), catalog.List().SelectMany(app => catalog.Versions(app.Id)).Select(v => $"{v.Id}@{v.Version}").Order(StringComparer.Ordinal));
        foreach (var file in Directory.EnumerateFiles(apps, "*.yaml", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(ConnectorFile.LoadAndLint(file).Diagnostics, d => d.Rule == "published");
        }
    }

    [Fact]
    public void Every_connector_of_the_catalog_is_without_error_and_has_a_readme()
    {
        var apps = Path.Combine(AppContext.BaseDirectory, "apps");
        var connectors = Directory.EnumerateFiles(apps, "connector.yaml", SearchOption.AllDirectories).ToList();
        Assert.True(connectors.Count >= 5);
        foreach (var connector in connectors)
        {
            Assert.DoesNotContain(ConnectorFile.LoadAndLint(connector).Diagnostics, d => d.Severity == DiagnosticSeverity.Error);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(connector)!, "README.md")), $"{connector} has no README.md beside it");
        }
    }

    private Task<Dictionary<string, double>> CheckAsync(RealApp app, string connector, string secret, params string[] account) =>
        CheckAsync(app.Directory, Catalog(connector), [("SECRET", secret)], ["--set", $"appUrl={app.Url}", .. account]);

    private static string Catalog(string connector) => Path.Combine(AppContext.BaseDirectory, "apps", connector, "connector.yaml");

    private async Task<Dictionary<string, double>> CheckAsync(string directory, string connector, (string Name, string Value)[] secrets, string[] arguments)
    {
        var report = Path.Combine(directory, $"report-{Guid.NewGuid():N}");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), "connector", "test", connector,
                "--report", report, .. arguments,
            ])
        { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in secrets)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(said);
        Assert.True(process.ExitCode == 0, said);
        var html = await File.ReadAllTextAsync(Path.Combine(report, "report.html"), TestContext.Current.CancellationToken);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret.Value, html, StringComparison.Ordinal));
        var suite = XDocument.Load(Path.Combine(report, "junit.xml")).Root!;
        Assert.Equal("0", suite.Attribute("failures")!.Value);
        Assert.True((int)suite.Attribute("tests")! >= 20, said);
        return suite.Elements("testcase").Where(c => c.Element("skipped") is null).DistinctBy(c => c.Attribute("name")!.Value).ToDictionary(c => c.Attribute("name")!.Value, c => (double)c.Attribute("time")!, StringComparer.Ordinal);
    }
}
