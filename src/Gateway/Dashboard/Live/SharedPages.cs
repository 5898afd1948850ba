using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// Renders a page once for all open pages that show the same with the same rights and ask for it again after the same
/// change. What it gives them holds nothing of a person or a session, so it is compressed without giving away a secret, and
/// a page that shows it already is told so (RFC 9110 section 13.1.2).
/// </summary>
internal sealed class SharedPages(ChangeFeed feed)
{
    /// <summary>What the script says in <c>X-Requested-With</c> when an open page follows a change.</summary>
    public const string Following = "dashboard-live";

    private const int MaxPages = 256;

    /// <summary>What an answer costs that needs no rendering: authentication, and the writing of it.</summary>
    private const double AnswerMilliseconds = .2;

    /// <summary>Steps of an operation that runs, and time itself, change pages without a change that is told of.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(900);

    private readonly ConcurrentDictionary<string, Entry> pages = new(StringComparer.Ordinal);
    private double cost = AnswerMilliseconds;

    /// <summary>What following a change costs one open page lately, in milliseconds of work.</summary>
    public double Cost => Volatile.Read(ref cost);

    /// <summary>The filter of every page, after the one that admits the request.</summary>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Headers.XRequestedWith != Following || http.Features.Get<DashboardUser>() is not { } user)
        {
            return await next(context);
        }

        var version = http.Request.RouteValues[ApiGate.IntegrationRoute] is string integration ? feed.VersionOf(integration) : feed.Version;
        var mine = new Entry(version, Stopwatch.GetTimestamp());
        var entry = pages.AddOrUpdate(KeyOf(http, user.Caller), mine, (_, known) => known.Version == version && Stopwatch.GetElapsedTime(known.Began) < MaxAge ? known : mine);
        return entry == mine ? await RenderAsync(context, next, user, mine) : await FollowAsync(context, next, entry);
    }

    private static string KeyOf(HttpContext http, ApiCaller caller) =>
        $"{caller.Role} {(caller.Confinement is { } given ? string.Join(',', given) : "*")} {http.Request.Path}{http.Request.QueryString}";

    private async ValueTask<object?> FollowAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, Entry entry)
    {
        var page = await entry.Page.Task.WaitAsync(context.HttpContext.RequestAborted);
        Note(AnswerMilliseconds);
        return page ?? await next(context);
    }

    private async ValueTask<object?> RenderAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, DashboardUser user, Entry mine)
    {
        try
        {
            var result = await next(context);
            if (result is PageResult.RenderedPage { Status: StatusCodes.Status200OK } rendered)
            {
                var page = new SharedPage(await rendered.RenderAsync(context.HttpContext, user.Anybody));
                mine.Page.TrySetResult(page);
                Note(AnswerMilliseconds + Stopwatch.GetElapsedTime(mine.Began).TotalMilliseconds);
                Trim();
                return page;
            }

            return result;
        }
        finally
        {
            // Whoever waits asks for itself where this did not become a page.
            mine.Page.TrySetResult(null);
        }
    }

    /// <summary>A mean over some hundred answers, of which the newest weigh the most: one rendering and the many that share it count together. Two that write at once lose one of them, which a mean bears.</summary>
    private void Note(double milliseconds) => Volatile.Write(ref cost, Cost + ((milliseconds - Cost) / 512));

    private void Trim()
    {
        if (pages.Count > MaxPages)
        {
            foreach (var (key, entry) in pages)
            {
                if (Stopwatch.GetElapsedTime(entry.Began) >= MaxAge)
                {
                    pages.TryRemove(KeyValuePair.Create(key, entry));
                }
            }
        }
    }

    private sealed class Entry(long version, long began)
    {
        public long Version => version;

        public long Began => began;

        public TaskCompletionSource<SharedPage?> Page { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A rendered page with its tag, and compressed.</summary>
    private sealed class SharedPage(byte[] html) : IResult
    {
        private readonly string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(html))[..24]}\"";
        private readonly byte[] compressed = Compress(html);

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var (request, response) = (httpContext.Request, httpContext.Response);
            response.Headers.ETag = tag;
            response.Headers.Vary = "Accept-Encoding";
            if (request.Headers.IfNoneMatch == tag)
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            response.ContentType = "text/html; charset=utf-8";
            var bytes = html;
            if (request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
            {
                response.Headers.ContentEncoding = "gzip";
                bytes = compressed;
            }

            response.ContentLength = bytes.Length;
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }

        private static byte[] Compress(byte[] html)
        {
            using var buffer = new MemoryStream();
            using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
            {
                gzip.Write(html);
            }

            return buffer.ToArray();
        }
    }
}
