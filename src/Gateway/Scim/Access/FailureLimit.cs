using System.Collections.Concurrent;
using System.Net;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>
/// Counts refused credentials by address, a minute at a time. It is asked only after a credential has turned out bad, so a
/// good one from the same address (a proxy, a provider's pool) is never slowed.
/// </summary>
internal sealed class FailureLimit(TimeProvider clock)
{
    /// <summary>How many bad credentials an address may present in a minute before it is told to wait.</summary>
    public const int Allowed = 30;

    /// <summary>The most addresses that are remembered.</summary>
    public const int MaxAddresses = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<IPAddress, Count> counts = new();

    private long nextSweep;

    /// <summary>How many addresses are remembered.</summary>
    public int Remembered => counts.Count;

    /// <summary>Counts a bad credential.</summary>
    /// <param name="remote">Where it came from.</param>
    /// <returns>How long to wait, or null while the address is within what is allowed.</returns>
    public TimeSpan? Failed(IPAddress remote)
    {
        var now = clock.GetUtcNow();
        var key = RemoteNetwork.Of(remote);
        if (!counts.ContainsKey(key) && !HasRoom(now))
        {
            // Everything is taken by failures of this very minute: a newcomer goes uncounted rather than memory unbounded.
            return null;
        }

        var count = counts.AddOrUpdate(
            key,
            static (_, at) => new Count(at, 1),
            static (_, before, at) => at - before.Since >= Window ? new Count(at, 1) : before with { Failures = before.Failures + 1 },
            now);
        return count.Failures > Allowed ? count.Since + Window - now : null;
    }

    private bool HasRoom(DateTimeOffset now)
    {
        if (counts.Count < MaxAddresses)
        {
            return true;
        }

        // One sweep a second: a flood of addresses must not make each failure cost a walk through all of them.
        var due = Interlocked.Read(ref nextSweep);
        if (now.UtcTicks < due || Interlocked.CompareExchange(ref nextSweep, now.UtcTicks + TimeSpan.TicksPerSecond, due) != due)
        {
            return false;
        }

        foreach (var (address, count) in counts)
        {
            if (now - count.Since >= Window)
            {
                counts.TryRemove(address, out _);
            }
        }

        return counts.Count < MaxAddresses;
    }

    private sealed record Count(DateTimeOffset Since, int Failures);
}
