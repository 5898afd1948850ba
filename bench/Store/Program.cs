using System.Diagnostics;
using IdLcm.Bench.Store;
using IdLcm.LocalHost.Storage;

// Usage: dotnet run -c Release --project bench/Store -- [directory] [seconds for each run]
var root = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), "idlcm-bench-store");
var duration = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1]) : 5);
var directory = Path.Combine(root, Guid.NewGuid().ToString("N"));
Directory.CreateDirectory(directory);
try
{
    Console.WriteLine($"SQLite {SqliteLibrary.Initialize()}, {Environment.ProcessorCount} processors, commits of {Workload.RowsPerCommit} rows of {Workload.Value.Length} B, in {directory}");
    BareSqlite.Run(directory, run: 0, TimeSpan.FromSeconds(1));
    Console.WriteLine(BareSqlite.Run(directory, run: 1, duration));

    using var database = SqliteDatabase.Open(directory);
    var store = new SqliteRecordStore(database);
    await CommitsAsync(store, run: 0, concurrency: 8, TimeSpan.FromSeconds(1));
    var run = 1;
    foreach (var concurrency in new[] { 1, 8, 64, 256 })
    {
        Console.WriteLine(await CommitsAsync(store, run++, concurrency, duration));
    }

    Console.WriteLine(await GetsAsync(store, "get, cached", distinct: 1000, duration));
    Console.WriteLine(await GetsAsync(new SqliteRecordStore(database, cacheBytes: 0), "get, from SQLite", distinct: 1000, duration));
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static async Task<Measurement> CommitsAsync(SqliteRecordStore store, int run, int concurrency, TimeSpan duration)
{
    var number = -1;
    var started = Stopwatch.GetTimestamp();
    var clients = Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
    {
        List<double> latencies = [];
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var changes = Workload.Changes(run, Interlocked.Increment(ref number));
            var before = Stopwatch.GetTimestamp();
            var result = await store.CommitAsync(Workload.Partition, changes);
            latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            if (!result.Committed)
            {
                throw new InvalidOperationException("A new row was refused.");
            }
        }

        return latencies;
    }));
    var all = (await Task.WhenAll(clients)).SelectMany(static latencies => latencies).ToList();
    return Measurement.Of("record store, durable commits", concurrency, all, Stopwatch.GetElapsedTime(started));
}

static async Task<Measurement> GetsAsync(SqliteRecordStore store, string name, int distinct, TimeSpan duration)
{
    List<double> latencies = [];
    var keys = Enumerable.Range(0, distinct).Select(number => Workload.Keys(2, number)[0]).ToArray();
    var started = Stopwatch.GetTimestamp();
    while (Stopwatch.GetElapsedTime(started) < duration)
    {
        var before = Stopwatch.GetTimestamp();
        foreach (var key in keys)
        {
            _ = await store.GetAsync(Workload.Partition, key) ?? throw new InvalidOperationException("A committed row is missing.");
        }

        latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds / distinct);
    }

    var measured = Measurement.Of(name, 1, latencies, Stopwatch.GetElapsedTime(started));
    return measured with { Count = measured.Count * distinct, PerSecond = measured.PerSecond * distinct };
}
