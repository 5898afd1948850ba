using IdLcm.Bench;

// Usage: dotnet run -c Release --project bench/Accept -- [seconds for each run]
// How fast SCIM creates are accepted with everything durable, against a bare program that commits the same rows.
if (await ConstantEndpoint.RunIfAskedAsync(args))
{
    return;
}

const double Requirement = 3;
var duration = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0]) : 6);
using var scratch = Repository.NewScratch();
Console.WriteLine(Machine.Describe());

IReadOnlyList<(int KeyLength, int ValueLength)> rows;
var workspace = await Workspace.CreateAsync(Path.Combine(scratch.Path, "data"), Repository.Catalog);
await using (workspace)
{
    rows = [.. (await workspace.CommitOfCreateAsync(9_999_999)).Select(change => (change.Row.Length, change.Value.Length))];
}

Console.WriteLine($"One accepted person: {rows.Count} rows, {rows.Sum(row => row.KeyLength + row.ValueLength):N0} bytes");
BareSqlite.Run(scratch.Path, rows, TimeSpan.FromSeconds(1));
var bare = BareSqlite.Run(scratch.Path, rows, duration);

List<(Measurement Measured, TimeSpan Processor)> runs = [];
using (var server = ServerProcess.StartGateway(workspace.Data, Repository.Catalog))
{
    var person = 0;
    byte[] Create(int number) => HttpConnection.Request("POST", workspace.Scim("Users"), workspace.Token, People.Json(number));
    foreach (var concurrency in (int[])[8, 1, 8, 64])
    {
        var first = person;
        var before = server.ProcessorTime;
        var warmsUp = person == 0;
        var measured = Load.Run($"POST /Users, {concurrency}", server.Port, concurrency, warmsUp ? duration / 2 : duration, 201, number => Create(first + number));
        person += measured.Count + concurrency;
        if (!warmsUp)
        {
            runs.Add((measured, server.ProcessorTime - before));
        }
    }
}

bare = bare with { PerSecond = (bare.PerSecond + BareSqlite.Run(scratch.Path, rows, duration).PerSecond) / 2 };
Console.WriteLine();
Console.WriteLine("| | at once | requests/s | p50 ms | p99 ms | server CPU µs each | bare commits/s ÷ requests/s |");
Console.WriteLine("|---|---|---|---|---|---|---|");
Console.WriteLine($"| bare SQLite, a transaction each | 1 | {bare.PerSecond:N0} | {bare.P50:F2} | {bare.P99:F2} | | |");
foreach (var (measured, processor) in runs)
{
    Console.WriteLine($"| POST /Users | {measured.Concurrency} | {measured.PerSecond:N0} | {measured.P50:F2} | {measured.P99:F2} | {processor.TotalMicroseconds / measured.Count:N0} | {bare.PerSecond / measured.PerSecond:F2} |");
}

Console.WriteLine();
Console.WriteLine($"Required: at most {Requirement} everywhere. {(runs.TrueForAll(run => bare.PerSecond / run.Measured.PerSecond <= Requirement) ? "Met." : "NOT met.")}");
