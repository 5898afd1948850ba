using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using IdLcm.Bench;
using IdLcm.Bench.Azure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Functions.Tests.Infra;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

// Usage: dotnet run -c Release --project bench/Azure -- [requests]
// How long the functions take to accept a change with records on Azurite, against one bare entity-group transaction of
// the same rows, in turns, with automation paused. Then what a change costs of the storage service and of the task hub,
// and what that makes a month.
const double Requirement = 2.5;
const int Block = 20;
var requests = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200;
Console.WriteLine(Machine.Describe());
await using var azurite = new AzuriteServer();
await azurite.InitializeAsync();
var options = azurite.Options() with { TableName = "t" + Guid.NewGuid().ToString("N")[..12] };
var table = new StorageClients(options with { TableName = options.TableName + "bare" }).Writes();
await table.CreateIfNotExistsAsync();
var number = 0;

Console.WriteLine();
Console.WriteLine("| | rows, bytes | store asked | p50 ms | p90 ms | bare p50 ms | p50 ÷ bare |");
Console.WriteLine("|---|---|---|---|---|---|---|");
var worst = 0.0;
await using (var busy = await StartAsync(null))
{
    var ids = new List<string>();
    worst = await CompareAsync(busy.Watch, "POST /Users", async () => ids.Add(await CreateAsync(busy.Gateway)));
    worst = Math.Max(worst, await CompareAsync(busy.Watch, "PATCH /Users/{id}", () => busy.Gateway.PatchAsync(
        ids[number % ids.Count], $$"""{"op":"replace","path":"title","value":"Title {{number}}"}""")));
}

await using (var quiet = await StartAsync(TimeSpan.Zero))
{
    worst = Math.Max(worst, await CompareAsync(quiet.Watch, "POST /Users, the integration looked up anew", () => CreateAsync(quiet.Gateway)));
}

Console.WriteLine();
Console.WriteLine($"Required: at most {Requirement}. {(worst <= Requirement ? "Met." : "NOT met by all.")}");

var spent = await StorageBudget.MeasureAsync(azurite);
Console.WriteLine();
Console.WriteLine("| what somebody new costs | measured | budget |");
Console.WriteLine("|---|---|---|");
Console.WriteLine($"| storage transactions of the SCIM create until its answer | {spent.PerWrite:F1} | {StorageBudget.MostPerWrite} |");
Console.WriteLine($"| storage transactions of the whole operation, without the hub's own | {spent.PerOperation:F1} | {StorageBudget.MostPerOperation} |");
Console.WriteLine($"| actions of its orchestration | {spent.Actions.Count}: {string.Join(", ", spent.Actions)} | {new CostModel().SchedulerActionsPerOperation} |");
Console.WriteLine();
Console.WriteLine(new CostModel().Table());

async Task<Started> StartAsync(TimeSpan? integrationMaxAge)
{
    var watch = new CommitWatch(TestStorage.Records(options));
    var gateway = await RunningGateway.StartAsync(
        integration => integration with { Paused = new Pause("bench", DateTimeOffset.UtcNow, "accept path only") },
        services => services.AddSingleton<IRecordStore>(watch),
        timers: false,
        azurite: azurite,
        integrationMaxAge: integrationMaxAge);
    return new Started(gateway, watch);
}

Task<string> CreateAsync(RunningGateway gateway) => gateway.CreateAsync(
    $"person{number++}@bench.test", ""","externalId":"e-1","emails":[{"primary":true,"value":"p@bench.test"}],"roles":[{"value":"Viewer"}]""");

async Task<double> CompareAsync(CommitWatch watch, string name, Func<Task> act)
{
    await MeasureAsync([], act);
    var rows = watch.Last.Select(change => (change.Row, change.Value.Length)).ToList();
    await MeasureAsync([], () => BareAsync(rows));
    var (ours, bare) = (new List<double>(), new List<double>());
    var calls = 0;
    while (ours.Count < requests)
    {
        await MeasureAsync(bare, () => BareAsync(rows));
        var before = watch.Calls;
        await MeasureAsync(ours, act);
        calls += watch.Calls - before;
    }

    var ratio = At(ours, 0.5) / At(bare, 0.5);
    Console.WriteLine(
        $"| {name} | {rows.Count}, {rows.Sum(row => row.Length):N0} | {(double)calls / ours.Count:F1} | {At(ours, 0.5):F2} | {At(ours, 0.9):F2} | {At(bare, 0.5):F2} | {ratio:F2} |");
    return ratio;
}

Task BareAsync(IReadOnlyList<(string Row, int Length)> rows)
{
    number++;
    return table.SubmitTransactionAsync(rows.Select(row =>
    {
        var entity = new TableEntity("p", string.Create(CultureInfo.InvariantCulture, $"{number:D8}{row.Row.Replace('/', '_')}")) { ["v"] = new byte[row.Length] };
        return new TableTransactionAction(TableTransactionActionType.UpsertReplace, entity);
    }));
}

static async Task MeasureAsync(List<double> times, Func<Task> act)
{
    for (var i = 0; i < Block; i++)
    {
        var started = Stopwatch.GetTimestamp();
        await act();
        times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}

static double At(List<double> times, double share) => times.Order().ElementAt((int)(times.Count * share));
