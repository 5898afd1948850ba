using System.Globalization;
using IdLcm.Bench;
using IdLcm.Bench.Lifecycle;
using IdLcm.Samples;

// Usage: dotnet run -c Release --project bench/Lifecycle -- [rows of the sync] [operations in the queue]
// A sync against a script that reads the same table, visits for a burst of changes, and a long queue with an emergency.
// Without a queue (0) it is one sync alone: for memory at a size where the rest would take long.
if (await ConstantEndpoint.RunIfAskedAsync(args) || await ListScript.RunIfAskedAsync(args))
{
    return;
}

var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var queued = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
Console.WriteLine(Machine.Describe());
using var scratch = Repository.NewScratch();
await using var app = await SampleAppHost.StartAsync(
    new SampleAppOptions { DataDirectory = Path.Combine(scratch.Path, "app"), Members = rows, Seats = rows + queued + 1_000, AdminPassword = Workspace.AppPassword }, CancellationToken.None);

await using var run = await LifecycleRun.StartAsync(scratch.Path, app.BaseAddress);
if (queued == 0)
{
    await run.SyncAsync(rows, script: null);
    return;
}

var script = await ListScript.RunAsync(app.BaseAddress);
Console.WriteLine($"script reads {script.Rows:N0} rows in {script.Elapsed.TotalSeconds:F1} s: {script.Rows / script.Elapsed.TotalSeconds:N0} rows/s, at most {script.PeakBytes / 1048576.0:N0} MB");
await run.SyncAsync(rows, script);
await run.SyncAsync(rows, script);
await run.CoalesceAsync(people: 10, patches: 100);
await run.QueueAsync(queued);
