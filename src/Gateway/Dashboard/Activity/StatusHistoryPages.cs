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
internal sealed record StatusHistoryModel(IntegrationView View, IReadOnlyList<StatusChange> Items, string? Next, string? Cursor, DateTimeOffset Now)
{
    public string Home => $"/integrations/{View.Integration.Id}/status-history";
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
        string integrationId, HttpContext http, IntegrationViews views, StatusHistory history, TimeProvider clock, string? cursor = null)
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
        return PageResult.Of<StatusHistoryPage, StatusHistoryModel>(new StatusHistoryModel(view, items, more ? items[^1].Id : null, page.Cursor, clock.GetUtcNow()));
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
