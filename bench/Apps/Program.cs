using System.Globalization;
using IdLcm.Apps.Tests;
using IdLcm.Bench;
using IdLcm.Bench.Apps;

// Usage: dotnet run -c Release --project bench/Apps -- [people] [app…]
// Time per verb in the third-party apps of the catalog, which are installed and started here: the product's runner against a
// bare script that does the same clicks or calls and reads back what it wrote, both signed in, in turn, person by person.
var people = args is [var number, ..] && int.TryParse(number, CultureInfo.InvariantCulture, out var given) ? given : 8;
var apps = args.Skip(1).DefaultIfEmpty("all").ToList();
bool Wanted(string app) => apps.Contains("all") || apps.Contains(app);
Console.WriteLine(Machine.Describe());
Console.WriteLine();
Console.WriteLine("| app | verb | script, ms | product, ms | product's speed, of the script's |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var script in new PageScript[] { new DjangoScript(), new WordPressScript(), new RedmineScript() }.Where(script => Wanted(script.App)))
{
    await using var app = await RealApp.StartAsync(script.App, script.ReadyPath, CancellationToken.None);
    await using var product = await ProductRun.StartAsync(script.App, app.Url, "admin", app.Password, token: null);
    await using var bare = await BarePages.StartAsync(script, app.Url, app.Password);
    await Comparison.PrintAsync(script.App, people, product, bare);
    if (script.App == "redmine")
    {
        var key = await File.ReadAllTextAsync(Path.Combine(app.Directory, "api-key"));
        await using var calls = await ProductRun.StartAsync("redmine-api", app.Url, "", password: null, key);
        using var client = new BareCalls(app.Url, key);
        await Comparison.PrintAsync("redmine-api", people * 3, calls, client);
    }

    if (script.App == "django-admin")
    {
        await SessionCosts.PrintAsync(app.Url, app.Password);
    }
}
