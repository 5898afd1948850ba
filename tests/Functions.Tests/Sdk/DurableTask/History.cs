using System.Text.Json;

namespace Microsoft.DurableTask.Testing;

/// <summary>What comes to an orchestration: one row of its history.</summary>
internal sealed record HubMessage(MessageKind Kind, DateTimeOffset At, int TaskId = 0, string? Name = null, string? Payload = null, TaskFailureDetails? Failure = null);

internal enum MessageKind
{
    Started,
    TaskCompleted,
    TaskFailed,
    TimerFired,
    EventRaised,
    Terminated,
}

/// <summary>What an orchestration did in answer. Two runs of the same history must give equal ones.</summary>
internal sealed record HubCommand(CommandKind Kind, int TaskId = 0, string? Name = null, string? InstanceId = null, string? Payload = null, DateTime? DueAt = null);

internal enum CommandKind
{
    Activity,
    Timer,
    CancelTimer,
    SubOrchestration,
    SendEvent,
    CustomStatus,
    Completed,
    Failed,
    ContinuedAsNew,
}

/// <summary>The orchestration did something else than its history shows.</summary>
internal sealed class NonDeterministicOrchestrationException(string message) : Exception(message);

/// <summary>How values cross the task hub: as JSON, by the serializer that a worker has without being told otherwise.</summary>
internal sealed class HubConverter : DataConverter
{
    public static HubConverter Instance { get; } = new();

    public override string? Serialize(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType());

    public override object? Deserialize(string? data, Type targetType) => data is null ? null : JsonSerializer.Deserialize(data, targetType);

    public T? Read<T>(string? data) => (T?)(Deserialize(data, typeof(T)) ?? default(T));
}
