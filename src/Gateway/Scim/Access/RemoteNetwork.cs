using System.Net;
using System.Net.Sockets;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>What counts as one party among those who are refused.</summary>
internal static class RemoteNetwork
{
    /// <summary>An IPv4 address itself; of an IPv6 address its /64: whoever has one has 2^64 of them.</summary>
    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
