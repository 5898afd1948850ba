using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Bench.Engine;

/// <summary>An engine, put together as the product does it.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private volatile TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Host(ServiceProvider services)
    {
        _services = services;
        services.GetRequiredService<EmbeddedEngine>().TurnCommitted = _ =>
            Interlocked.Exchange(ref _turn, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public IWorkflowClient Client => _services.GetRequiredService<IWorkflowClient>();

    public static async Task<Host> OpenAsync(string directory)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(_ => SqliteDatabase.Open(directory));
        services.AddEmbeddedEngine();
        services.AddSingleton<IWorkflow, Chain>();
        services.AddSingleton<IWorkflow, Waiter>();
        services.AddSingleton<IActivity, Nothing>();
        var host = new Host(services.BuildServiceProvider());
        await host._services.GetRequiredService<IHostedService>().StartAsync(CancellationToken.None);
        return host;
    }

    public async Task EndAsync(string instanceId)
    {
        while (true)
        {
            var turn = _turn.Task;
            if ((await Client.GetAsync(instanceId))!.Status == WorkflowRuntimeStatus.Completed)
            {
                return;
            }

            await turn;
        }
    }

    /// <summary>Waits until as many instances of the waiter match.</summary>
    public async Task CountWaitersAsync(int count, Func<WorkflowInstance, bool> matches)
    {
        while (true)
        {
            var turn = _turn.Task;
            var found = 0;
            WorkflowInstancePage? page = null;
            do
            {
                page = await Client.QueryAsync(new WorkflowInstanceQuery(Workflow: "waiter", Limit: 1000, Continuation: page?.Continuation));
                found += page.Instances.Count(matches);
            }
            while (page.Continuation is not null);

            if (found == count)
            {
                return;
            }

            await turn;
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
