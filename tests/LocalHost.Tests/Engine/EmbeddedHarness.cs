using System.Collections.Concurrent;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Storage;
using IdLcm.Suites;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>An embedded engine over a database directory, put together as the product does it.</summary>
internal sealed class EmbeddedHarness : IEngineUnderTest
{
    private readonly ServiceProvider _services;
    private readonly EmbeddedEngine _engine;
    private readonly ConcurrentDictionary<TaskCompletionSource, bool> _waiters = new();

    private EmbeddedHarness(ServiceProvider services)
    {
        _services = services;
        _engine = services.GetRequiredService<EmbeddedEngine>();
        _engine.TurnCommitted = _ =>
        {
            foreach (var waiter in _waiters.Keys)
            {
                waiter.TrySetResult();
            }
        };
    }

    public SqliteDatabase Database => _services.GetRequiredService<SqliteDatabase>();

    public IWorkflowClient Client => _services.GetRequiredService<IWorkflowClient>();

    public IWorkflowHistoryReader Histories => _services.GetRequiredService<IWorkflowHistoryReader>();

    public static async Task<EmbeddedHarness> OpenAsync(
        string directory, TimeProvider time, IEnumerable<IWorkflow> workflows, IEnumerable<IActivity> activities, EmbeddedEngineOptions? options = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddSingleton(time);
        services.AddSingleton(_ => SqliteDatabase.Open(directory));
        services.AddEmbeddedEngine(options);
        foreach (var workflow in workflows)
        {
            services.AddSingleton(workflow);
        }

        foreach (var activity in activities)
        {
            services.AddSingleton(activity);
        }

        var harness = new EmbeddedHarness(services.BuildServiceProvider());
        await harness.Hosted.StartAsync(CancellationToken.None);
        return harness;
    }

    public async Task<WorkflowInstance> WaitAsync(string instanceId, Func<WorkflowInstance, bool> until)
    {
        var deadline = Task.Delay(TimeSpan.FromSeconds(90));
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters[changed] = true;
            try
            {
                if (await Client.GetAsync(instanceId) is { } instance && until(instance))
                {
                    return instance;
                }

                if (await Task.WhenAny(changed.Task, deadline) == deadline)
                {
                    throw new TimeoutException($"Instance '{instanceId}' did not get there: {await Client.GetAsync(instanceId)}");
                }
            }
            finally
            {
                _waiters.TryRemove(changed, out _);
            }
        }
    }

    public Task<WorkflowInstance> EndAsync(string instanceId) =>
        WaitAsync(instanceId, i => i.Status is not (WorkflowRuntimeStatus.Pending or WorkflowRuntimeStatus.Running));

    /// <summary>Replays every history in the database.</summary>
    public async Task<int> ReplayAllAsync(IReadOnlyCollection<IWorkflow> workflows)
    {
        var replayed = 0;
        var query = new WorkflowInstanceQuery(Limit: 1000);
        WorkflowInstancePage page;
        do
        {
            page = await Client.QueryAsync(query);
            foreach (var instance in page.Instances)
            {
                var history = (await Histories.ReadAsync(instance.InstanceId))!;
                await WorkflowReplayer.ReplayAsync(history, workflows.Single(w => w.Name == instance.Workflow));
                replayed++;
            }

            query = query with { Continuation = page.Continuation };
        }
        while (page.Continuation is not null);
        return replayed;
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => Hosted.StopAsync(cancellationToken);

    /// <summary>Without <see cref="StopAsync"/> before, this is a crash as far as the engine is concerned.</summary>
    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private IHostedService Hosted => _services.GetRequiredService<IHostedService>();
}

/// <summary>A directory that goes with its test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("idlcm-engine-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
