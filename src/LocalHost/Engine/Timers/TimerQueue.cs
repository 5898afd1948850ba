namespace IdLcm.LocalHost.Engine.Timers;

/// <summary>Everything the engine waits for by the clock: one heap, one timer.</summary>
internal sealed class TimerQueue : IDisposable
{
    // Timers of the runtime take at most 49 days; waking up early does no harm.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly PriorityQueue<Entry, long> _heap = new();
    private readonly Dictionary<object, Entry> _entries = [];
    private readonly ITimer _timer;
    private bool _disposed;

    public TimerQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static self => ((TimerQueue)self!).FireDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls back once at a moment, or at once when it has passed; replaces what the key had before.</summary>
    /// <param name="key">Names the entry.</param>
    /// <param name="dueAt">The moment.</param>
    /// <param name="fire">Called on a timer's thread; short, must not throw.</param>
    public void Schedule(object key, DateTimeOffset dueAt, Action fire)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var entry = new Entry(key, dueAt, fire);
            _entries[key] = entry;
            _heap.Enqueue(entry, dueAt.UtcTicks);
            if (ReferenceEquals(_heap.Peek(), entry))
            {
                Arm();
            }
        }
    }

    public void Cancel(object key)
    {
        lock (_gate)
        {
            // The heap keeps the entry until it is due, unless such entries pile up.
            if (_entries.Remove(key) && _heap.Count > 1000 && _heap.Count > _entries.Count * 2)
            {
                _heap.Clear();
                _heap.EnqueueRange(_entries.Values.Select(static e => (e, e.DueAt.UtcTicks)));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _heap.Clear();
            _entries.Clear();
        }

        _timer.Dispose();
    }

    private void FireDue()
    {
        var due = new List<Action>();
        lock (_gate)
        {
            var now = _time.GetUtcNow().UtcTicks;
            while (_heap.TryPeek(out var entry, out var ticks) && ticks <= now)
            {
                _heap.Dequeue();
                if (_entries.TryGetValue(entry.Key, out var current) && ReferenceEquals(current, entry))
                {
                    _entries.Remove(entry.Key);
                    due.Add(entry.Fire);
                }
            }

            Arm();
        }

        foreach (var fire in due)
        {
            fire();
        }
    }

    private void Arm()
    {
        if (_disposed || !_heap.TryPeek(out var next, out _))
        {
            return;
        }

        var wait = next.DueAt - _time.GetUtcNow();

        // Up to the next whole millisecond, so that a timer never wakes before it is due and spins.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer.Change(wait < LongestSleep ? wait : LongestSleep, Timeout.InfiniteTimeSpan);
    }

    private sealed record Entry(object Key, DateTimeOffset DueAt, Action Fire);
}
