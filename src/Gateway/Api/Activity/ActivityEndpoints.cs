using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>An entry of the audit trail.</summary>
internal sealed record ActivityResource(
    string Id, DateTimeOffset Date, string Actor, ActivityKind Event, string Target, string? UserId, string? OperationId, string? Detail)
{
    public static ActivityResource Of(ActivityEvent item) =>
        new(item.Id, item.Date, item.Actor, item.Event, item.Target, item.UserId, item.OperationId, item.Detail);
}

/// <summary>The audit trail of an integration.</summary>
internal static class ActivityEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/activity", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listActivity", "Activity", "List activity of an integration", "Newest first. event takes several names between commas; from is inclusive, to exclusive.")
            .Answers<Page<ActivityResource>>();
        api.MapGet("/integrations/{integrationId}/activity/verify", VerifyAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("verifyActivity", "Activity", "Verify the activity chain", "Recomputes the hash chain: finds whether anything was changed, removed or added after it was sealed.")
            .Answers<ActivityVerification>();
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log,
        string? q = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "event")] string? eventName = null, string? from = null, string? to = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem)
            || !Filters.TryText(q, "q", out var text, out problem)
            || !Filters.TryEnum<ActivityKind>(eventName, "event", out var kinds, out problem)
            || !Filters.TryTime(from, "from", out var start, out problem)
            || !Filters.TryTime(to, "to", out var end, out problem))
        {
            return problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var found = await log.ListAsync(integrationId, Matches, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<ActivityResource>([.. found.Items.Select(ActivityResource.Of)], found.Cursor));

        bool Matches(ActivityEvent item) =>
            kinds?.Contains(item.Event) != false
            && (start is null || item.Date >= start)
            && (end is null || item.Date < end)
            && Filters.Contains(text, item.Actor, item.Target, item.Detail, EnumNames<ActivityKind>.Of(item.Event), item.OperationId);
    }

    private static async Task<IResult> VerifyAsync(string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is null
            ? ApiProblems.NoIntegration(integrationId)
            : ApiJson.Ok(await log.VerifyAsync(integrationId, http.RequestAborted));
}
