using Microsoft.DurableTask.Client;

namespace Microsoft.DurableTask.Testing;

/// <summary>One instance in the test hub. Changed only while <see cref="Turn"/> is held.</summary>
internal sealed class HubInstance(string id, string name, string? input, DateTimeOffset createdAt, (string Instance, int Execution, int Task)? parent)
{
    private string? output;
    private TaskFailureDetails? failure;

    public object Turn { get; } = new();

    public string Id => id;

    public string Name => name;

    public string? Input { get; private set; } = input;

    public (string Instance, int Execution, int Task)? Parent => parent;

    public HubInbox Inbox { get; } = new();

    public List<(HubMessage Message, IReadOnlyList<HubCommand> Commands)> History { get; } = [];

    public Dictionary<int, ITimer> Timers { get; } = [];

    public int Execution { get; private set; }

    public OrchestrationRuntimeStatus Status { get; set; } = OrchestrationRuntimeStatus.Pending;

    public bool Ended => Status is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset LastUpdatedAt { get; set; } = createdAt;

    public string? CustomStatus { get; set; }

    public void ContinueWith(string? next)
    {
        StopTimers();
        History.Clear();
        Execution++;
        Input = next;
    }

    public void End(OrchestrationRuntimeStatus status, string? result, TaskFailureDetails? details)
    {
        StopTimers();
        (output, failure) = (result, details);
        Status = status;
    }

    public OrchestrationMetadata Metadata(bool withData) => new(name, id)
    {
        DataConverter = withData ? HubConverter.Instance : null,
        RuntimeStatus = Status,
        CreatedAt = CreatedAt,
        LastUpdatedAt = LastUpdatedAt,
        SerializedInput = withData ? Input : null,
        SerializedOutput = withData ? output : null,
        SerializedCustomStatus = withData ? CustomStatus : null,
        FailureDetails = failure,
    };

    private void StopTimers()
    {
        foreach (var timer in Timers.Values)
        {
            timer.Dispose();
        }

        Timers.Clear();
    }
}

/// <summary>Messages in the order of their coming.</summary>
internal sealed class HubInbox
{
    private readonly LinkedList<(int Execution, HubMessage Message)> messages = new();

    public void Enqueue((int Execution, HubMessage Message) message)
    {
        lock (messages)
        {
            messages.AddLast(message);
        }
    }

    public void PutFirst((int Execution, HubMessage Message) message)
    {
        lock (messages)
        {
            messages.AddFirst(message);
        }
    }

    public bool TryDequeue(out (int Execution, HubMessage Message) message)
    {
        lock (messages)
        {
            if (messages.First is not { } first)
            {
                message = default;
                return false;
            }

            message = first.Value;
            messages.RemoveFirst();
            return true;
        }
    }
}
