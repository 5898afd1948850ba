using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>The workflow's side of the engine: turns calls into commands and messages into settled tasks.</summary>
internal sealed class ReplayingContext(WorkflowPump pump, string instanceId, int execution) : WorkflowContext
{
    private readonly Dictionary<int, DurableTask> _pending = [];
    private readonly EventInbox _inbox = new();
    private List<HistoryEvent> _commands = [];
    private List<int> _cancelledTimers = [];
    private DateTimeOffset _now;
    private bool _replaying;
    private int _lastTaskId;
    private int _guids;

    public override string InstanceId => instanceId;

    public override DateTimeOffset UtcNow => _now;

    public override bool IsReplaying => _replaying;

    /// <summary>True while something that this context made can still wake the workflow.</summary>
    public bool AwaitsSomething => _pending.Count > 0 || _inbox.Waiting > 0;

    public IReadOnlyList<HistoryEvent> UnconsumedEvents => _inbox.Unconsumed;

    /// <summary>What <see cref="ContinueAsNew"/> was called with, as JSON.</summary>
    public string? NextInput { get; private set; }

    public bool Continues { get; private set; }

    public override Guid NewGuid()
    {
        EnsureOnPump();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{instanceId}/{execution}/{++_guids}"), hash);

        // RFC 9562 section 5.8: version 8, bits of our own making.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    public override Task<TResult> CallActivityAsync<TResult>(string name, object? input, RetryPolicy? retry = null)
    {
        EnsureOnPump();
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (retry is { MaxAttempts: < 1 } or { BackoffCoefficient: < 1 })
        {
            throw new ArgumentOutOfRangeException(nameof(retry), retry, "A retry policy has at least one attempt and a coefficient of at least 1.");
        }

        var call = new CallTask<TResult>(name);
        Schedule(call, new HistoryEvent
        {
            Type = HistoryEventType.ActivityScheduled,
            Name = name,
            Payload = WorkflowJson.Serialize(input),
            Retry = retry,
        });
        return call.Task;
    }

    public override Task CreateTimerAsync(DateTimeOffset dueAt)
    {
        EnsureOnPump();
        var timer = new TimerTask();
        Schedule(timer, new HistoryEvent { Type = HistoryEventType.TimerCreated, DueAt = dueAt });
        return timer.Task;
    }

    public override Task<EventOrTimeout<TEvent>> WaitForEventAsync<TEvent>(string name, TimeSpan? timeout = null)
    {
        EnsureOnPump();
        ArgumentException.ThrowIfNullOrEmpty(name);
        var waiter = new EventWaiter<TEvent>(name);
        if (_inbox.Take(name) is { } early)
        {
            waiter.Receive(early);
            return waiter.Task;
        }

        _inbox.Wait(waiter);
        if (timeout is { } limit && limit != Timeout.InfiniteTimeSpan)
        {
            var timeoutTask = new TimeoutTask(() =>
            {
                _inbox.Forget(waiter);
                waiter.Expire();
            });
            var id = Schedule(timeoutTask, new HistoryEvent { Type = HistoryEventType.TimerCreated, DueAt = _now + limit });
            waiter.CancelTimeout = () =>
            {
                if (_pending.Remove(id))
                {
                    _cancelledTimers.Add(id);
                }
            };
        }

        return waiter.Task;
    }

    public override Task<TResult> CallSubWorkflowAsync<TResult>(string name, string instanceId, object? input)
    {
        EnsureOnPump();
        ArgumentException.ThrowIfNullOrEmpty(name);
        InstanceIds.Validate(instanceId);
        if (instanceId == InstanceId)
        {
            throw new ArgumentException("A workflow cannot wait for itself: the sub-workflow needs an instance id of its own.", nameof(instanceId));
        }

        var call = new CallTask<TResult>(name);
        Schedule(call, new HistoryEvent
        {
            Type = HistoryEventType.SubWorkflowScheduled,
            Name = name,
            ChildInstanceId = instanceId,
            Payload = WorkflowJson.Serialize(input),
        });
        return call.Task;
    }

    public override void SetCustomStatus(object status)
    {
        EnsureOnPump();
        _commands.Add(new HistoryEvent { Type = HistoryEventType.CustomStatusSet, Payload = WorkflowJson.Serialize(status), At = _now });
    }

    public override void ContinueAsNew(object? input)
    {
        EnsureOnPump();
        NextInput = WorkflowJson.Serialize(input);
        Continues = true;
    }

    /// <summary>Sets the clock for the message that is about to be handled.</summary>
    public void BeginMessage(DateTimeOffset at, bool replay)
    {
        _now = at;
        _replaying = replay;
    }

    /// <summary>True when the message answers something that is still open.</summary>
    public bool Expects(HistoryEvent message) => message.TaskId is not { } id || _pending.ContainsKey(id);

    public void Handle(HistoryEvent message)
    {
        if (message.Type == HistoryEventType.EventReceived)
        {
            _inbox.Receive(message);
        }
        else if (message.TaskId is { } id && _pending.Remove(id, out var task))
        {
            task.Settle(message);
        }
    }

    public (List<HistoryEvent> Commands, List<int> CancelledTimers) TakeCommands()
    {
        var taken = (_commands, _cancelledTimers);
        _commands = [];
        _cancelledTimers = [];
        return taken;
    }

    private int Schedule(DurableTask task, HistoryEvent command)
    {
        var id = ++_lastTaskId;
        _pending.Add(id, task);
        _commands.Add(command with { TaskId = id, At = _now });
        return id;
    }

    private void EnsureOnPump()
    {
        if (!pump.IsRunningHere)
        {
            throw new InvalidOperationException(
                "The workflow context was used outside the workflow's own thread: workflow code must await only the tasks "
                + "that its context makes, without ConfigureAwait(false).");
        }
    }
}
