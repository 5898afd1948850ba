using System.Security.Cryptography;
using System.Text;
using IdLcm.LocalHost.Engine.Execution;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.DurableTask.Testing;

/// <summary>
/// An orchestration context over a history, with the SDK's ways: an event goes to the newest wait for its name, be it
/// cancelled or not; retries are timers of the orchestration; a failed task is a <see cref="TaskFailedException"/>.
/// </summary>
internal sealed class ReplayContext(string name, string instanceId, int execution, string? input) : TaskOrchestrationContext
{
    private WorkflowPump? pump;
    private readonly Dictionary<int, Action<HubMessage>> open = [];
    private readonly Dictionary<string, Stack<EventWait>> waits = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<string?>> buffered = new(StringComparer.OrdinalIgnoreCase);
    private List<HubCommand> commands = [];
    private DateTimeOffset now;
    private bool replaying;
    private int lastTaskId;
    private int guids;

    /// <summary>The one thread of the orchestration.</summary>
    public WorkflowPump Pump => pump ??= new WorkflowPump(() => ForeignWork = true);

    /// <summary>True once code of the orchestration came back from a task that is not the context's.</summary>
    public bool ForeignWork { get; private set; }

    public override TaskName Name => name;

    public override string InstanceId => instanceId;

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => now.UtcDateTime;

    public override bool IsReplaying => replaying;

    public bool Continues { get; private set; }

    public string? NextInput { get; private set; }

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T? GetInput<T>()
        where T : default => HubConverter.Instance.Read<T>(input);

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        var policy = options?.Retry?.Policy;
        for (var attempt = 1; ; attempt++)
        {
            var answer = await ScheduleAsync(new HubCommand(CommandKind.Activity, Name: name.Name, Payload: HubConverter.Instance.Serialize(input)));
            if (answer.Failure is not { } failure)
            {
                return HubConverter.Instance.Read<TResult>(answer.Payload)!;
            }

            if (policy is null || attempt >= policy.MaxNumberOfAttempts || failure.ErrorType == TestTaskHub.FunctionNotFound)
            {
                throw new TaskFailedException(name.Name, answer.TaskId, failure);
            }

            var wait = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, attempt - 1);
            await CreateTimer(TimeSpan.FromMilliseconds(Math.Min(wait, policy.MaxRetryInterval.TotalMilliseconds)), CancellationToken.None);
        }
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        if (fireAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The test hub takes moments in UTC only, so that none depends on the machine.", nameof(fireAt));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var fired = new TaskCompletionSource();
        var id = Schedule(new HubCommand(CommandKind.Timer, DueAt: fireAt), _ => fired.TrySetResult());
        await using var registration = cancellationToken.Register(() =>
        {
            if (fired.TrySetCanceled(cancellationToken))
            {
                open.Remove(id);
                commands.Add(new HubCommand(CommandKind.CancelTimer, id));
            }
        });
        await fired.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        EnsureHere();
        var source = new TaskCompletionSource<T>();
        var wait = new EventWait(payload => source.TrySetResult(HubConverter.Instance.Read<T>(payload)!), typeof(T));
        var stack = waits.TryGetValue(eventName, out var known) ? known : waits[eventName] = new Stack<EventWait>();
        if (stack.TryPeek(out var other) && other.Type != wait.Type)
        {
            throw new ArgumentException($"Events with the same name must have the same type argument: {other.Type} and {wait.Type}.", nameof(eventName));
        }

        stack.Push(wait);
        if (buffered.TryGetValue(eventName, out var early) && early.TryDequeue(out var payload))
        {
            stack.Pop().Give(payload);
        }

        cancellationToken.Register(() => source.TrySetCanceled(cancellationToken));
        return source.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        EnsureHere();
        commands.Add(new HubCommand(CommandKind.SendEvent, Name: eventName, InstanceId: instanceId, Payload: HubConverter.Instance.Serialize(payload)));
    }

    public override void SetCustomStatus(object? customStatus)
    {
        EnsureHere();
        commands.Add(new HubCommand(CommandKind.CustomStatus, Payload: HubConverter.Instance.Serialize(customStatus)));
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        var id = (options as SubOrchestrationOptions)?.InstanceId ?? NewGuid().ToString("N");
        var answer = await ScheduleAsync(
            new HubCommand(CommandKind.SubOrchestration, Name: orchestratorName.Name, InstanceId: id, Payload: HubConverter.Instance.Serialize(input)));
        return answer.Failure is { } failure
            ? throw new TaskFailedException(orchestratorName.Name, answer.TaskId, failure)
            : HubConverter.Instance.Read<TResult>(answer.Payload)!;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        EnsureHere();
        Continues = true;
        NextInput = HubConverter.Instance.Serialize(newInput);
        if (preserveUnprocessedEvents)
        {
            foreach (var (eventName, payloads) in buffered)
            {
                while (payloads.TryDequeue(out var payload))
                {
                    commands.Add(new HubCommand(CommandKind.SendEvent, Name: eventName, InstanceId: InstanceId, Payload: payload));
                }
            }
        }
    }

    public override Guid NewGuid()
    {
        EnsureHere();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{instanceId}/{execution}/{++guids}"));
        return new Guid(hash.AsSpan(0, 16));
    }

    public void Begin(HubMessage message, bool replay) => (now, replaying) = (message.At, replay);

    public void Handle(HubMessage message)
    {
        if (message.Kind == MessageKind.EventRaised)
        {
            if (waits.TryGetValue(message.Name!, out var stack) && stack.TryPop(out var wait))
            {
                // A cancelled wait takes the event with it, as in the SDK.
                wait.Give(message.Payload);
                return;
            }

            if (!buffered.TryGetValue(message.Name!, out var queue))
            {
                buffered[message.Name!] = queue = new Queue<string?>();
            }

            queue.Enqueue(message.Payload);
        }
        else if (open.Remove(message.TaskId, out var settle))
        {
            settle(message);
        }
    }

    public List<HubCommand> TakeCommands()
    {
        var taken = commands;
        commands = [];
        return taken;
    }

    private Task<HubMessage> ScheduleAsync(HubCommand command)
    {
        var source = new TaskCompletionSource<HubMessage>();
        Schedule(command, message => source.SetResult(message));
        return source.Task;
    }

    private int Schedule(HubCommand command, Action<HubMessage> settle)
    {
        EnsureHere();
        var id = ++lastTaskId;
        open.Add(id, settle);
        commands.Add(command with { TaskId = id });
        return id;
    }

    private void EnsureHere()
    {
        if (!Pump.IsRunningHere)
        {
            throw new InvalidOperationException("An invalid asynchronous invocation was detected: orchestrator code awaits only what its context makes.");
        }
    }

    private sealed record EventWait(Action<string?> Give, Type Type);
}
