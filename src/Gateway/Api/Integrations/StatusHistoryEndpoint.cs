using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>The statuses that an integration had.</summary>
internal static class StatusHistoryEndpoint
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/integrations/{integrationId}/status-history", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listStatusHistory", "Integrations", "List the statuses that an integration had", $"Newest first, the last {StatusHistory.Kept}. The status is looked at when something changed and every few seconds: one that lasts shorter may be missing.")
            .Answers<Page<StatusChange>>();

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationStore integrations, StatusHistory history, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (items, more) = await history.ListAsync(integrationId, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<StatusChange>(items, more ? items[^1].Id : null));
    }
}
