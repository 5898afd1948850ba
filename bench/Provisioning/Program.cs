using System.Globalization;
using IdLcm.Bench;
using IdLcm.Bench.Provisioning;

// Usage: dotnet run -c Release --project bench/Provisioning -- [people for each run]
// Accounts per minute through the whole product with one service account, against scripts that do the same in the same
// app with the same browser.
if (await ConstantEndpoint.RunIfAskedAsync(args))
{
    return;
}

const double OfSignedIn = 0.7;
const double OfEachTime = 1.5;
var people = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 30;
Console.WriteLine(Machine.Describe());
using var scratch = Repository.NewScratch();
await using var app = await SampleAppRun.StartAsync(Path.Combine(scratch.Path, "app"));

List<(string Name, double PerMinute)> rows = [];
async Task<double> Row(string name, Task<double> run)
{
    var perMinute = await run;
    rows.Add((name, perMinute));
    Console.WriteLine($"{name,-70} {perMinute,7:N0} accounts/min");
    return perMinute;
}

var signedIn = await Row("script, signed in, one page", BareScript.SignedInAsync(app.Address, "script-a", people));
var eachTime = await Row("script, starts a browser and signs in each time", BareScript.EachTimeAsync(app.Address, "script-b", Math.Max(4, people / 5)));
var product = new ProductRun(scratch.Path, app.Address);
var declared = await Row("product, concurrency 2 as its connector declares", product.RunAsync("declared", people, concurrency: 2, "Failures"));
var single = await Row("product, concurrency 1", product.RunAsync("single", people, concurrency: 1, "Failures", tellsSteps: true));
await Row("product, concurrency 1, evidence None", product.RunAsync("none", people, concurrency: 1, "None"));
await Row("product, concurrency 1, evidence Full", product.RunAsync("full", people, concurrency: 1, "Full"));
var again = await Row("script, signed in, one page, again", BareScript.SignedInAsync(app.Address, "script-c", people));
var script = (signedIn + again) / 2;

Console.WriteLine();
Console.WriteLine("| | accounts/min | of the signed-in script | of the script that signs in each time |");
Console.WriteLine("|---|---|---|---|");
foreach (var (name, perMinute) in rows)
{
    Console.WriteLine($"| {name} | {perMinute:N0} | {perMinute / script:F2} | {perMinute / eachTime:F1} |");
}

Console.WriteLine();
Console.WriteLine($"Required with one page against one page: at least {OfSignedIn} and {OfEachTime}. {(single / script >= OfSignedIn && single / eachTime >= OfEachTime ? "Met" : "NOT met")}; as declared: {declared / script:F2} and {declared / eachTime:F1}.");
