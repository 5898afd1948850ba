using IdLcm.Domain.Operations;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.EndToEnd.Tests;

/// <summary>Replays what really happened: every recorded history must give the same commands again.</summary>
internal static class Histories
{
    private static readonly IWorkflow[] Workflows =
        [new ProvisionWorkflow(), new UpdateWorkflow(), new DeprovisionWorkflow(), new ValidateWorkflow(), new SyncWorkflow(), new RetryWorkflow()];

    public static async Task ReplayAllAsync(string dataDirectory)
    {
        using var database = SqliteDatabase.Open(dataDirectory);
        await using var services = new ServiceCollection()
            .AddSingleton(database)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.None))
            .AddEmbeddedEngine()
            .BuildServiceProvider();
        var reader = services.GetRequiredService<IWorkflowHistoryReader>();
        var client = services.GetRequiredService<IWorkflowClient>();
        var replayed = 0;
        string? continuation = null;
        do
        {
            var page = await client.QueryAsync(new WorkflowInstanceQuery(Limit: 500, Continuation: continuation), TestContext.Current.CancellationToken);
            foreach (var instance in page.Instances)
            {
                var history = await reader.ReadAsync(instance.InstanceId, TestContext.Current.CancellationToken);
                await WorkflowReplayer.ReplayAsync(history!, Workflows.Single(w => w.Name == instance.Workflow));
                replayed++;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.True(replayed > 0, "There was no history to replay.");
    }
}
