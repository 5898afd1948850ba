using System.Runtime.InteropServices;
using IdLcm.Domain.Workflows;

namespace IdLcm.LocalHost.Engine.History;

/// <summary>What a turn needs to know of an instance.</summary>
/// <param name="Key">The row's number: unlike the id, never used again after a purge.</param>
/// <param name="InstanceId">The instance id.</param>
/// <param name="Workflow">The workflow's name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Execution">The number of the execution.</param>
/// <param name="NextSequence">How many events the execution has recorded; 0 before its first turn.</param>
/// <param name="UpdatedAt">When the history last grew.</param>
/// <param name="Input">The execution's input as JSON.</param>
/// <param name="Carried">Events that the execution before did not consume.</param>
/// <param name="TraceParent">The W3C trace context of who started it.</param>
internal sealed record InstanceRow(
    long Key,
    string InstanceId,
    string Workflow,
    WorkflowRuntimeStatus Status,
    int Execution,
    long NextSequence,
    DateTimeOffset UpdatedAt,
    string? Input,
    IReadOnlyList<HistoryEvent> Carried,
    string? TraceParent)
{
    public bool IsEnded => Status is not (WorkflowRuntimeStatus.Pending or WorkflowRuntimeStatus.Running);
}

/// <summary>Names one durable task of one execution.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TaskKey(long Instance, int Execution, int Task);

/// <summary>An activity that is to be run, or run again.</summary>
internal sealed record ActivityWork(
    TaskKey Key,
    string InstanceId,
    string Name,
    string? Input,
    RetryPolicy? Retry,
    int Attempt,
    DateTimeOffset DueAt,
    string? TraceParent);

/// <summary>A timer that is to fire.</summary>
internal sealed record TimerWork(TaskKey Key, string InstanceId, DateTimeOffset DueAt);

/// <summary>An answer for an instance that waits for another one.</summary>
internal sealed record ChildAnswer(TaskKey Key, string InstanceId, HistoryEvent Message);
