using System.Collections.Concurrent;
using System.Net;
using System.Text;
using IdLcm.Automation.Browser;

namespace IdLcm.Automation.Http;

/// <summary>
/// One service account's way to its app's API. Hosts are checked for every request and redirect; cookies are not kept; nothing
/// waits or grows without bound.
/// </summary>
internal sealed class HttpChannel(HostPolicy policy, long maxBytes, TimeProvider time, Func<Uri, CancellationToken, Task<string?>>? before = null) : IDisposable
{
    private const int MaxRedirects = 5;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>No app closes a connection for being unused so short a time.</summary>
    private static readonly TimeSpan StaysOpen = TimeSpan.FromSeconds(1);

    private readonly Lazy<HttpMessageInvoker> pooled = new(() => Create(reuse: true));
    private readonly Lazy<HttpMessageInvoker> once = new(() => Create(reuse: false));
    private readonly ConcurrentDictionary<string, long> answered = new(StringComparer.Ordinal);

    /// <summary>Sends a request and follows redirects within the allowed hosts.</summary>
    /// <param name="make">Makes the request for an address; credentials belong to the first address's origin alone.</param>
    /// <param name="address">The first address.</param>
    /// <param name="commit">True for a request that must not be sent twice: it gets a connection of its own where none has answered just now, since one that was kept open for longer may be closed by the app at any time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="HostBlockedException">An address is not of an allowed host.</exception>
    /// <exception cref="ReplyTooLargeException">The answer is too large, or redirects go on without end.</exception>
    /// <exception cref="HttpRequestException">The app does not answer.</exception>
    public async Task<HttpReply> SendAsync(Func<Uri, string?, HttpRequestMessage> make, Uri address, bool commit, CancellationToken cancellationToken)
    {
        string? method = null;
        for (var hop = 0; ; hop++)
        {
            if (address.Scheme is not ("http" or "https") || !policy.Allows(address))
            {
                throw new HostBlockedException(address.Authority);
            }

            using var request = make(address, method);
            using var response = before is not null && await before(address, cancellationToken) is { } instead
                ? new HttpResponseMessage { Content = new StringContent(instead, Encoding.UTF8, "text/html") }
                : await (commit && !HasJustAnswered(address) ? once : pooled).Value.SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                var body = await BodyAsync(response, cancellationToken);
                answered[address.Authority] = time.GetTimestamp();
                return new(request.Method.Method, address, (int)response.StatusCode, response.Headers, body);
            }

            if (hop == MaxRedirects)
            {
                throw new ReplyTooLargeException($"{request.Method} {address.AbsolutePath} was redirected more than {MaxRedirects} times.");
            }

            address = new Uri(address, location);
            // As browsers do: a form's answer is fetched; 307 and 308 ask for the same request elsewhere.
            method = (int)response.StatusCode is 307 or 308 ? method : "GET";
        }
    }

    public void Dispose()
    {
        foreach (var invoker in new[] { pooled, once }.Where(i => i.IsValueCreated))
        {
            invoker.Value.Dispose();
        }
    }

    private bool HasJustAnswered(Uri address) => answered.TryGetValue(address.Authority, out var at) && time.GetElapsedTime(at) < StaysOpen;

    private static HttpMessageInvoker Create(bool reuse) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = ConnectLimit,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = reuse ? TimeSpan.FromMinutes(2) : TimeSpan.Zero,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
    });

    /// <summary>Counts what comes out of decompression: a small answer can unfold into a large one.</summary>
    private async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is var got and > 0)
        {
            if (kept.Length + got > maxBytes)
            {
                throw new ReplyTooLargeException($"The answer is larger than {maxBytes} bytes.");
            }

            kept.Write(buffer, 0, got);
        }

        return Charset(response).GetString(kept.GetBuffer(), 0, (int)kept.Length).TrimStart('\uFEFF');
    }

    private static Encoding Charset(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.CharSet?.Trim('"') is { } name && name.Equals("iso-8859-1", StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1 : Encoding.UTF8;
}

/// <summary>A request or redirect to a host that the connector does not allow.</summary>
internal sealed class HostBlockedException(string host) : Exception(host)
{
    public string Host { get; } = host;
}

/// <summary>An answer that exceeds a bound.</summary>
internal sealed class ReplyTooLargeException(string message) : Exception(message);
