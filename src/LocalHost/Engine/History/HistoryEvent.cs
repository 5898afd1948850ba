using System.Text.Json.Serialization;
using IdLcm.Domain.Workflows;

namespace IdLcm.LocalHost.Engine.History;

/// <summary>One entry of an instance's append-only history.</summary>
/// <remarks>
/// A history is a list of <em>messages</em> (what reached the workflow), each followed at once by the
/// <em>commands</em> that the workflow's code gave in answer to it. Replay feeds the messages and compares the commands.
/// </remarks>
public sealed record HistoryEvent
{
    /// <summary>Its place in the history of this execution, from 0.</summary>
    [JsonIgnore]
    public long Sequence { get; init; }

    /// <summary>What happened.</summary>
    public required HistoryEventType Type { get; init; }

    /// <summary>When; for a message this is what <see cref="WorkflowContext.UtcNow"/> shows while it is handled.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The number of the durable task (activity, timer, sub-workflow) within the execution, from 1.</summary>
    public int? TaskId { get; init; }

    /// <summary>The name of the activity, sub-workflow, event or workflow.</summary>
    public string? Name { get; init; }

    /// <summary>Input, result, event payload or status as JSON; null means JSON <c>null</c>.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public string? Payload { get; init; }

    /// <summary>The sub-workflow's instance id.</summary>
    public string? ChildInstanceId { get; init; }

    /// <summary>When a timer is due.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>How an activity that throws is run again.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>Why something failed or was terminated.</summary>
    public WorkflowError? Error { get; init; }

    internal bool IsCommand => Type is HistoryEventType.ActivityScheduled or HistoryEventType.TimerCreated
        or HistoryEventType.SubWorkflowScheduled or HistoryEventType.CustomStatusSet or HistoryEventType.ContinuedAsNew
        or HistoryEventType.ExecutionCompleted or HistoryEventType.ExecutionFailed;

    internal bool EndsExecution => Type is HistoryEventType.ContinuedAsNew or HistoryEventType.ExecutionCompleted
        or HistoryEventType.ExecutionFailed or HistoryEventType.ExecutionTerminated;

    internal string Describe() => Type switch
    {
        HistoryEventType.SubWorkflowScheduled => $"{Type} '{Name}' with id '{ChildInstanceId}' (task {TaskId})",
        HistoryEventType.TimerCreated => $"{Type} due {DueAt:O} (task {TaskId})",
        HistoryEventType.ExecutionFailed => $"{Type} ({Error?.Type}: {Error?.Message})",
        _ when TaskId is not null => $"{Type} '{Name}' (task {TaskId})",
        _ => Type.ToString(),
    };
}

/// <summary>Why something failed.</summary>
/// <param name="Type">The full name of the exception's type, or a word of the engine's own such as <c>Terminated</c>.</param>
/// <param name="Message">The message.</param>
public sealed record WorkflowError(string Type, string Message)
{
    internal static WorkflowError Of(Exception exception) =>
        new(exception.GetType().FullName ?? exception.GetType().Name, exception.Message);
}

/// <summary>The kinds of <see cref="HistoryEvent"/>. Stored by name.</summary>
public enum HistoryEventType
{
    /// <summary>Message: the execution began with this input.</summary>
    ExecutionStarted,

    /// <summary>Command: run an activity.</summary>
    ActivityScheduled,

    /// <summary>Message: an activity returned.</summary>
    ActivityCompleted,

    /// <summary>Message: an activity threw and has no attempts left.</summary>
    ActivityFailed,

    /// <summary>Command: wake me at a moment.</summary>
    TimerCreated,

    /// <summary>Message: that moment came.</summary>
    TimerFired,

    /// <summary>Message: an event was raised from outside.</summary>
    EventReceived,

    /// <summary>Command: run another workflow.</summary>
    SubWorkflowScheduled,

    /// <summary>Message: it ended with an output.</summary>
    SubWorkflowCompleted,

    /// <summary>Message: it failed or was terminated.</summary>
    SubWorkflowFailed,

    /// <summary>Command: show this status.</summary>
    CustomStatusSet,

    /// <summary>Command: begin afresh with this input.</summary>
    ContinuedAsNew,

    /// <summary>Command: the workflow returned.</summary>
    ExecutionCompleted,

    /// <summary>Command: the workflow threw, or broke the rules of replay.</summary>
    ExecutionFailed,

    /// <summary>Message: ended from outside.</summary>
    ExecutionTerminated,
}
