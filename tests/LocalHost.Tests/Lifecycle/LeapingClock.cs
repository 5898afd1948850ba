namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>A clock that runs with the system's and leaps forward when a test says so; timers that fall due on the way fire then.</summary>
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

    /// <summary>Leaps.</summary>
    public void Leap(TimeSpan by)
    {
        List<LeapingTimer> all;
        lock (sync)
        {
            ahead += by;
            all = [.. timers];
        }

        foreach (var timer in all)
        {
            timer.Hurry();
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

        public void Hurry()
        {
            lock (sync)
            {
                if (dueAt is { } due)
                {
                    var wait = due - owner.GetUtcNow();
                    inner.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, period);
                }
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
