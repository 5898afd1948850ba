using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Entitlements tab shows.</summary>
internal sealed record EntitlementListModel(IntegrationView View, IReadOnlyList<RoleOption> Roles, IReadOnlyList<EntitlementOption> Entitlements, string? Query);

/// <summary>Roles and entitlements with the value strings that identity providers send.</summary>
internal static class EntitlementPages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/entitlements", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/assignments.csv", ExportAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, IRecordStore store, string? q = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var entitlements = await new EntitlementCatalog(store).ListAsync(profile, http.RequestAborted);
        return PageResult.Of<EntitlementListPage, EntitlementListModel>(new EntitlementListModel(
            view,
            [.. profile.Schema.Roles.Where(role => Filters.Contains(text, role.Value, role.DisplayName, role.Description)).OrderByDescending(role => role.Ranking)],
            [.. entitlements.Where(item => Filters.Contains(text, item.Value, item.DisplayName, item.Type, item.Description)).Take(500)],
            text));
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, UserListing users)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(http, $"assignments-{integrationId}.csv", "Role", "User", "Username in app", "Active in app", "Last updated (UTC)");
        string? cursor = null;
        do
        {
            var page = await users.ListAsync(profile, null, null, new PageRequest(PageRequest.MaxLimit, cursor), http.RequestAborted);
            foreach (var user in page.Items)
            {
                foreach (var role in user.Roles)
                {
                    await Csv.LineAsync(http, role, user.UserName, user.UsernameInApp, user.ActiveInApp ? "Yes" : "No", user.LastUpdated.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
                }
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return Results.Empty;
    }
}
