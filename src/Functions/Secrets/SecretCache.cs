using System.Collections.Concurrent;
using IdLcm.Domain.Secrets;

namespace IdLcm.Functions.Secrets;

/// <summary>
/// The secrets read lately. It spares the vault, which allows some thousand reads in ten seconds, and carries running
/// operations over an outage of it. What is not there is never remembered.
/// </summary>
/// <param name="clock">Tells the age.</param>
/// <param name="freshFor">How long a value is handed out without asking.</param>
/// <param name="outageFor">How long a value is handed out when asking fails.</param>
internal sealed class SecretCache(TimeProvider clock, TimeSpan freshFor, TimeSpan outageFor)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _forgotten = new(StringComparer.Ordinal);

    /// <summary>A value that needs no asking.</summary>
    /// <param name="name">The secret, folded.</param>
    /// <returns>The value, or null.</returns>
    public SecretValue? Fresh(string name) => Younger(name, freshFor);

    /// <summary>A value to go on with while the vault does not answer.</summary>
    /// <param name="name">The secret, folded.</param>
    /// <returns>The value, or null.</returns>
    public SecretValue? ForOutage(string name) => Younger(name, outageFor);

    /// <summary>Begins a read.</summary>
    /// <param name="name">The secret, folded.</param>
    /// <returns>What <see cref="Keep"/> wants to have.</returns>
    public long Begin(string name) => _forgotten.GetValueOrDefault(name);

    /// <summary>Ends a read.</summary>
    /// <param name="name">The secret, folded.</param>
    /// <param name="value">What was read.</param>
    /// <param name="ticket">What <see cref="Begin"/> gave; a value read before the secret was changed is not kept.</param>
    public void Keep(string name, SecretValue? value, long ticket)
    {
        if (value is null || _forgotten.GetValueOrDefault(name) != ticket)
        {
            _entries.TryRemove(name, out _);
        }
        else
        {
            _entries[name] = new Entry(value, clock.GetTimestamp());
        }
    }

    /// <summary>Forgets a secret that was changed.</summary>
    /// <param name="name">The secret, folded.</param>
    public void Forget(string name)
    {
        _forgotten.AddOrUpdate(name, 1, static (_, count) => count + 1);
        _entries.TryRemove(name, out _);
    }

    private SecretValue? Younger(string name, TimeSpan age) =>
        _entries.TryGetValue(name, out var entry) && clock.GetElapsedTime(entry.ReadAt) < age ? entry.Value : null;

    private sealed record Entry(SecretValue Value, long ReadAt);
}
