using System.Diagnostics;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;
using IdLcm.LocalHost.Engine.Turns;

namespace IdLcm.LocalHost.Engine;

/// <summary>The workflow client of the embedded engine.</summary>
internal sealed class EmbeddedWorkflowClient(EmbeddedEngine engine) : IWorkflowClient, IWorkflowHistoryReader
{
    public async Task<bool> StartAsync(string workflow, string instanceId, object? input, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workflow);
        InstanceIds.Validate(instanceId);
        if (!engine.Registry.HasWorkflow(workflow))
        {
            throw new ArgumentException($"No workflow '{workflow}' is registered.", nameof(workflow));
        }

        var created = await engine.Store.CreateAsync(
            workflow, instanceId, WorkflowJson.Serialize(input), engine.Time.GetUtcNow(), Activity.Current?.Id, cancellationToken);
        if (created)
        {
            engine.Deliver(instanceId, EngineMessage.Begin);
        }

        return created;
    }

    public Task<WorkflowInstance?> GetAsync(string instanceId, CancellationToken cancellationToken = default) =>
        Task.FromResult(engine.Store.Get(instanceId));

    public Task<WorkflowInstancePage> QueryAsync(WorkflowInstanceQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Task.FromResult(engine.Store.Query(query));
    }

    public Task<bool> RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return SendAsync(instanceId, EngineMessage.Raise(eventName, WorkflowJson.Serialize(payload)), cancellationToken);
    }

    public Task<bool> TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return SendAsync(instanceId, EngineMessage.Terminate(reason), cancellationToken);
    }

    public Task<int> PurgeAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken = default) =>
        engine.PurgeAsync(endedBefore, cancellationToken);

    public Task<RecordedHistory?> ReadAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var row = engine.Store.ReadRow(instanceId);
        return Task.FromResult(
            row is null ? null : new RecordedHistory(row.InstanceId, row.Workflow, row.Execution, engine.Store.ReadHistory(row)));
    }

    private Task<bool> SendAsync(string instanceId, EngineMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        InstanceIds.Validate(instanceId);
        engine.Deliver(instanceId, message);
        return message.Acknowledgement!.Task.WaitAsync(cancellationToken);
    }
}
