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
/// <param name="View">The integration.</param>
/// <param name="Roles">The roles that match.</param>
/// <param name="Entitlements">The first entitlements that match.</param>
/// <param name="Total">How many roles and entitlements match.</param>
/// <param name="Query">The search.</param>
internal sealed record EntitlementListModel(IntegrationView View, IReadOnlyList<RoleOption> Roles, IReadOnlyList<EntitlementOption> Entitlements, int Total, string? Query);

/// <summary>Roles and entitlements with the value strings that identity providers send.</summary>
internal static class EntitlementPages
{
    private const int MaxShown = 500;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/entitlements.csv", ListCsvAsync).Needs(Permission.ReadIntegrations);
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

        var (roles, entitlements) = await WantedAsync(profile, store, text, http.RequestAborted);
        return PageResult.Of<EntitlementListPage, EntitlementListModel>(
            new EntitlementListModel(view, roles, [.. entitlements.Take(MaxShown)], roles.Count + entitlements.Count, text));
    }

    private static async Task<(List<RoleOption> Roles, List<EntitlementOption> Entitlements)> WantedAsync(IntegrationProfile profile, IRecordStore store, string? text, CancellationToken cancellationToken) => (
        [.. profile.Schema.Roles.Where(role => Filters.Contains(text, role.Value, role.DisplayName, role.Description)).OrderByDescending(role => role.Ranking)],
        [.. (await new EntitlementCatalog(store).ListAsync(profile, cancellationToken)).Where(item => Filters.Contains(text, item.Value, item.DisplayName, item.Type, item.Description))]);

    private static async Task<IResult> ListCsvAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, IRecordStore store, string? q = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var (roles, entitlements) = await WantedAsync(profile, store, text, http.RequestAborted);
        await Csv.BeginAsync(http, $"entitlements-{integrationId}.csv", "Entitlement", "Details", "Type", "Value");
        foreach (var role in roles)
        {
            await Csv.LineAsync(http, role.DisplayName, role.Description, "Role", role.Value);
        }

        foreach (var item in entitlements)
        {
            await Csv.LineAsync(http, item.DisplayName, item.Description, item.Type, item.Value);
        }

        return Results.Empty;
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
