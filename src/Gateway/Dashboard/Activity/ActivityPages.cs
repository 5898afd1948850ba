using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Activity tab shows.</summary>
internal sealed record ActivityModel(
    IntegrationView View, IReadOnlyList<ActivityEvent> Items, string? Next, string? Query, string? Event, string? From, string? To, string? Cursor, ActivityVerification? Verified, ListRange Range)
{
    public string Home => $"/integrations/{View.Integration.Id}/activity";

    public string Link(string? cursor, string suffix = "") =>
        Words.Link(Home + suffix, ("q", Query), ("event", Event), ("from", From), ("to", To), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>What the workspace's own activity shows: sign-ins, refusals, API keys, deleted integrations.</summary>
internal sealed record WorkspaceActivityModel(
    IReadOnlyList<ActivityEvent> Items, string? Next, string? Query, string? Event, string? From, string? To, string? Cursor, ActivityVerification? Verified, ListRange Range)
{
    public string Link(string? cursor, string suffix = "") =>
        Words.Link(ActivityPages.WorkspacePath + suffix, ("q", Query), ("event", Event), ("from", From), ("to", To), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>The audit trail of one integration, and that of the workspace.</summary>
internal static class ActivityPages
{
    public const string WorkspacePath = "/settings/activity";

    private const int PageSize = 50;

    /// <summary>A page that finds little ends after so many events, with a cursor, rather than keep its reader waiting.</summary>
    private const int MaxExamined = 10_000;
    private const int MaxCounted = 1_000;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/activity", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet(WorkspacePath, WorkspaceAsync).Needs(Permission.ManageKeys);
        pages.MapGet(WorkspacePath + ".csv", WorkspaceCsvAsync).Needs(Permission.ManageKeys);
        pages.MapGet(WorkspacePath + ".jsonl", WorkspaceJsonLines).Needs(Permission.ManageKeys);
        pages.MapGet("/integrations/{integrationId}/activity.csv", CsvAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/activity.jsonl", JsonLinesAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, ActivityLog log, string? cursor = null, string? verify = null, string? first = null)
    {
        if (!TryFilter(http, out var matches) || !PageRequest.TryRead(null, cursor, out _, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        var (found, range) = await PageAsync(log, integrationId, matches, cursor, first, http.RequestAborted);
        var verified = verify is null ? null : await log.VerifyAsync(integrationId, http.RequestAborted);
        var query = http.Request.Query;
        return PageResult.Of<ActivityTabPage, ActivityModel>(new ActivityModel(
            view, found.Items, found.Cursor, query["q"], query["event"], query["from"], query["to"], cursor, verified, range));
    }

    private static async Task<IResult> WorkspaceAsync(HttpContext http, ActivityLog log, string? cursor = null, string? verify = null, string? first = null)
    {
        if (!TryFilter(http, out var matches) || !PageRequest.TryRead(null, cursor, out _, out _))
        {
            return OperationPages.BadFilter();
        }

        var (found, range) = await PageAsync(log, ActivityLog.Workspace, matches, cursor, first, http.RequestAborted);
        var verified = verify is null ? null : await log.VerifyAsync(ActivityLog.Workspace, http.RequestAborted);
        var query = http.Request.Query;
        return PageResult.Of<WorkspaceActivityPage, WorkspaceActivityModel>(
            new WorkspaceActivityModel(found.Items, found.Cursor, query["q"], query["event"], query["from"], query["to"], cursor, verified, range));
    }

    private static async Task<(ActivityPage Found, ListRange Range)> PageAsync(
        ActivityLog log, string of, Func<ActivityEvent, bool> matches, string? cursor, string? first, CancellationToken cancellationToken)
    {
        var found = await log.ListAsync(of, matches, PageSize, string.IsNullOrEmpty(cursor) ? null : cursor, MaxExamined, cancellationToken);
        var all = await log.ListAsync(of, matches, MaxCounted, null, MaxCounted, cancellationToken);
        return (found, ListRange.Of(cursor, first, found.Items.Count, (all.Items.Count, all.Cursor is null)));
    }

    private static async Task<IResult> CsvAsync(string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log)
    {
        if (!TryFilter(http, out var matches))
        {
            return OperationPages.BadFilter();
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        return await WriteCsvAsync(http, log, integrationId, $"activity-{integrationId}.csv", matches);
    }

    private static async Task<IResult> WorkspaceCsvAsync(HttpContext http, ActivityLog log) =>
        TryFilter(http, out var matches) ? await WriteCsvAsync(http, log, ActivityLog.Workspace, "activity-workspace.csv", matches) : OperationPages.BadFilter();

    private static async Task<IResult> WriteCsvAsync(HttpContext http, ActivityLog log, string of, string file, Func<ActivityEvent, bool> matches)
    {
        await Csv.BeginAsync(http, file, "Date (UTC)", "Actor", "Event", "Target", "Detail", "Operation ID", "User ID", "ID");
        await foreach (var item in log.ReadNewestFirstAsync(of, null, http.RequestAborted).Where(matches))
        {
            await Csv.LineAsync(
                http, item.Date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), item.Actor, EnumNames<ActivityKind>.Of(item.Event), item.Target, item.Detail, item.OperationId, item.UserId, item.Id);
        }

        return Results.Empty;
    }

    private static async Task<IResult> JsonLinesAsync(string integrationId, HttpContext http, IntegrationStore integrations, ActivityLog log)
    {
        if (!TryFilter(http, out var matches))
        {
            return OperationPages.BadFilter();
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        return JsonLines(http, log, integrationId, $"activity-{integrationId}.jsonl", matches);
    }

    private static IResult WorkspaceJsonLines(HttpContext http, ActivityLog log) =>
        TryFilter(http, out var matches) ? JsonLines(http, log, ActivityLog.Workspace, "activity-workspace.jsonl", matches) : OperationPages.BadFilter();

    private static IResult JsonLines(HttpContext http, ActivityLog log, string of, string file, Func<ActivityEvent, bool> matches) =>
        Exports.JsonLines(file, log.ReadNewestFirstAsync(of, null, http.RequestAborted).Where(matches).Select(ActivityResource.Of));

    private static bool TryFilter(HttpContext http, out Func<ActivityEvent, bool> matches)
    {
        var query = http.Request.Query;
        matches = _ => true;
        if (!Filters.TryText(query["q"], "q", out var text, out _)
            || !Filters.TryEnum<ActivityKind>(query["event"], "event", out var kinds, out _)
            || !Filters.TryTime(query["from"], "from", out var start, out _)
            || !Filters.TryTime(query["to"], "to", out var end, out _))
        {
            return false;
        }

        // A day is chosen: all of it counts.
        var before = query["to"].ToString().Length == 10 ? end?.AddDays(1) : end;
        matches = item => kinds?.Contains(item.Event) != false && (start is null || item.Date >= start) && (before is null || item.Date < before)
            && Filters.Contains(text, item.Actor, item.Target, item.Detail, EnumNames<ActivityKind>.Of(item.Event), item.OperationId);
        return true;
    }
}
