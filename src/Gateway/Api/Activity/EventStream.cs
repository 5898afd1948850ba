using System.Text;
using System.Text.Json;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Gateway.Api;

/// <summary>
/// The live stream of an integration (server-sent events, WHATWG HTML section 9.2): <c>event: operation</c> and
/// <c>event: activity</c>. It begins with what happens from then on, or after the Last-Event-ID.
/// </summary>
internal static class EventStream
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/integrations/{integrationId}/events", StreamAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("streamEvents", "Activity", "Stream operations and activity live", "Server-sent events: 'operation' with an operation, 'activity' with an entry of the audit trail. Last-Event-ID resumes the activity.")
            .AnswersStream();

    private static async Task<IResult> StreamAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, ChangeFeed feed, ActivityLog log, ApiKeys keys, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using var subscription = feed.Watch(integrationId);
        var activity = await ActivityCursor.BeginAsync(log, integrationId, http.Request.Headers["Last-Event-ID"], clock, ended.Token);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await http.Response.WriteAsync(": connected\n\n", ended.Token);
            await http.Response.Body.FlushAsync(ended.Token);
            await PumpAsync(http, subscription, activity, keys, clock, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client went, or the process stops: either way the stream ends here.
        }

        return Results.Empty;
    }

    private static async Task PumpAsync(
        HttpContext http, ChangeFeed.Subscription subscription, ActivityCursor activity, ApiKeys keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(http);
        var lastBeat = clock.GetUtcNow();
        while (true)
        {
            var text = new StringBuilder();
            while (subscription.Changes.TryRead(out var change))
            {
                if (change.Operation is { } operation)
                {
                    Append(text, "operation", null, new OperationResource(operation));
                }
            }

            foreach (var item in await activity.NextAsync(cancellationToken))
            {
                Append(text, "activity", item.Id, ActivityResource.Of(item));
            }

            if (clock.GetUtcNow() - lastBeat >= HeartbeatInterval)
            {
                if (!await keys.IsStillValidAsync(caller.Key, cancellationToken))
                {
                    return;
                }

                lastBeat = clock.GetUtcNow();
                text.Append(": still here\n\n");
            }

            if (text.Length > 0)
            {
                await http.Response.WriteAsync(text.ToString(), cancellationToken);
                await http.Response.Body.FlushAsync(cancellationToken);
            }

            await WaitAsync(subscription, cancellationToken);
        }
    }

    /// <summary>Not every commit is told to the feed of this process, so the records are looked at now and then anyway.</summary>
    private static async Task WaitAsync(ChangeFeed.Subscription subscription, CancellationToken cancellationToken)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        look.CancelAfter(LookInterval);
        try
        {
            await subscription.Changes.WaitToReadAsync(look.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look.
        }
    }

    private static void Append<T>(StringBuilder text, string name, string? id, T data)
    {
        text.Append("event: ").Append(name).Append('\n');
        if (id is not null)
        {
            text.Append("id: ").Append(id).Append('\n');
        }

        // The JSON has no line breaks, so it is one data line.
        text.Append("data: ").Append(JsonSerializer.Serialize(data, ApiJson.Info<T>())).Append("\n\n");
    }
}

/// <summary>Reads the activity that is new since the last look. Ids are in the order of time, but writers of the same moments may commit out of order, so a while is looked back.</summary>
internal sealed class ActivityCursor
{
    private static readonly TimeSpan LookBack = TimeSpan.FromSeconds(10);

    private readonly ActivityLog log;
    private readonly string integrationId;
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private string newest;

    private ActivityCursor(ActivityLog log, string integrationId, string newest)
    {
        this.log = log;
        this.integrationId = integrationId;
        this.newest = newest;
    }

    /// <summary>Begins after an event, or with what happens from now on.</summary>
    public static async Task<ActivityCursor> BeginAsync(
        ActivityLog log, string integrationId, string? lastEventId, TimeProvider clock, CancellationToken cancellationToken)
    {
        var resumed = lastEventId is { Length: 32 } && lastEventId.All(char.IsAsciiHexDigitLower);
        var cursor = new ActivityCursor(log, integrationId, resumed ? lastEventId! : Rows.Time(clock.GetUtcNow()));
        if (!resumed)
        {
            await cursor.NextAsync(cancellationToken);
            return cursor;
        }

        // What the client had is known by its order alone.
        var floor = cursor.Floor();
        await foreach (var item in log.ReadNewestFirstAsync(integrationId, null, cancellationToken))
        {
            if (string.CompareOrdinal(item.Id, floor) < 0)
            {
                break;
            }

            if (string.CompareOrdinal(item.Id, lastEventId) <= 0)
            {
                cursor.told.Add(item.Id);
            }
        }

        return cursor;
    }

    /// <summary>Reads what was not told yet, oldest first.</summary>
    public async Task<IReadOnlyList<ActivityEvent>> NextAsync(CancellationToken cancellationToken)
    {
        var floor = Floor();
        var fresh = new List<ActivityEvent>();
        await foreach (var item in log.ReadNewestFirstAsync(integrationId, null, cancellationToken))
        {
            if (string.CompareOrdinal(item.Id, floor) < 0)
            {
                break;
            }

            if (told.Add(item.Id))
            {
                fresh.Add(item);
            }
        }

        if (fresh.Count > 0)
        {
            newest = string.CompareOrdinal(fresh[0].Id, newest) > 0 ? fresh[0].Id : newest;
            var keep = Floor();
            told.RemoveWhere(id => string.CompareOrdinal(id, keep) < 0);
            fresh.Reverse();
        }

        return fresh;
    }

    private string Floor()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(newest[..12], 16)) - LookBack;
        return Rows.Time(at);
    }
}
