namespace IdLcm.LocalHost.Engine;

/// <summary>How the embedded engine runs.</summary>
public sealed class EmbeddedEngineOptions
{
    /// <summary>The most activities that run at once, 1 or more.</summary>
    public int MaxParallelActivities { get; set; } = 64;

    /// <summary>The most workflow turns that are under way at once, their commits included; 1 or more.</summary>
    public int MaxParallelTurns { get; set; } = 64;

    /// <summary>How many idle executions stay in memory, so that their next event needs no replay; 0 or more.</summary>
    public int MaxIdleExecutions { get; set; } = 1000;

    /// <summary>How long a stop waits for running activities after it has cancelled them.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long ended instances are kept with their histories; null for ever.</summary>
    public TimeSpan? Retention { get; set; } = TimeSpan.FromDays(30);

    internal void Validate()
    {
        if (MaxParallelActivities < 1 || MaxParallelTurns < 1 || MaxIdleExecutions < 0 || ShutdownTimeout < TimeSpan.Zero)
        {
            throw new InvalidOperationException(
                $"The engine's options are out of range: {nameof(MaxParallelActivities)} {MaxParallelActivities} and "
                + $"{nameof(MaxParallelTurns)} {MaxParallelTurns} must be at least 1, {nameof(MaxIdleExecutions)} {MaxIdleExecutions} and "
                + $"{nameof(ShutdownTimeout)} {ShutdownTimeout} at least 0.");
        }
    }
}
