using System.Net;
using System.Net.Sockets;

namespace IdLcm.Gateway.Api;

/// <summary>
/// Counts failed authentications by address, in memory of a fixed size. Only failures are counted and only failures are
/// answered differently, so a caller with a good key never waits, whatever others do from the same address.
/// </summary>
internal sealed class FailureLimiter(TimeProvider clock)
{
    /// <summary>How many failures of one address are answered in full within the window.</summary>
    public const int MaxFailures = 20;

    /// <summary>How many addresses are told apart; two that fall together share their failures.</summary>
    public const int Slots = 4096;

    /// <summary>The window.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // Seeded per process by HashCode, so that nobody can choose an address that shares the slot of another one.
    private readonly Slot[] slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];

    /// <summary>Counts a failure.</summary>
    /// <param name="address">The address it came from.</param>
    /// <returns>How long the address should wait; null while it is within bounds.</returns>
    public TimeSpan? Count(IPAddress? address)
    {
        var slot = slots[(uint)HashOf(address) % Slots];
        var now = clock.GetUtcNow();
        lock (slot)
        {
            if (now - slot.Since >= Window)
            {
                slot.Since = now;
                slot.Failures = 0;
            }

            slot.Failures++;
            return slot.Failures > MaxFailures ? slot.Since + Window - now : null;
        }
    }

    /// <summary>An IPv6 customer has a /64 to choose addresses from, so that is what counts.</summary>
    private static int HashOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        var hash = new HashCode();
        hash.AddBytes(address.AddressFamily == AddressFamily.InterNetworkV6 && bytes.Length == 16 ? bytes.AsSpan(0, 8) : bytes);
        return hash.ToHashCode();
    }

    private sealed class Slot
    {
        public DateTimeOffset Since { get; set; }

        public int Failures { get; set; }
    }
}
