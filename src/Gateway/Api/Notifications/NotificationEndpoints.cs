using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>What a channel is to be.</summary>
internal sealed record ChannelRequest
{
    public ChannelKind? Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>For webhooks, Slack and Teams: https, or http on this machine.</summary>
    public string? Url { get; init; }

    /// <summary>For e-mail: the recipients.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Names of activity events; left out for those that need a person.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Gathers events for so many minutes, up to a day; 0 tells at once.</summary>
    public int DigestMinutes { get; init; }
}

/// <summary>What is to change of a channel; what is left out stays. Its kind stays in any case.</summary>
internal sealed record ChannelPatch
{
    public string? Name { get; init; }

    /// <summary>For webhooks, Slack and Teams. Needs an Admin.</summary>
    public string? Url { get; init; }

    /// <summary>For e-mail: the recipients. Needs an Admin.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Names of activity events; an empty list for those that need a person.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    public int? DigestMinutes { get; init; }
}

/// <summary>A channel, as kept.</summary>
internal sealed record ChannelResource(string Id, ChannelKind Kind, string Name, string Target, IReadOnlyList<string> Events, int DigestMinutes, DateTimeOffset CreatedAt)
{
    public static ChannelResource Of(NotificationChannel channel) => new(
        channel.Id, channel.Kind, channel.Name, channel.Target,
        [.. (channel.Events.Count > 0 ? channel.Events : NotificationChannel.DefaultEvents).Select(EnumNames<ActivityKind>.Of)], channel.DigestMinutes, channel.CreatedAt);
}

/// <summary>A channel that was made. The signing secret of a webhook is shown this once.</summary>
internal sealed record CreatedChannel(ChannelResource Channel, string? SigningSecret);

/// <summary>A delivery that was given up.</summary>
internal sealed record DeadDelivery(string Id, string ChannelId, DateTimeOffset CreatedAt, int Attempts, string? LastError, int Events);

/// <summary>Notification channels of an integration.</summary>
internal static class NotificationEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/notifications", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listChannels", "Notifications", "List notification channels", "Where people are told of events.")
            .Answers<Page<ChannelResource>>();
        api.MapPost("/integrations/{integrationId}/notifications", CreateAsync)
            .Requires(Permission.AllowHosts)
            .Documents("createChannel", "Notifications", "Make a notification channel", "Webhook (signed; the secret is shown this once), Slack, Teams or Email. It tells of what happens from now on, at least once. Needs an Admin: the server calls the host that is named.")
            .Takes<ChannelRequest>()
            .Answers<CreatedChannel>(StatusCodes.Status201Created);
        api.MapPatch("/integrations/{integrationId}/notifications/{channelId}", ChangeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("changeChannel", "Notifications", "Change a notification channel", "Its name, events, digest and, for an Admin, where it tells. What is left out stays; a webhook keeps its signing secret. It goes on from where it is.")
            .Takes<ChannelPatch>()
            .Answers<ChannelResource>();
        api.MapDelete("/integrations/{integrationId}/notifications/{channelId}", RemoveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("deleteChannel", "Notifications", "Delete a notification channel", "What it had still to tell is not told any more.")
            .Answers(StatusCodes.Status204NoContent);
        api.MapGet("/integrations/{integrationId}/dead-letters", DeadAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listDeadLetters", "Notifications", "List notifications that were given up", "Those that could not be delivered for a day, oldest first.")
            .Answers<Page<DeadDelivery>>();
        api.MapPost("/integrations/{integrationId}/dead-letters/{deliveryId}/replay", ReplayAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("replayDeadLetter", "Notifications", "Replay a notification", "It is tried for another day.")
            .Answers(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationStore integrations, NotificationPump pump) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is null
            ? ApiProblems.NoIntegration(integrationId)
            : ApiJson.Ok(new Page<ChannelResource>([.. (await pump.ChannelsAsync(integrationId, http.RequestAborted)).Items.Select(ChannelResource.Of)], null));

    private static async Task<IResult> CreateAsync(string integrationId, HttpContext http, IntegrationStore integrations, NotificationChannels channels)
    {
        var body = await RequestBody.ReadAsync<ChannelRequest>(http);
        if (body.Value is not { } request)
        {
            return body.Problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await channels.CreateAsync(integrationId, request, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } created ? ApiJson.With(StatusCodes.Status201Created, created) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ChangeAsync(string integrationId, string channelId, HttpContext http, IntegrationStore integrations, NotificationChannels channels)
    {
        var body = await RequestBody.ReadAsync<ChannelPatch>(http);
        if (body.Value is not { } patch)
        {
            return body.Problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var caller = ApiCaller.Of(http);
        var result = await channels.ChangeAsync(integrationId, channelId, patch, caller.Has(Permission.AllowHosts), caller.Provenance(http), http.RequestAborted);
        return result.Value is { } changed ? ApiJson.Ok(changed) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> RemoveAsync(string integrationId, string channelId, HttpContext http, IntegrationStore integrations, NotificationChannels channels)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await channels.RemoveAsync(integrationId, channelId, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? ApiProblems.Of(refusal)
            : Results.NoContent();
    }

    private static async Task<IResult> DeadAsync(string integrationId, HttpContext http, IntegrationStore integrations, NotificationPump pump, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (items, more) = await pump.DeadAsync(integrationId, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<DeadDelivery>(
            [.. items.Select(d => new DeadDelivery(d.Id, d.ChannelId, d.CreatedAt, d.Attempts, d.LastError, d.Events.Count))], more ? items[^1].Id : null));
    }

    private static async Task<IResult> ReplayAsync(string integrationId, string deliveryId, HttpContext http, IntegrationStore integrations, NotificationPump pump)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await pump.ReplayAsync(integrationId, deliveryId, http.RequestAborted)
            ? Results.StatusCode(StatusCodes.Status202Accepted)
            : ApiProblems.Of(Refusal.NotFound("delivery_not_found", $"There is no delivery '{deliveryId}' that was given up."));
    }
}
