using IdLcm.Domain.Workflows;
using IdLcm.EngineCrasher;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Usage: EngineCrasher <directory> <first instance> <count>
// Starts instances, prints one line for each start that was acknowledged, and "done" when every instance there is has
// completed. Made to be killed at any moment and run again.
var directory = args[0];
var first = int.Parse(args[1]);
var count = int.Parse(args[2]);

var services = new ServiceCollection();
services.AddLogging();
services.AddSingleton(_ => SqliteDatabase.Open(Path.Combine(directory, "data")));
services.AddEmbeddedEngine();
services.AddSingleton<IWorkflow, CrashFlow>();
services.AddSingleton<IWorkflow, CrashChild>();
services.AddSingleton<IActivity>(new EffectActivity(Path.Combine(directory, "effects")));
services.AddSingleton<IActivity>(provider => new RaiseActivity(provider.GetRequiredService<IWorkflowClient>));
await using var provider = services.BuildServiceProvider();
await provider.GetRequiredService<IHostedService>().StartAsync(CancellationToken.None);
var client = provider.GetRequiredService<IWorkflowClient>();

for (var i = first; i < first + count; i++)
{
    await client.StartAsync(CrashFlow.FlowName, $"flow-{i}", i);
    Console.WriteLine($"started flow-{i}");
}

while ((await client.QueryAsync(new WorkflowInstanceQuery(
    Statuses: [WorkflowRuntimeStatus.Pending, WorkflowRuntimeStatus.Running], Limit: 1))).Instances.Count > 0)
{
    await Task.Delay(10);
}

Console.WriteLine("done");
