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
        api.MapGet("/integrations/{integrationId}/activity/export", ExportAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("exportActivity", "Activity", "Export activity of an integration", "All of it that the filters let through, newest first, as format=jsonl (JSON Lines) or format=csv (RFC 4180), streamed.")
            .AnswersText();
        api.MapGet("/workspace/activity", ListWorkspaceAsync)
            .Requires(Permission.ManageKeys)
            .Documents("listWorkspaceActivity", "Activity", "List activity of the workspace", "API keys, refused calls, deleted integrations. Newest first.")
            .Answers<Page<ActivityResource>>();
        api.MapGet("/workspace/activity/verify", VerifyWorkspaceAsync)
            .Requires(Permission.ManageKeys)
            .Documents("verifyWorkspaceActivity", "Activity", "Verify the workspace's activity chain", "Recomputes the hash chain.")
            .Answers<ActivityVerification>();
        api.MapGet("/integrations/{integrationId}/activity/verify", VerifyAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("verifyActivity", "Activity", "Verify the activity chain", "Recomputes the hash chain: finds whether anything was changed, removed or added after it was sealed.")
            .Answers<ActivityVerification>();
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log,
        string? q = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "event")] string? eventName = null, string? actor = null, string? from = null, string? to = null, string? limit = null, string? cursor = null)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await PageAsync(integrationId, new ActivityFilter(q, eventName, actor, from, to), http, log, limit, cursor);
    }

    private static Task<IResult> ListWorkspaceAsync(
        HttpContext http, ActivityLog log,
        string? q = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "event")] string? eventName = null, string? from = null, string? to = null, string? limit = null, string? cursor = null) =>
        PageAsync(ActivityLog.Workspace, new ActivityFilter(q, eventName, null, from, to), http, log, limit, cursor);

    private static async Task<IResult> PageAsync(string log, ActivityFilter filter, HttpContext http, ActivityLog activity, string? limit, string? cursor)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem) || !filter.TryRead(out var matches, out problem))
        {
            return problem!;
        }

        var found = await activity.ListAsync(log, matches!, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<ActivityResource>([.. found.Items.Select(ActivityResource.Of)], found.Cursor));
    }

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log,
        string? format = null, string? q = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "event")] string? eventName = null, string? actor = null, string? from = null, string? to = null)
    {
        if (format is not (null or "jsonl" or "csv"))
        {
            return ApiProblems.BadParameter("format", $"'{format}' must be jsonl or csv.");
        }

        if (!new ActivityFilter(q, eventName, actor, from, to).TryRead(out var matches, out var problem))
        {
            return problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var events = log.ReadNewestFirstAsync(integrationId, null, http.RequestAborted).Where(matches!);
        return format == "csv"
            ? Exports.Csv("activity.csv", ["id", "date", "actor", "event", "target", "userId", "operationId", "detail"], events.Select(item => new[]
            {
                item.Id, Exports.Time(item.Date), item.Actor, EnumNames<ActivityKind>.Of(item.Event), item.Target, item.UserId, item.OperationId, item.Detail,
            }))
            : Exports.JsonLines("activity.jsonl", events.Select(ActivityResource.Of));
    }

    private static async Task<IResult> VerifyWorkspaceAsync(HttpContext http, ActivityLog log) => ApiJson.Ok(await log.VerifyAsync(ActivityLog.Workspace, http.RequestAborted));

    private static async Task<IResult> VerifyAsync(string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is null
            ? ApiProblems.NoIntegration(integrationId)
            : ApiJson.Ok(await log.VerifyAsync(integrationId, http.RequestAborted));
}
