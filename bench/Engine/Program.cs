using System.Diagnostics;
using IdLcm.Bench.Engine;
using IdLcm.Domain.Workflows;

// Usage: dotnet run -c Release --project bench/Engine -- [directory]
const int Activities = 5000;
const int Instances = 5000;
const int Waiting = 5000;

var directory = Path.Combine(args.Length > 0 ? args[0] : Path.GetTempPath(), "idlcm-bench-" + Guid.NewGuid().ToString("N"));
Directory.CreateDirectory(directory);
try
{
    _ = BareCommits.PerSecond(directory, TimeSpan.FromSeconds(1));
    var bare = BareCommits.PerSecond(directory, TimeSpan.FromSeconds(3));
    Console.WriteLine($"Bare SQLite, one row a commit        {bare,10:N0} commits/s      {1e6 / bare,8:N0} us each");

    await using (var host = await Host.OpenAsync(directory))
    {
        await ChainAsync(host, "warm-up", 1000);
        var chain = await ChainAsync(host, "chain", Activities);
        var perActivity = chain.TotalMicroseconds / Activities;
        Console.WriteLine($"Activities, one after the other      {Activities / chain.TotalSeconds,10:N0} activities/s   {perActivity,8:N0} us each = {perActivity * bare / 1e6:N2} bare commits");

        await InstancesAsync(host, "warm", 500, concurrency: 64);
        foreach (var concurrency in new[] { 1, 64 })
        {
            var instances = await InstancesAsync(host, $"i{concurrency}", concurrency == 1 ? Instances / 5 : Instances, concurrency);
            Console.WriteLine($"Instances of one activity, {concurrency,2} at once  {instances,10:N0} instances/s    {1e6 / instances,8:N0} us each = {bare / instances:N2} bare commits");
        }

        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Waiting).Select(i => host.Client.StartAsync("waiter", $"w-{i}", i)));
        var starts = Waiting / Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine($"Starts, all at once                  {starts,10:N0} starts/s");
        await host.CountWaitersAsync(Waiting, static i => i.CustomStatus is not null);
        Console.WriteLine($"All of them waiting                  {Waiting / Stopwatch.GetElapsedTime(started).TotalSeconds,10:N0} instances/s");
    }

    // The first host went without a stop: this is what a start after a crash takes.
    var opening = Stopwatch.GetTimestamp();
    await using (var host = await Host.OpenAsync(directory))
    {
        Console.WriteLine($"Start with {Waiting} waiting instances        {Stopwatch.GetElapsedTime(opening).TotalMilliseconds,8:N0} ms");
        var raising = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Waiting).Select(i => host.Client.RaiseEventAsync($"w-{i}", "go", i)));
        await host.CountWaitersAsync(Waiting, static i => i.Status == WorkflowRuntimeStatus.Completed);
        Console.WriteLine($"All of them replayed and ended           {Stopwatch.GetElapsedTime(raising).TotalMilliseconds,8:N0} ms");
    }
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static async Task<TimeSpan> ChainAsync(Host host, string id, int activities)
{
    var started = Stopwatch.GetTimestamp();
    await host.Client.StartAsync("chain", id, activities);
    await host.EndAsync(id);
    return Stopwatch.GetElapsedTime(started);
}

static async Task<double> InstancesAsync(Host host, string prefix, int count, int concurrency)
{
    var next = -1;
    var started = Stopwatch.GetTimestamp();
    await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
    {
        for (int i; (i = Interlocked.Increment(ref next)) < count;)
        {
            await host.Client.StartAsync("chain", $"{prefix}-{i}", 1);
            await host.EndAsync($"{prefix}-{i}");
        }
    })));
    return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
}
