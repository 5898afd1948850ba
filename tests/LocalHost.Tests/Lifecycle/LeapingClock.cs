namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>
/// A clock that runs with the system's and leaps when a test says so. Time that passes fires the timers that fall due on
/// the way; a clock that somebody sets leaves them alone, as it does the system's, which count time and do not look at it.
/// </summary>
public sealed class LeapingClock : TimeProvider
{
    private readonly Lock sync = new();
    private readonly List<LeapingTimer> timers = [];
    private TimeSpan ahead;

    public override DateTimeOffset GetUtcNow()
    {
        lock (sync)
        {
            return System.GetUtcNow() + ahead;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new LeapingTimer(this, callback, state);
        lock (sync)
        {
            timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time passes; by less than nothing, the clock is set back.</summary>
    public void Leap(TimeSpan by)
    {
        foreach (var timer in Move(by))
        {
            timer.Passed(by);
        }
    }

    /// <summary>Sets the clock, forth or back, as an administrator or a time server does.</summary>
    public void Set(TimeSpan by)
    {
        foreach (var timer in Move(by))
        {
            timer.ClockWasSet(by);
        }
    }

    private List<LeapingTimer> Move(TimeSpan by)
    {
        lock (sync)
        {
            ahead += by;
            return [.. timers];
        }
    }

    private sealed class LeapingTimer : ITimer
    {
        private readonly LeapingClock owner;
        private readonly Lock sync = new();
        private readonly ITimer inner;
        private DateTimeOffset? dueAt;
        private TimeSpan period;

        public LeapingTimer(LeapingClock owner, TimerCallback callback, object? state)
        {
            this.owner = owner;
            inner = System.CreateTimer(
                _ =>
                {
                    lock (sync)
                    {
                        dueAt = period > TimeSpan.Zero ? owner.GetUtcNow() + period : null;
                    }

                    callback(state);
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan every)
        {
            lock (sync)
            {
                dueAt = dueTime < TimeSpan.Zero ? null : owner.GetUtcNow() + dueTime;
                period = every;
                return inner.Change(dueTime, every);
            }
        }

        public void Passed(TimeSpan by)
        {
            if (by < TimeSpan.Zero)
            {
                ClockWasSet(by);
                return;
            }

            lock (sync)
            {
                if (dueAt is { } due)
                {
                    var wait = due - owner.GetUtcNow();
                    inner.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, period);
                }
            }
        }

        public void ClockWasSet(TimeSpan by)
        {
            lock (sync)
            {
                dueAt += by;
            }
        }

        public void Dispose()
        {
            lock (owner.sync)
            {
                owner.timers.Remove(this);
            }

            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
