using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Tests.Azurite;

/// <summary>Stands between the adapters and Azurite: counts what passes and makes faults.</summary>
public sealed class StorageProxy : IAsyncDisposable
{
    private static readonly string[] NotForwarded = ["Host", "Connection", "Transfer-Encoding", "Content-Length", "Expect"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None });
    private readonly ConcurrentQueue<StorageRequest> _requests = new();
    private readonly WebApplication _app;
    private readonly int _upstream;

    private StorageProxy(WebApplication app, int upstream) => (_app, _upstream) = (app, upstream);

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>What happens to a request; null for nothing special.</summary>
    public Func<StorageRequest, Task<ProxyFault?>>? Decide { get; set; }

    /// <summary>What came since the start or the last <see cref="Reset"/>, refused or not: each is a transaction that is paid for.</summary>
    public IReadOnlyList<StorageRequest> Requests => [.. _requests];

    /// <summary>Starts one on a free port.</summary>
    /// <param name="upstreamPort">Where Azurite's service listens.</param>
    /// <returns>The proxy.</returns>
    public static async Task<StorageProxy> StartAsync(int upstreamPort)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        var proxy = new StorageProxy(app, upstreamPort);
        app.Run(proxy.HandleAsync);
        await app.StartAsync();
        proxy.Port = new Uri(app.Urls.Single()).Port;
        return proxy;
    }

    /// <summary>Counts from nothing again.</summary>
    public void Reset() => _requests.Clear();

    /// <summary>How many requests of a kind came.</summary>
    public int Count(StorageRequestKind kind) => _requests.Count(request => request.Kind == kind);

    /// <summary>Sends a request that was held back, as a network would that delivers late.</summary>
    public async Task<HttpStatusCode> DeliverAsync(StorageRequest request)
    {
        using var answer = await SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext http)
    {
        var feature = http.Features.GetRequiredFeature<IHttpRequestFeature>();
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var request = new StorageRequest(
            http.Request.Method,
            feature.RawTarget,
            [.. http.Request.Headers.Select(static header => (header.Key, header.Value.ToString()))],
            body.ToArray(),
            Stopwatch.GetTimestamp());
        _requests.Enqueue(request);
        var fault = Decide is null ? null : await Decide(request);
        switch (fault)
        {
            case ProxyFault.Hold:
                http.Abort();
                return;
            case ProxyFault.Refuse refuse:
                http.Response.StatusCode = refuse.Status;
                http.Response.Headers.RetryAfter = refuse.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
                return;
        }

        try
        {
            using var answer = await SendAsync(request);
            var content = await answer.Content.ReadAsByteArrayAsync();
            if (fault is ProxyFault.LoseAnswer)
            {
                http.Abort();
                return;
            }

            http.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if (!NotForwarded.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    http.Response.Headers[name] = values.ToArray();
                }
            }

            if (HttpMethods.IsHead(request.Method))
            {
                // How long what was not sent would be.
                http.Response.ContentLength = answer.Content.Headers.ContentLength;
                return;
            }

            await http.Response.Body.WriteAsync(content);
        }
        catch (HttpRequestException)
        {
            http.Abort();
        }
    }

    private Task<HttpResponseMessage> SendAsync(StorageRequest request)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var message = new HttpRequestMessage(
            new HttpMethod(request.Method), new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_upstream}{request.Target}"), options));
        if (request.Body.Length > 0 || request.Method is "POST" or "PUT")
        {
            message.Content = new ByteArrayContent(request.Body);
        }

        foreach (var (name, value) in request.Headers)
        {
            if (!NotForwarded.Contains(name, StringComparer.OrdinalIgnoreCase) && !message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return _client.SendAsync(message);
    }
}

/// <summary>What a request asks of the table or blob service.</summary>
public enum StorageRequestKind
{
    /// <summary>An entity-group transaction.</summary>
    Transaction,

    /// <summary>A read of one entity by its keys.</summary>
    PointRead,

    /// <summary>A page of a range of entities.</summary>
    RangeRead,

    /// <summary>Anything else: a table is made, a blob is written.</summary>
    Other,
}

/// <summary>A request that reached the proxy.</summary>
public sealed record StorageRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, long At)
{
    public StorageRequestKind Kind => (Method, Uri.UnescapeDataString(Target)) switch
    {
        ("POST", var target) when target.EndsWith("/$batch", StringComparison.Ordinal) => StorageRequestKind.Transaction,
        ("GET", var target) when target.Contains("(PartitionKey=", StringComparison.Ordinal) => StorageRequestKind.PointRead,
        ("GET", var target) when target.Contains("()", StringComparison.Ordinal) => StorageRequestKind.RangeRead,
        _ => StorageRequestKind.Other,
    };
}

/// <summary>What goes wrong with a request.</summary>
public abstract record ProxyFault
{
    /// <summary>The request does not arrive (yet); the connection breaks.</summary>
    public sealed record Hold : ProxyFault;

    /// <summary>The request is carried out; the connection breaks before the answer.</summary>
    public sealed record LoseAnswer : ProxyFault;

    /// <summary>The service refuses and says when to come again.</summary>
    public sealed record Refuse(int Status, int RetryAfterSeconds) : ProxyFault;
}
