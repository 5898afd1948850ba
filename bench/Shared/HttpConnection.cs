using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IdLcm.Bench;

/// <summary>
/// One kept-alive HTTP/1.1 connection with blocking calls: about the least that a client can cost, so that on a machine
/// shared with the server the figures are the server's. Reads answers with a length only.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket socket;
    private byte[] buffer = new byte[64 * 1024];
    private int length;

    public HttpConnection(int port)
    {
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>The body of the last answer.</summary>
    public ReadOnlySpan<byte> Body => buffer.AsSpan(0, length)[^BodyLength..];

    private int BodyLength { get; set; }

    /// <summary>Writes a request as it goes over the wire.</summary>
    public static byte[] Request(string method, string path, string? token = null, string? body = null)
    {
        var bytes = body is null ? 0 : Encoding.UTF8.GetByteCount(body);
        return Encoding.UTF8.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}"
            + $"{(body is null ? "" : $"Content-Type: application/scim+json\r\nContent-Length: {bytes}\r\n")}\r\n{body}");
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <returns>The status.</returns>
    public int Exchange(ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
        {
            request = request[socket.Send(request)..];
        }

        length = 0;
        int end;
        while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Receive();
        }

        var head = buffer.AsSpan(0, end + 2);
        _ = Utf8Parser.TryParse(head[9..], out int status, out _);
        var named = head.IndexOf("Content-Length: "u8);
        BodyLength = 0;
        if (named >= 0)
        {
            _ = Utf8Parser.TryParse(head[(named + 16)..], out int bodyLength, out _);
            BodyLength = bodyLength;
        }
        else if (status is not (204 or 304))
        {
            throw new InvalidDataException($"An answer without a length: {Encoding.UTF8.GetString(head)}");
        }

        while (length < end + 4 + BodyLength)
        {
            Receive();
        }

        return status;
    }

    public void Dispose() => socket.Dispose();

    private void Receive()
    {
        if (length == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 4);
        }

        var received = socket.Receive(buffer.AsSpan(length));
        length += received > 0 ? received : throw new EndOfStreamException("The server closed the connection.");
    }
}
