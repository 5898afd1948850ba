using IdLcm.Domain.Workflows;

namespace IdLcm.LocalHost.Engine.History;

/// <summary>All that one turn changes; committed whole or not at all.</summary>
internal sealed record TurnCommit(InstanceRow Row, DateTimeOffset At)
{
    /// <summary>New history, in order.</summary>
    public List<HistoryEvent> Events { get; } = [];

    /// <summary>Activities whose results arrived, of this execution or an earlier one.</summary>
    public List<TaskKey> SettledActivities { get; } = [];

    /// <summary>Timers that fired or no longer matter.</summary>
    public HashSet<int> SettledTimers { get; } = [];

    /// <summary>Sub-workflows whose results arrived.</summary>
    public List<int> SettledChildren { get; } = [];

    /// <summary>The last status that the workflow set in this turn, as JSON.</summary>
    public string? CustomStatus { get; set; }

    /// <summary>Set when the execution ended: its last event.</summary>
    public HistoryEvent? End { get; set; }

    /// <summary>What a continue-as-new takes along.</summary>
    public List<HistoryEvent> Carried { get; } = [];

    public bool IsEmpty => Events.Count == 0 && SettledActivities.Count == 0;

    public WorkflowRuntimeStatus Status => End?.Type switch
    {
        HistoryEventType.ExecutionCompleted => WorkflowRuntimeStatus.Completed,
        HistoryEventType.ExecutionFailed => WorkflowRuntimeStatus.Failed,
        HistoryEventType.ExecutionTerminated => WorkflowRuntimeStatus.Terminated,
        _ => WorkflowRuntimeStatus.Running,
    };

    public void Record(HistoryEvent @event)
    {
        Events.Add(@event);
        switch (@event.Type)
        {
            case HistoryEventType.ActivityCompleted or HistoryEventType.ActivityFailed:
                SettledActivities.Add(new TaskKey(Row.Key, Row.Execution, @event.TaskId!.Value));
                break;
            case HistoryEventType.TimerFired:
                SettledTimers.Add(@event.TaskId!.Value);
                break;
            case HistoryEventType.SubWorkflowCompleted or HistoryEventType.SubWorkflowFailed:
                SettledChildren.Add(@event.TaskId!.Value);
                break;
            case HistoryEventType.CustomStatusSet:
                CustomStatus = @event.Payload ?? "null";
                break;
        }

        if (@event.EndsExecution)
        {
            End = @event;
        }
    }

    /// <summary>The instance as it is once this is committed.</summary>
    public InstanceRow Next() => End?.Type == HistoryEventType.ContinuedAsNew
        ? Row with { Status = Status, Execution = Row.Execution + 1, NextSequence = 0, UpdatedAt = At, Input = End.Payload, Carried = [.. Carried] }
        : Row with { Status = Status, NextSequence = Row.NextSequence + Events.Count, UpdatedAt = At, Carried = [] };
}

/// <summary>What a committed turn leads to; nothing of it begins before the commit is durable.</summary>
internal sealed record TurnEffects(
    IReadOnlyList<ActivityWork> Activities,
    IReadOnlyList<TimerWork> Timers,
    IReadOnlyList<string> StartedChildren,
    IReadOnlyList<ChildAnswer> Answers,
    IReadOnlyList<string> OrphanedChildren);
