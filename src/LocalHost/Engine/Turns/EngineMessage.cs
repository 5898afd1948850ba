using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Turns;

/// <summary>Something that an instance is to be told. In memory only: what must survive is in the database already, or is not yet acknowledged.</summary>
internal sealed record EngineMessage
{
    private EngineMessage()
    {
    }

    public required EngineMessageKind Kind { get; init; }

    public HistoryEvent? Event { get; init; }

    public TaskKey? Task { get; init; }

    /// <summary>Told whether the message reached a running instance, once that is durable.</summary>
    public TaskCompletionSource<bool>? Acknowledgement { get; init; }

    public static EngineMessage Begin { get; } = new() { Kind = EngineMessageKind.Begin };

    public static EngineMessage Violation { get; } = new() { Kind = EngineMessageKind.Violation };

    public static EngineMessage Answer(TaskKey task, HistoryEvent @event) => new() { Kind = EngineMessageKind.Answer, Task = task, Event = @event };

    public static EngineMessage Raise(string name, string payload) => new()
    {
        Kind = EngineMessageKind.Raise,
        Event = new HistoryEvent { Type = HistoryEventType.EventReceived, Name = name, Payload = payload },
        Acknowledgement = NewAcknowledgement(),
    };

    public static EngineMessage Terminate(string reason) => new()
    {
        Kind = EngineMessageKind.Terminate,
        Event = new HistoryEvent { Type = HistoryEventType.ExecutionTerminated, Error = new WorkflowError("Terminated", reason) },
        Acknowledgement = NewAcknowledgement(),
    };

    private static TaskCompletionSource<bool> NewAcknowledgement() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

internal enum EngineMessageKind
{
    /// <summary>Run the first turn.</summary>
    Begin,

    /// <summary>A durable task was answered.</summary>
    Answer,

    /// <summary>An event was raised.</summary>
    Raise,

    /// <summary>End it.</summary>
    Terminate,

    /// <summary>Its code was found awaiting foreign tasks.</summary>
    Violation,
}
