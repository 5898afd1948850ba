using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.Execution;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine;

/// <summary>Proves that a workflow's code still does what a recorded history shows.</summary>
public static class WorkflowReplayer
{
    /// <summary>Replays a history and compares every command with it, payloads, due times and errors included.</summary>
    /// <param name="history">The history.</param>
    /// <param name="workflow">The code.</param>
    /// <returns>A task that ends when they agree.</returns>
    /// <exception cref="NonDeterministicWorkflowException">They do not.</exception>
    public static Task ReplayAsync(RecordedHistory history, IWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(workflow);

        // Off the caller's context: a test runner's synchronization context has no place in workflow code.
        return Task.Run(() => new WorkflowExecution(workflow, history.InstanceId, history.Execution).Replay(history.Events, strict: true));
    }
}
