using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace IdLcm.Automation.Browser;

/// <summary>
/// The only way out of one browser context: a forward proxy that connects to allowed hosts and answers 403 for all
/// others. Unlike request interception it sees every request (redirects, preloads, WebSockets, workers, downloads),
/// leaves the browser's cache on, and costs no round trip to the driver. It listens on loopback; for a browser on
/// another machine on all addresses, and then asks for a password that only this context knows.
/// </summary>
internal sealed class FilterProxy : IAsyncDisposable
{
    private const int MaxHeadBytes = 64 * 1024;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly HostPolicy policy;
    private readonly long maxBytes;
    private readonly string? authorization;
    private readonly Task accepting;
    private long blockedCount;
    private long received;
    private volatile string? lastBlocked;

    /// <summary>Starts to listen.</summary>
    /// <param name="policy">The allowed hosts.</param>
    /// <param name="maxBytes">The most that the app may send between two calls of <see cref="Mark"/>, on the wire.</param>
    /// <param name="reachedAt">The name or address under which a browser on another machine reaches this one; null for a browser on this machine.</param>
    public FilterProxy(HostPolicy policy, long maxBytes, string? reachedAt = null)
    {
        this.policy = policy;
        this.maxBytes = maxBytes;
        listener = new(reachedAt is null ? IPAddress.Loopback : IPAddress.Any, 0);
        listener.Start(backlog: 256);
        Address = $"http://{reachedAt ?? "127.0.0.1"}:{((IPEndPoint)listener.LocalEndpoint).Port}";
        if (reachedAt is not null)
        {
            Password = RandomNumberGenerator.GetHexString(32, lowercase: true);
            authorization = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{UserName}:{Password}"));
        }

        accepting = AcceptAsync();
    }

    public static string UserName => "idlcm";

    public string Address { get; }

    /// <summary>What the browser has to give as its proxy password (RFC 7617); null on loopback, where nobody else is.</summary>
    public string? Password { get; }

    /// <summary>True when the app sent more than a step may take, and was cut off.</summary>
    public bool Flooded => Interlocked.Read(ref received) > maxBytes;

    /// <summary>How many requests were blocked so far; a step compares it with the count before it.</summary>
    public long BlockedCount => Interlocked.Read(ref blockedCount);

    /// <summary>The host that was blocked last.</summary>
    public string? LastBlocked => lastBlocked;

    /// <summary>Begins to count anew what the app sends.</summary>
    public void Mark() => Interlocked.Exchange(ref received, 0);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptSocketAsync(stop.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopped, or a client that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        await using var client = new NetworkStream(socket, ownsSocket: true);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxHeadBytes);
        try
        {
            var (headLength, read) = await ReadHeadAsync(client, buffer);
            if (headLength > 0 && RequestHead.Parse(Encoding.Latin1.GetString(buffer, 0, headLength)) is { } head)
            {
                await ForwardAsync(client, head, buffer.AsMemory(headLength, read - headLength));
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side hung up; the browser sees a closed connection and says so itself.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<(int HeadLength, int Read)> ReadHeadAsync(NetworkStream client, byte[] buffer)
    {
        var read = 0;
        while (read < MaxHeadBytes)
        {
            var got = await client.ReadAsync(buffer.AsMemory(read, MaxHeadBytes - read), stop.Token);
            if (got == 0)
            {
                break;
            }

            var from = Math.Max(0, read - 3);
            read += got;
            var end = buffer.AsSpan(from, read - from).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return (from + end + 4, read);
            }
        }

        return (0, read);
    }

    private async Task ForwardAsync(NetworkStream client, RequestHead head, ReadOnlyMemory<byte> rest)
    {
        if (authorization is not null && head.ProxyAuthorization != authorization)
        {
            await AnswerAsync(client, "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"idlcm\"", "This proxy serves one browser context.");
            return;
        }

        if (!(head.Tunnel ? policy.AllowsTunnel(head.Host, head.Port) : policy.AllowsPlain(head.Host, head.Port)))
        {
            lastBlocked = head.Port is 80 or 443 ? head.Host : $"{head.Host}:{head.Port}";
            Interlocked.Increment(ref blockedCount);
            await AnswerAsync(client, "403 Forbidden", "Blocked: the connector does not allow this host.");
            return;
        }

        using var server = await ConnectAsync(head);
        if (server is null)
        {
            await AnswerAsync(client, "502 Bad Gateway", "The host does not answer.");
            return;
        }

        await using var upstream = new NetworkStream(server, ownsSocket: false);
        if (head.Tunnel)
        {
            await client.WriteAsync("HTTP/1.1 200 Connection Established\r\n\r\n"u8.ToArray(), stop.Token);
            await upstream.WriteAsync(rest, stop.Token);
            await Task.WhenAny(CopyAsync(client, upstream, server), ReceiveAsync(upstream, client));
            return;
        }

        await upstream.WriteAsync(Encoding.Latin1.GetBytes(head.Rewritten), stop.Token);
        var sending = SendBodyAsync(client, upstream, rest, head.ContentLength);
        _ = HangUpWithAsync(client, server, sending);
        if (!await AnsweredAsync(upstream, client))
        {
            await AnswerAsync(client, "502 Bad Gateway", "The host closed the connection without an answer.");
        }

        client.Socket.Shutdown(SocketShutdown.Send);
        await sending;
    }

    /// <summary>
    /// Lets the app go as soon as the browser does, which cancelled a download or left the page: an app that is silent would
    /// be waited for, and never hear that nobody wants its answer any more.
    /// </summary>
    private async Task HangUpWithAsync(NetworkStream client, Socket server, Task sending)
    {
        try
        {
            await sending;
            var ignored = new byte[1];
            while (await client.ReadAsync(ignored, stop.Token) > 0)
            {
            }

            server.Close();
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            server.Close();
        }
    }

    /// <summary>
    /// Passes the answer on. Without one the browser must be told so in words: a connection that closes silently makes
    /// Chromium send the request again on another one, a form post too, although the app may have acted on the first.
    /// </summary>
    private async Task<bool> AnsweredAsync(NetworkStream upstream, NetworkStream client)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            var any = false;
            while (await ReadAnswerAsync(upstream, buffer) is var got and > 0)
            {
                any = true;
                if (Interlocked.Add(ref received, got) > maxBytes)
                {
                    break;
                }

                await client.WriteAsync(buffer.AsMemory(0, got), stop.Token);
            }

            return any;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<int> ReadAnswerAsync(NetworkStream upstream, byte[] buffer)
    {
        try
        {
            return await upstream.ReadAsync(buffer, stop.Token);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private async Task<Socket?> ConnectAsync(RequestHead head)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        limit.CancelAfter(ConnectLimit);
        try
        {
            await socket.ConnectAsync(head.Host.Trim('[', ']'), head.Port, limit.Token);
            return socket;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Sends exactly this request's body: a further request on the same connection must be checked, so it is not passed on.</summary>
    private async Task SendBodyAsync(NetworkStream client, NetworkStream upstream, ReadOnlyMemory<byte> rest, long length)
    {
        var first = rest[..(int)Math.Min(rest.Length, length)];
        await upstream.WriteAsync(first, stop.Token);
        var left = length - first.Length;
        var buffer = new byte[16 * 1024];
        while (left > 0)
        {
            var got = await client.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), stop.Token);
            if (got == 0)
            {
                return;
            }

            await upstream.WriteAsync(buffer.AsMemory(0, got), stop.Token);
            left -= got;
        }
    }

    /// <summary>Passes on what comes out of a tunnel, up to the limit.</summary>
    private async Task ReceiveAsync(NetworkStream upstream, NetworkStream client)
    {
        await AnsweredAsync(upstream, client);
        client.Socket.Shutdown(SocketShutdown.Send);
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Socket toSocket)
    {
        await from.CopyToAsync(to, stop.Token);
        toSocket.Shutdown(SocketShutdown.Send);
    }

    private async Task AnswerAsync(NetworkStream client, string status, string text) => await client.WriteAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}"), stop.Token);
}

/// <summary>The head of a request to a proxy (RFC 9112 section 3.2.2 and 3.2.3).</summary>
internal sealed record RequestHead(bool Tunnel, string Host, int Port, string Rewritten, long ContentLength)
{
    /// <summary>The proxy password as the browser gave it; never passed on.</summary>
    public string? ProxyAuthorization { get; private init; }

    public static RequestHead? Parse(string head)
    {
        var lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, var target, var version])
        {
            return null;
        }

        var authorization = lines.FirstOrDefault(l => l.StartsWith("Proxy-Authorization:", StringComparison.OrdinalIgnoreCase))?["Proxy-Authorization:".Length..].Trim();
        if (method == "CONNECT")
        {
            var colon = target.LastIndexOf(':');
            return colon > 0 && ushort.TryParse(target.AsSpan(colon + 1), out var port)
                ? new(Tunnel: true, target[..colon], port, "", 0) { ProxyAuthorization = authorization }
                : null;
        }

        if (!Uri.TryCreate(target, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "ws"))
        {
            return null;
        }

        long length = 0;
        var path = target[(target.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var slash = path.IndexOfAny(['/', '?']);
        path = slash < 0 ? "/" : path[slash] == '?' ? "/" + path[slash..] : path[slash..];
        var text = new StringBuilder($"{method} {path} {version}\r\n");
        foreach (var line in lines.Skip(1).TakeWhile(l => l.Length > 0))
        {
            var name = line[..Math.Max(0, line.IndexOf(':'))];
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                _ = long.TryParse(line.AsSpan(name.Length + 1), out length);
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            if (name.ToLowerInvariant() is not ("connection" or "proxy-connection" or "proxy-authorization" or "keep-alive"))
            {
                text.Append(line).Append("\r\n");
            }
        }

        text.Append("Connection: close\r\n\r\n");
        return new(Tunnel: false, address.Host, address.Port, text.ToString(), length) { ProxyAuthorization = authorization };
    }
}
