using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>
/// Keeps what an identity provider and the gateway say to each other, for support: only while an administrator has asked
/// for it, redacted, and never more than the last <see cref="Kept"/>.
/// </summary>
internal sealed partial class ScimCaptures(IRecordStore store, TimeProvider clock, ILogger<ScimCaptures> logger) : IPersonTraces
{
    /// <summary>How many are kept of an integration; a newer one takes the place of the oldest.</summary>
    public const int Kept = 200;

    private static readonly string[] HeadersThatMatter = ["Accept", "Content-Type", "If-Match", "If-None-Match", "Prefer", "User-Agent"];

    private readonly ConcurrentDictionary<string, Counter> counters = new(StringComparer.Ordinal);

    /// <summary>Answers a request and keeps both.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="caller">What its credential is for.</param>
    /// <param name="answer">Answers it; errors too are written by it.</param>
    public async Task RecordAsync(ScimExchange exchange, string caller, Func<Task> answer)
    {
        var http = exchange.Http;
        var time = clock.GetUtcNow();
        var watch = Stopwatch.StartNew();
        var connection = (http.Request.Body, http.Response.Body);
        var sent = await ReadAsync(http.Request.Body, exchange.Aborted);
        using var request = new MemoryStream(sent, writable: false);
        using var response = new MemoryStream();
        http.Request.Body = request;
        http.Response.Body = response;
        try
        {
            await answer();
        }
        finally
        {
            (http.Request.Body, http.Response.Body) = connection;
        }

        var elapsed = watch.ElapsedMilliseconds;
        var answered = response.ToArray();

        await KeepAsync(exchange, redaction => new Capture(
            0,
            time,
            caller,
            http.Request.Method,
            redaction.Target($"{TargetOf(http.Request)}{http.Request.QueryString}"),
            HeadersThatMatter.Where(name => http.Request.Headers.ContainsKey(name))
                .ToDictionary(name => name, name => Shorten(http.Request.Headers[name].ToString()), StringComparer.Ordinal),
            redaction.Body(sent),
            http.Response.StatusCode,
            redaction.Body(answered),
            elapsed));

        // Whoever has the answer finds it captured.
        if (answered.Length > 0)
        {
            await http.Response.Body.WriteAsync(answered, exchange.Aborted);
        }
    }

    /// <summary>Reads what is kept.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The captures, the newest first.</returns>
    public async Task<IReadOnlyList<Capture>> ListAsync(string integrationId, CancellationToken cancellationToken)
    {
        var captures = new List<Capture>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(PartitionOf(integrationId), RowRange.All, Kept, continuation, cancellationToken);
            captures.AddRange(page.Records.Select(record => JsonSerializer.Deserialize(record.Value.Span, CaptureJsonContext.Default.Capture)!));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return [.. captures.OrderByDescending(capture => capture.Number)];
    }

    /// <summary>Forgets what is kept.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is gone.</returns>
    public async Task ClearAsync(string integrationId, CancellationToken cancellationToken)
    {
        foreach (var slots in Enumerable.Range(0, Kept).Chunk(RecordLimits.MaxChangesPerCommit))
        {
            await store.CommitAsync(PartitionOf(integrationId), [.. slots.Select(slot => RecordChange.DeleteIfExists(Row(slot)))], cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task EraseAsync(string integrationId, Predicate<string> names, CancellationToken cancellationToken = default)
    {
        await foreach (var record in store.ScanAsync(PartitionOf(integrationId), RowRange.All, cancellationToken))
        {
            var capture = JsonSerializer.Deserialize(record.Value.Span, CaptureJsonContext.Default.Capture)!;
            if (names(Uri.UnescapeDataString(capture.Target)) || (capture.Request is { } asked && names(asked)) || (capture.Response is { } answered && names(answered)))
            {
                await store.CommitAsync(PartitionOf(integrationId), [RecordChange.DeleteIfExists(record.Row)], cancellationToken);
            }
        }
    }

    private async Task KeepAsync(ScimExchange exchange, Func<CaptureRedaction, Capture> describe)
    {
        try
        {
            var id = exchange.Profile.Integration.Id;
            var counter = counters.GetOrAdd(id, static _ => new Counter());
            var capture = describe(new CaptureRedaction(exchange.Profile)) with { Number = await counter.NextAsync(() => LastAsync(id)) };
            await store.CommitAsync(
                PartitionOf(id),
                [RecordChange.Upsert(Row(capture.Number), JsonSerializer.SerializeToUtf8Bytes(capture, CaptureJsonContext.Default.Capture))],
                CancellationToken.None);
        }
#pragma warning disable CA1031 // The request has its answer; that it could not be looked at later is no reason to break it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotKept(error, exchange.Profile.Integration.Id);
        }
    }

    private async Task<long> LastAsync(string integrationId) =>
        await ListAsync(integrationId, CancellationToken.None) is [var newest, ..] ? newest.Number : 0;

    /// <summary>Reads a body up to one byte beyond the limit, so that the handler refuses a longer one as ever.</summary>
    private static async Task<byte[]> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var limit = ScimLimits.Default.BodyBytes + 1;
        using var whole = new MemoryStream();
        var part = new byte[16 * 1024];
        while (whole.Length < limit && await body.ReadAsync(part.AsMemory(0, (int)Math.Min(part.Length, limit - whole.Length)), cancellationToken) is > 0 and var read)
        {
            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }

    private static string PartitionOf(string integrationId) => "cap-" + integrationId;

    private static string Row(long number) => $"c:{number % Kept:D3}";

    private static string TargetOf(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        var parts = path.Split('/', 5);
        return parts.Length == 5 ? "/" + parts[4] : path;
    }

    private static string Shorten(string text) => text.Length <= CaptureRedaction.MaxText ? text : text[..CaptureRedaction.MaxText];

    [LoggerMessage(2112, LogLevel.Warning, "A request of the integration {IntegrationId} could not be captured")]
    private partial void LogNotKept(Exception error, string integrationId);

    private sealed class Counter
    {
        private SemaphoreSlim Turn { get; } = new(1, 1);

        private long last = -1;

        public async Task<long> NextAsync(Func<Task<long>> find)
        {
            await Turn.WaitAsync();
            try
            {
                if (last < 0)
                {
                    last = await find();
                }

                return ++last;
            }
            finally
            {
                Turn.Release();
            }
        }
    }
}
