using System.Diagnostics;
using IdLcm.Bench;

// Usage: dotnet run -c Release --project bench/Footprint -- [starts]
// How long the gateway's process takes until it is ready, and what it holds when nothing happens.
if (await ConstantEndpoint.RunIfAskedAsync(args))
{
    return;
}

const double MostMilliseconds = 1500;
const double MostMegabytes = 150;
var starts = args.Length > 0 ? int.Parse(args[0]) : 5;
var idle = TimeSpan.FromSeconds(15);
using var scratch = Repository.NewScratch();
Console.WriteLine(Machine.Describe());
var workspace = await Workspace.CreateAsync(Path.Combine(scratch.Path, "data"), Repository.Catalog);
await using (workspace)
{
    await workspace.SeedAsync(1000);
}

List<double> milliseconds = [];
double empty = 0;
double seeded = 0;
double afterWork = 0;
for (var i = 0; i < starts; i++)
{
    using var server = ServerProcess.StartGateway(Path.Combine(scratch.Path, $"empty{i}"), Repository.Catalog);
    milliseconds.Add(server.Started.TotalMilliseconds);
    if (i == starts - 1)
    {
        Thread.Sleep(idle);
        empty = server.ResidentBytes / 1048576.0;
    }
}

List<double> again = [];
for (var i = 0; i < starts; i++)
{
    using var server = ServerProcess.StartGateway(workspace.Data, Repository.Catalog);
    again.Add(server.Started.TotalMilliseconds);
    if (i == starts - 1)
    {
        Thread.Sleep(idle);
        seeded = server.ResidentBytes / 1048576.0;
        Load.Run("work", server.Port, 8, TimeSpan.FromSeconds(5), 201, number => HttpConnection.Request("POST", workspace.Scim("Users"), workspace.Token, People.Json(5000 + number)));
        var quiet = Stopwatch.StartNew();
        while (quiet.Elapsed < 4 * idle)
        {
            Thread.Sleep(1000);
        }

        afterWork = server.ResidentBytes / 1048576.0;
    }
}

milliseconds.Sort();
again.Sort();
Console.WriteLine();
Console.WriteLine("| | result | required |");
Console.WriteLine("|---|---|---|");
Console.WriteLine($"| start to ready, empty data directory, median (worst) of {starts} | {milliseconds[starts / 2]:N0} ({milliseconds[^1]:N0}) ms | < {MostMilliseconds:N0} ms |");
Console.WriteLine($"| start to ready, 1 000 people, median (worst) of {starts} | {again[starts / 2]:N0} ({again[^1]:N0}) ms | < {MostMilliseconds:N0} ms |");
Console.WriteLine($"| resident memory idle after start, empty | {empty:N0} MB | < {MostMegabytes:N0} MB |");
Console.WriteLine($"| resident memory idle after start, 1 000 people | {seeded:N0} MB | < {MostMegabytes:N0} MB |");
Console.WriteLine($"| resident memory a minute after five busy seconds | {afterWork:N0} MB | |");
