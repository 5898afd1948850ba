using System.Globalization;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// Tells open pages that something they show has changed (server-sent events, WHATWG HTML section 9.2). It says that and
/// no more: the page asks for itself again, so what people see has one source and one check of access.
/// </summary>
internal static class LiveEndpoint
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/live", (HttpContext http, ChangeFeed feed, HealthBoard board, Administrators administrators, OpenPages open, IHostApplicationLifetime lifetime, string? since = null) =>
            StreamAsync(http, feed.WatchAll(), Rendered(since) is { } at ? () => board.HasChangedSince(at) : null, administrators, open, lifetime)).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/live", (string integrationId, HttpContext http, ChangeFeed feed, HealthBoard board, Administrators administrators, OpenPages open, IHostApplicationLifetime lifetime, string? since = null) =>
            StreamAsync(http, feed.Watch(integrationId), Rendered(since) is { } at ? () => board.HasChangedSince(integrationId, at) : null, administrators, open, lifetime)).Needs(Permission.ReadIntegrations);
    }

    /// <summary>When the page was rendered that connects, as it says itself in milliseconds since 1970.</summary>
    private static DateTimeOffset? Rendered(string? since) =>
        long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private static async Task<IResult> StreamAsync(
        HttpContext http, ChangeFeed.Subscription subscription, Func<bool>? hasChanged, Administrators administrators, OpenPages open, IHostApplicationLifetime lifetime)
    {
        using var watching = subscription;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var user = DashboardUser.Of(http);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        open.Opened();
        try
        {
            await SendAsync(http, $"event: pace\ndata: {open.Pace.TotalMilliseconds:F0}\n\n", ended.Token);
            if (hasChanged?.Invoke() == true)
            {
                // Between the rendering of the page and its connection.
                await SendAsync(http, $"event: change\ndata: {open.Pace.TotalMilliseconds:F0}\n\n", ended.Token);
            }

            while (await NextAsync(subscription, user.Caller, ended.Token) is var changed)
            {
                if (changed)
                {
                    var pace = open.Pace;
                    await SendAsync(http, $"event: change\ndata: {pace.TotalMilliseconds:F0}\n\n", ended.Token);
                    await Task.Delay(pace, ended.Token);
                }
                else if (await administrators.AuthenticateAsync(user.Cookie, ended.Token) is null)
                {
                    break;
                }
                else
                {
                    await SendAsync(http, ": still here\n\n", ended.Token);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The page was left, or the process stops.
        }
        finally
        {
            open.Closed();
        }

        return Results.Empty;
    }

    /// <summary>Waits for a change that concerns the caller; false when none came for a while.</summary>
    private static async Task<bool> NextAsync(ChangeFeed.Subscription subscription, ApiCaller caller, CancellationToken cancellationToken)
    {
        using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        beat.CancelAfter(Heartbeat);
        try
        {
            while (true)
            {
                var concerns = caller.MayUse((await subscription.Changes.ReadAsync(beat.Token)).IntegrationId);
                while (subscription.Changes.TryRead(out var more))
                {
                    concerns |= caller.MayUse(more.IntegrationId);
                }

                if (concerns)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task SendAsync(HttpContext http, string text, CancellationToken cancellationToken)
    {
        await http.Response.WriteAsync(text, cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
    }
}
