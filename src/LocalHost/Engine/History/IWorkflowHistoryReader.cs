namespace IdLcm.LocalHost.Engine.History;

/// <summary>Reads what the engine has recorded.</summary>
public interface IWorkflowHistoryReader
{
    /// <summary>Reads the history of an instance's current execution.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The history, or null where there is no such instance.</returns>
    /// <remarks>Continue-as-new drops the history of the execution that it ends: only the latest one is kept.</remarks>
    Task<RecordedHistory?> ReadAsync(string instanceId, CancellationToken cancellationToken = default);
}

/// <summary>What an instance's current execution recorded.</summary>
/// <param name="InstanceId">The instance id.</param>
/// <param name="Workflow">The workflow's name.</param>
/// <param name="Execution">The number of the execution: 1, and one more after each continue-as-new.</param>
/// <param name="Events">The events in order; empty when no turn of it has run yet.</param>
public sealed record RecordedHistory(string InstanceId, string Workflow, int Execution, IReadOnlyList<HistoryEvent> Events);
