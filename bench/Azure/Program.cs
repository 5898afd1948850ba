using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using IdLcm.Bench;
using IdLcm.Bench.Azure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

// Usage: dotnet run -c Release --project bench/Azure -- [creates]
// How long the functions take to accept a person with records on Azurite, against one bare entity-group transaction of
// the same rows, in turns. Automation is paused.
const double Requirement = 2.5;
const int Block = 20;
var creates = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200;
Console.WriteLine(Machine.Describe());
await using var azurite = new AzuriteServer();
await azurite.InitializeAsync();
var options = azurite.Options() with { TableName = "t" + Guid.NewGuid().ToString("N")[..12] };
var watch = new CommitWatch(TestStorage.Records(options));
await using var gateway = await RunningGateway.StartAsync(
    integration => integration with { Paused = new Pause("bench", DateTimeOffset.UtcNow, "accept path only") },
    services => services.AddSingleton<IRecordStore>(watch),
    timers: false,
    azurite);

var person = 0;
Task CreateAsync() => gateway.CreateAsync($"person{person++}@bench.test", ""","externalId":"e-1","emails":[{"primary":true,"value":"p@bench.test"}],"roles":[{"value":"Viewer"}]""");
for (var i = 0; i < Block; i++)
{
    await CreateAsync();
}

var rows = watch.Last.Where(change => change.Kind is not ChangeKind.Check).Select(change => (change.Row, change.Value.Length)).ToList();
var table = new StorageClients(options with { TableName = options.TableName + "bare" }).Writes();
await table.CreateIfNotExistsAsync();
var number = 0;
Task BareAsync()
{
    number++;
    return table.SubmitTransactionAsync(rows.Select(row =>
    {
        var entity = new TableEntity("p", string.Create(CultureInfo.InvariantCulture, $"{number:D8}{row.Row.Replace('/', '_')}")) { ["v"] = new byte[row.Length] };
        return new TableTransactionAction(TableTransactionActionType.UpsertReplace, entity);
    }));
}

for (var i = 0; i < Block; i++)
{
    await BareAsync();
}

var (accepted, bare) = (new List<double>(), new List<double>());
while (accepted.Count < creates)
{
    await MeasureAsync(bare, BareAsync);
    await MeasureAsync(accepted, CreateAsync);
}

Console.WriteLine($"One accepted person: {rows.Count} rows, {rows.Sum(row => row.Length):N0} bytes");
Console.WriteLine();
Console.WriteLine("| | p50 ms | p90 ms | p50 ÷ bare |");
Console.WriteLine("|---|---|---|---|");
Console.WriteLine($"| one bare entity-group transaction | {At(bare, 0.5):F1} | {At(bare, 0.9):F1} | |");
Console.WriteLine($"| POST /Users through the functions | {At(accepted, 0.5):F1} | {At(accepted, 0.9):F1} | {At(accepted, 0.5) / At(bare, 0.5):F2} |");
Console.WriteLine();
Console.WriteLine($"Required: at most {Requirement}. {(At(accepted, 0.5) / At(bare, 0.5) <= Requirement ? "Met." : "NOT met.")}");

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
