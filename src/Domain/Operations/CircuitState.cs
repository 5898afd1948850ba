using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;

namespace IdLcm.Domain.Operations;

/// <summary>
/// How the app as a whole does. After so many failures in a row that say nothing about a person (see
/// <see cref="FailureCodeInfo.Infrastructure"/>) the circuit is open: the queue is held, and now and then one operation
/// is tried. The first one that gets through closes it.
/// </summary>
/// <param name="Failures">How many such failures there were in a row.</param>
/// <param name="Code">The last of them.</param>
/// <param name="OpenedAt">Since when the queue is held; null while it is not.</param>
/// <param name="ProbeAt">When the next operation is tried.</param>
/// <param name="Probes">How many were tried in vain.</param>
public sealed record CircuitState(int Failures, FailureCode Code, DateTimeOffset? OpenedAt = null, DateTimeOffset? ProbeAt = null, int Probes = 0)
{
    /// <summary>The state after another attempt.</summary>
    /// <param name="before">The state before it.</param>
    /// <param name="settings">The rules.</param>
    /// <param name="failure">Why the attempt failed; null when it did not.</param>
    /// <param name="now">The time.</param>
    /// <returns>The state; null for closed with nothing counted.</returns>
    public static CircuitState? After(CircuitState? before, CircuitSettings settings, FailureCode? failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (failure is not { } code || !FailureCodes.Of(code).Infrastructure)
        {
            return null;
        }

        var state = new CircuitState((before?.Failures ?? 0) + 1, code, before?.OpenedAt, before?.ProbeAt, before?.Probes ?? 0);
        if (state.OpenedAt is null)
        {
            return state.Failures < settings.Failures ? state : state with { OpenedAt = now, ProbeAt = now.AddSeconds(settings.ProbeSeconds) };
        }

        var wait = Math.Min(settings.ProbeSeconds * Math.Pow(2, state.Probes + 1), settings.MaxProbeSeconds);
        return state with { Probes = state.Probes + 1, ProbeAt = now.AddSeconds(wait) };
    }
}
