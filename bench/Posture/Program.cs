using System.Globalization;
using IdLcm.Bench;
using IdLcm.Bench.Posture;
using IdLcm.Bench.Provisioning;
using IdLcm.Dashboard.Tests;

// Usage: dotnet run -c Release --project bench/Posture -- [launches] [rotations]
// From a press in the portal to being signed in, through the gateway and the extension, against a script that types the
// credential on the app's page in the same browser; rotations an hour with one service account; and whether the
// passwords stand anywhere.
var launches = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 15;
var rotations = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
Console.WriteLine(Machine.Describe());
using var scratch = Repository.NewScratch();
await using var app = await SampleAppRun.StartAsync(Path.Combine(scratch.Path, "app"));
await using var provider = await LocalProvider.StartAsync();
var workspace = await Workspace.CreateAsync(Path.Combine(scratch.Path, "gateway"), Repository.Catalog, app.Address.AbsoluteUri.TrimEnd('/'));
await workspace.DisposeAsync();
string profile;
using (var server = ServerProcess.StartGateway(workspace.Data, Repository.Catalog, provider.Settings))
{
    using var gateway = new GatewayClient(server.Port, workspace, (await File.ReadAllTextAsync(Path.Combine(workspace.Data, "owner.key"))).Trim());
    await gateway.AllowLaunchAsync("Olga Owner", Workspace.AppPassword);
    await using (var browser = await LaunchBrowser.StartAsync(scratch.Path, gateway.LaunchAddress, app.Address))
    {
        await browser.SignInAsync("Olga Owner");
        await browser.ByHandAsync();
        var (launched, byHand) = (new List<double>(), new List<double>());
        for (var i = 0; i < launches; i++)
        {
            launched.Add(await browser.LaunchAsync());
            byHand.Add(await browser.ByHandAsync());
        }

        Console.WriteLine();
        Console.WriteLine("| to being signed in | median ms | worst ms |");
        Console.WriteLine("|---|---|---|");
        Console.WriteLine(Row("launch: gateway's page, release, extension", launched));
        Console.WriteLine(Row("script that types on the app's page", byHand));
        Console.WriteLine($"Launch ÷ script: {Median(launched) / Median(byHand):F2}");
        profile = browser.Profile;
    }

    await gateway.RotateAsync();
    var perHour = await gateway.RotationsPerHourAsync(rotations);
    Console.WriteLine($"Rotations with one service account, each proved by a fresh sign-in: {perHour:N0} an hour ({rotations} in a row)");
}

var places = Secrets.Search([workspace.Data, profile], Workspace.AppPassword);
Console.WriteLine($"Places searched for the first password (records, log, evidence, sessions, the browser's profile): {places}; found in none.");

static string Row(string name, List<double> times) => $"| {name} | {Median(times):N0} | {times.Max():N0} |";
static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
