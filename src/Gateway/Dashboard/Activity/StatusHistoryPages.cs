using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the list of statuses shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Items">The statuses of this page, newest first.</param>
/// <param name="Next">The id to go on from; null at the end.</param>
/// <param name="Cursor">The id that this page begins after.</param>
/// <param name="Now">The present, for how long the last one has lasted.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record StatusHistoryModel(IntegrationView View, IReadOnlyList<StatusChange> Items, string? Next, string? Cursor, DateTimeOffset Now, ListRange Range)
{
    public string Home => $"/integrations/{View.Integration.Id}/status-history";

    public string Link(string? cursor) => Words.Link(Home, ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>Which statuses an integration had, and for how long.</summary>
internal static class StatusHistoryPages
{
    private const int PageSize = 50;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/status-history", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/status-history.csv", ExportAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, StatusHistory history, TimeProvider clock, string? cursor = null, string? first = null)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view)
        {
            return IntegrationPages.Missing();
        }

        var (items, more) = await history.ListAsync(integrationId, PageSize, page.Cursor, http.RequestAborted);
        var (newest, _) = page.Cursor is null ? (items, false) : await history.ListAsync(integrationId, 1, null, http.RequestAborted);
        var range = new ListRange(ListRange.FirstOf(page.Cursor, first), items.Count, newest is [var last, ..] ? Math.Min(last.Sequence, StatusHistory.Kept) : 0, IsAll: true);
        return PageResult.Of<StatusHistoryPage, StatusHistoryModel>(new StatusHistoryModel(view, items, more ? items[^1].Id : null, page.Cursor, clock.GetUtcNow(), range));
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationStore integrations, StatusHistory history)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return IntegrationPages.Missing();
        }

        var (items, _) = await history.ListAsync(integrationId, StatusHistory.Kept, null, http.RequestAborted);
        await Csv.BeginAsync(http, $"status-history-{integrationId}.csv", "Status", "Since (UTC)", "Until (UTC)");
        foreach (var item in items)
        {
            await Csv.LineAsync(http, Words.Of(item.Status), Exports.Time(item.Since), item.Until is { } until ? Exports.Time(until) : null);
        }

        return Results.Empty;
    }
}
