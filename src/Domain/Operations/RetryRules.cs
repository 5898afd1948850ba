using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Operations;

/// <summary>How often and when an operation that failed is tried again.</summary>
public sealed record RetryRules
{
    /// <summary>The wait after the first failed attempt.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The most attempts when the app as a whole is at fault.</summary>
    public int InfrastructureAttempts { get; init; } = 10;

    /// <summary>The most attempts when only this person's change fails.</summary>
    public int OtherAttempts { get; init; } = 4;

    /// <summary>Decides about the next attempt.</summary>
    /// <param name="code">Why the attempt failed.</param>
    /// <param name="attempt">The number of the failed attempt, from 1.</param>
    /// <param name="jitter">A number from 0 to 1 that spreads the waits.</param>
    /// <returns>The wait, or null when there is no next attempt.</returns>
    public TimeSpan? DelayAfter(FailureCode code, int attempt, double jitter)
    {
        var info = FailureCodes.Of(code);
        if (!info.Retryable || attempt >= (info.Infrastructure ? InfrastructureAttempts : OtherAttempts))
        {
            return null;
        }

        var ticks = Math.Min(FirstDelay.Ticks * Math.Pow(2, attempt - 1), MaxDelay.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (0.8 + (0.4 * jitter))));
    }
}
