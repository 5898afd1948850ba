using System.Globalization;
using IdLcm.Bench;
using IdLcm.Bench.Dashboard;

// Usage: dotnet run -c Release --project bench/Dashboard -- [integrations] [people] [open pages] [seconds of live updates]
// The dashboard's pages at a workspace's full size, and what open pages that follow changes cost.
var integrations = Number(0, 200);
var people = Number(1, 100_000);
var pages = Number(2, 200);
var seconds = Number(3, 20);
Console.WriteLine(Machine.Describe());
using var scratch = Repository.NewScratch();
string[] ids;
string data;
await using (var workspace = await Workspace.CreateAsync(Path.Combine(scratch.Path, "data"), Repository.Catalog))
{
    ids = await workspace.SpreadAsync(integrations, people / integrations);
    data = workspace.Data;
}

using var server = ServerProcess.StartGateway(data, Repository.Catalog);
using var session = await Session.SignInAsync(server.Port, Path.Combine(data, "owner.key"));
Pages.Measure(session, ids, integrations, people);
await LivePages.MeasureAsync(server, session, ids, pages, TimeSpan.FromSeconds(seconds));

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
