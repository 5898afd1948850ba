namespace IdLcm.Automation.Running;

/// <summary>The end of a run's time, or its cancellation, whichever is first.</summary>
internal sealed class RunLimit : IDisposable
{
    private readonly CancellationTokenSource time;
    private readonly CancellationTokenSource either;

    public RunLimit(TimeProvider clock, TimeSpan duration, CancellationToken caller)
    {
        Duration = duration;
        time = new(duration, clock);
        either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, caller);
    }

    public TimeSpan Duration { get; }

    public CancellationToken Token => either.Token;

    /// <summary>Begins the time anew.</summary>
    public void Renew()
    {
        if (!either.IsCancellationRequested)
        {
            time.CancelAfter(Duration);
        }
    }

    public void Dispose()
    {
        either.Dispose();
        time.Dispose();
    }
}
