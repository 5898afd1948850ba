using System.Net;
using System.Net.Sockets;

namespace IdLcm.Dev.Processes;

/// <summary>Loopback ports.</summary>
internal static class Ports
{
    /// <summary>Tells whether nobody listens on a port.</summary>
    /// <param name="port">The port.</param>
    /// <returns>True when it is free.</returns>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Finds a free port.</summary>
    /// <returns>The port.</returns>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
