using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Execution;

/// <summary>Events raised and not yet waited for, and waits not yet answered; first come, first served for each name.</summary>
internal sealed class EventInbox
{
    private readonly List<HistoryEvent> _unconsumed = [];
    private readonly List<EventWaiter> _waiters = [];

    public int Waiting => _waiters.Count;

    public IReadOnlyList<HistoryEvent> Unconsumed => _unconsumed;

    public HistoryEvent? Take(string name)
    {
        var index = _unconsumed.FindIndex(e => e.Name == name);
        if (index < 0)
        {
            return null;
        }

        var taken = _unconsumed[index];
        _unconsumed.RemoveAt(index);
        return taken;
    }

    public void Wait(EventWaiter waiter) => _waiters.Add(waiter);

    public void Forget(EventWaiter waiter) => _waiters.Remove(waiter);

    public void Receive(HistoryEvent message)
    {
        var index = _waiters.FindIndex(w => w.Name == message.Name);
        if (index < 0)
        {
            _unconsumed.Add(message);
            return;
        }

        var waiter = _waiters[index];
        _waiters.RemoveAt(index);
        waiter.Receive(message);
    }
}

/// <summary>One wait for an event.</summary>
internal abstract class EventWaiter(string name)
{
    public string Name => name;

    public abstract void Receive(HistoryEvent message);
}

/// <inheritdoc/>
internal sealed class EventWaiter<TEvent>(string name) : EventWaiter(name)
{
    private readonly TaskCompletionSource<EventOrTimeout<TEvent>> _source = new();

    public Task<EventOrTimeout<TEvent>> Task => _source.Task;

    /// <summary>The timer that ends the wait, where there is one.</summary>
    public Action? CancelTimeout { get; set; }

    public override void Receive(HistoryEvent message)
    {
        CancelTimeout?.Invoke();
        EventOrTimeout<TEvent> result;
        try
        {
            result = new EventOrTimeout<TEvent>(Received: true, WorkflowJson.Deserialize<TEvent>(message.Payload));
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or NotSupportedException)
        {
            _source.SetException(exception);
            return;
        }

        _source.SetResult(result);
    }

    public void Expire() => _source.SetResult(EventOrTimeout<TEvent>.TimedOut);
}
