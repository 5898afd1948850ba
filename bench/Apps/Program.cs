using System.Diagnostics;
using System.Globalization;
using IdLcm.Apps.Tests;
using IdLcm.Automation;
using IdLcm.Automation.Browser;
using IdLcm.Bench;
using IdLcm.Bench.Apps;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

// Usage: dotnet run -c Release --project bench/Apps -- [people for each app]
// Time per verb in WordPress, Django's admin and Redmine through the whole gateway and through its runner alone against
// bare scripts; memory of the browser by session; what a new browser costs. Installs the apps' Debian packages where they
// are missing.
const double OfScript = 0.7;
const double OfCalls = 1.2;
var people = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
ConnectorVerb[] verbs = [ConnectorVerb.CreateUser, ConnectorVerb.GetUser, ConnectorVerb.UpdateUser, ConnectorVerb.Deactivate, ConnectorVerb.Delete];
List<string> table = [];

var starting = (RealApp.StartAsync("redmine", "/login", CancellationToken.None), RealApp.StartAsync("django-admin", "/admin/login/", CancellationToken.None), RealApp.StartAsync("wordpress", "/wp-login.php", CancellationToken.None));
await using var redmine = await starting.Item1;
await using var django = await starting.Item2;
await using var wordpress = await starting.Item3;
Console.WriteLine(Machine.Describe());
using var playwright = await Playwright.CreateAsync();
using var scratch = Repository.NewScratch();

await PagesAsync("WordPress", "wordpress", wordpress, new WordPressScript(wordpress.Url));
await PagesAsync("Django admin", "django-admin", django, new DjangoScript(django.Url));
await PagesAsync("Redmine", "redmine", redmine, new RedmineScript(redmine.Url));
await CallsAsync();
await MemoryAsync();
await RecyclingAsync();

Console.WriteLine();
Console.WriteLine("| | gateway ms | runner ms (verb alone) | bare ms | ratio (verb alone) | required | |");
Console.WriteLine("|---|---|---|---|---|---|---|");
table.ForEach(Console.WriteLine);
Console.WriteLine(Machine.Describe());

async Task PagesAsync(string name, string connector, RealApp app, AppScript script)
{
    await using var product = await ProductSide.CreateAsync(app, connector, app.Password, new());
    using var gateway = await GatewaySide.StartAsync(Path.Combine(scratch.Path, connector), app, product.Manifest);
    await using var browser = await playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = ChromiumExecutable.Find(headless: true),
        ChromiumSandbox = !Environment.IsPrivilegedProcess,
        Args = ["--disable-gpu"],
    });
    var page = await (await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 }, Locale = "en-US" })).NewPageAsync();
    await script.SignInAsync(page, app.Password);
    Func<IPage, string, Task>[] steps = [script.CreateAsync, (p, login) => script.ReadAsync(p, login), script.UpdateAsync, script.DeactivateAsync, script.DeleteAsync];
    var can = verbs.Where(verb => verb != ConnectorVerb.Deactivate || connector != "wordpress");
    await CompareAsync(name, can, product, gateway, (verb, login) => steps[Array.IndexOf(verbs, verb)](page, login), (whole, bare) => bare / whole, ratio => ratio >= OfScript, $"≥ {OfScript}");
}

async Task CallsAsync()
{
    var key = await File.ReadAllTextAsync(Path.Combine(redmine.Directory, "api-key"));
    var calls = 0;
    await using var product = await ProductSide.CreateAsync(redmine, "redmine-api", key, new()
    {
        BeforeRequest = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            return Task.FromResult<string?>(null);
        },
    });
    using var api = new BareApi(redmine.Url, key);
    Func<string, Task>[] steps = [api.CreateAsync, api.ReadAsync, api.UpdateAsync, api.DeactivateAsync, api.DeleteAsync];
    await CompareAsync("Redmine by its API", verbs, product, null, (verb, login) => steps[Array.IndexOf(verbs, verb)](login), (whole, bare) => whole / bare, ratio => ratio <= OfCalls, $"≤ {OfCalls}");
    Console.WriteLine($"Calls in all: product {calls}, bare {api.Calls}");
}

// In turns, so that whatever else the machine does meets both.
async Task CompareAsync(
    string name, IEnumerable<ConnectorVerb> can, ProductSide product, GatewaySide? gateway, Func<ConnectorVerb, string, Task> bare, Func<double, double, double> ratio, Func<double, bool> met, string required)
{
    var taken = can.ToDictionary(verb => verb, _ => (Gateway: new List<double>(), Whole: new List<double>(), Verb: new List<double>(), Bare: new List<double>()));
    for (var i = 0; i <= people; i++)
    {
        foreach (var (verb, times) in taken)
        {
            // A look-up is no operation of the gateway: it is what each of them begins with.
            var all = gateway is null || verb == ConnectorVerb.GetUser ? (double?)null : await gateway.RunAsync(verb, $"gateway{i}");
            var (whole, alone) = await product.RunAsync(verb, $"product{i}");
            var started = Stopwatch.GetTimestamp();
            await bare(verb, $"script{i}");

            // The first person warms both up.
            if (i > 0)
            {
                times.Bare.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                times.Gateway.AddRange(all is { } measured ? [measured] : []);
                times.Whole.Add(whole);
                times.Verb.Add(alone);
            }
        }
    }

    foreach (var (verb, times) in taken)
    {
        var (whole, alone, other) = (Median(times.Whole), Median(times.Verb), Median(times.Bare));
        var all = times.Gateway.Count > 0 ? Median(times.Gateway) : (double?)null;
        var of = ratio(all ?? whole, other);
        table.Add($"| {name}: {verb} | {(all is { } known ? $"{known:N0}" : "–")} | {whole:N0} ({alone:N0}) | {other:N0} | {of:F2} ({ratio(alone, other):F2}) | {required} | {(met(of) ? "met" : "**missed**")} |");
        Console.WriteLine(table[^1]);
    }
}

// Each integration has a session of its own, so four of them are open at once whatever the connector's concurrency is.
async Task MemoryAsync()
{
    await using var product = await ProductSide.CreateAsync(wordpress, "wordpress", wordpress.Password, new());
    var open = new List<IConnectorSession>();
    for (var sessions = 1; sessions <= 4; sessions++)
    {
        open.Add(await product.OpenAsync($"integration {sessions}"));
        await open[^1].RunAsync(new(ConnectorVerb.ListUsers, []));
        if (sessions is 1 or 4)
        {
            table.Add($"| Chromium with {sessions} session{(sessions == 1 ? "" : "s")} | {ProductBrowser.Megabytes():N0} MB | | | | | |");
        }
    }

    foreach (var session in open)
    {
        await session.DisposeAsync();
    }
}

async Task RecyclingAsync()
{
    await using var product = await ProductSide.CreateAsync(django, "django-admin", django.Password, new() { BrowserRuns = 5 });
    await product.RunAsync(ConnectorVerb.GetUser, "extra1");
    var (normal, fresh) = (new List<double>(), new List<double>());
    var browser = ProductBrowser.ProcessId();
    for (var i = 0; i < 30; i++)
    {
        var (whole, _) = await product.RunAsync(ConnectorVerb.GetUser, "extra1");
        var now = ProductBrowser.ProcessId();
        (now == browser ? normal : fresh).Add(whole);
        browser = now;
    }

    table.Add($"| Django admin: GetUser right after a recycle ({fresh.Count}), otherwise ({normal.Count}) | {Median(fresh):N0}; {Median(normal):N0} | | | | | |");
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
