namespace IdLcm.Samples.Testing;

/// <summary>The fault switches of one running app; safe to set from any thread.</summary>
public sealed class Faults
{
    private readonly Lock gate = new();
    private readonly Action expireSessions;
    private FaultSettings current;

    internal Faults(FaultSettings initial, Action expireSessions) =>
        (current, this.expireSessions) = (initial, expireSessions);

    /// <summary>The switches now; those that strike a number of times count down here.</summary>
    public FaultSettings Current
    {
        get
        {
            lock (gate)
                return current;
        }

        set
        {
            lock (gate)
                current = value;
        }
    }

    /// <summary>Changes some switches and leaves the others.</summary>
    public void Change(Func<FaultSettings, FaultSettings> change)
    {
        lock (gate)
            current = change(current);
    }

    /// <summary>All switches off.</summary>
    public void Clear() => Current = new FaultSettings();

    /// <summary>Ends every session now.</summary>
    public void ExpireSessions() => expireSessions();

    internal bool TakeDown() => Take(f => f.Down, (f, t) => f with { Down = t });

    internal bool TakeRateLimited() => Take(f => f.RateLimited, (f, t) => f with { RateLimited = t });

    internal bool TakeErrorPage() => Take(f => f.ErrorPage, (f, t) => f with { ErrorPage = t });

    internal bool TakeCrashAfterCommit() => Take(f => f.CrashAfterCommit, (f, t) => f with { CrashAfterCommit = t });

    private bool Take(Func<FaultSettings, Times> read, Func<FaultSettings, Times, FaultSettings> write)
    {
        lock (gate)
        {
            var times = read(current);
            current = write(current, times.Once);
            return times.IsOn;
        }
    }
}
