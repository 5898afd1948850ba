namespace IdLcm.Domain.Operations;

/// <summary>Whether what waits until a time of day has waited long enough.</summary>
internal static class Waiting
{
    /// <summary>What the clocks of several machines may differ by.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    /// <summary>The time has come; or it lies further ahead than anybody waits: the clock was set back since, and is not waited for.</summary>
    /// <param name="until">When the wait ends.</param>
    /// <param name="longest">The longest wait that is ever asked for.</param>
    /// <param name="now">The time.</param>
    /// <returns>True when nothing is left to wait for.</returns>
    public static bool IsOver(DateTimeOffset until, TimeSpan longest, DateTimeOffset now) => until <= now || until - now > longest + Slack;
}
