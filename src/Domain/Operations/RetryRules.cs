using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Operations;

/// <summary>How often and when an operation that failed is tried again.</summary>
public sealed record RetryRules
{
    private const double MinSpread = 0.8;
    private const double Spread = 0.4;

    /// <summary>The wait after the first failed attempt.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait with what spreads it.</summary>
    public TimeSpan LongestDelay => MaxDelay * (MinSpread + Spread);

    /// <summary>The most attempts when the app as a whole is at fault.</summary>
    public int InfrastructureAttempts { get; init; } = 10;

    /// <summary>The most attempts when only this person's change fails.</summary>
    public int OtherAttempts { get; init; } = 4;

    /// <summary>The rules with what an integration says otherwise.</summary>
    /// <param name="policy">What it says; null for nothing.</param>
    /// <returns>The rules.</returns>
    public RetryRules For(Integrations.RetryPolicySettings? policy) => policy is null ? this : this with
    {
        FirstDelay = policy.FirstDelaySeconds is { } first ? TimeSpan.FromSeconds(first) : FirstDelay,
        MaxDelay = policy.MaxDelaySeconds is { } most ? TimeSpan.FromSeconds(most) : MaxDelay,
        Attempts = policy.Attempts,
    };

    /// <summary>The most attempts by failure code, where they differ.</summary>
    public IReadOnlyDictionary<FailureCode, int> Attempts { get; init; } = new Dictionary<FailureCode, int>();

    /// <summary>The most attempts that are made while they fail with a code.</summary>
    /// <param name="code">Why they fail.</param>
    /// <returns>How many; 1 for no second one.</returns>
    public int MostAttempts(FailureCode code)
    {
        var info = FailureCodes.Of(code);
        return Attempts.TryGetValue(code, out var own) ? own : !info.Retryable ? 1 : info.Infrastructure ? InfrastructureAttempts : OtherAttempts;
    }

    /// <summary>Decides about the next attempt.</summary>
    /// <param name="code">Why the attempt failed.</param>
    /// <param name="attempt">The number of the failed attempt, from 1.</param>
    /// <param name="jitter">A number from 0 to 1 that spreads the waits.</param>
    /// <returns>The wait, or null when there is no next attempt.</returns>
    public TimeSpan? DelayAfter(FailureCode code, int attempt, double jitter)
    {
        if (attempt >= MostAttempts(code))
        {
            return null;
        }

        var ticks = Math.Min(FirstDelay.Ticks * Math.Pow(2, attempt - 1), MaxDelay.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (MinSpread + (Spread * jitter))));
    }
}
