using IdLcm.Domain.Access;
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
/// <param name="Roles">The roles of the user schema that the search lets through.</param>
/// <param name="Entitlements">The first entitlements that it lets through.</param>
/// <param name="BesideSchema">Roles that the app offers and the user schema does not have.</param>
/// <param name="Total">How many roles of the schema and entitlements match.</param>
/// <param name="Query">The search.</param>
internal sealed record EntitlementListModel(
    IntegrationView View, IReadOnlyList<RoleOption> Roles, IReadOnlyList<EntitlementOption> Entitlements, IReadOnlyList<OfferedRole> BesideSchema, int Total, string? Query)
{
    /// <summary>What the app offered when a sync read its roles last; null where that is not known.</summary>
    public OfferedRoles? Offered => View.Integration.OfferedRoles;

    /// <summary>Whether the app offers a role; null where that is not known.</summary>
    public bool? IsOffered(RoleOption role) => Offered?.Shown.Any(shown => string.Equals(shown.Value, role.Value, StringComparison.OrdinalIgnoreCase));
}

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
            new EntitlementListModel(view, roles, [.. entitlements.Take(MaxShown)], Beside(profile, text), roles.Count + entitlements.Count, text));
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

    private static IReadOnlyList<OfferedRole> Beside(IntegrationProfile profile, string? text) =>
        profile.Integration.OfferedRoles is not { } offered
            ? []
            : [.. offered.Shown.IntersectBy(offered.BesideSchema(profile.Schema), role => role.Value, StringComparer.OrdinalIgnoreCase).Where(role => Filters.Contains(text, role.Value, role.Description))];

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"assignments-{integrationId}.csv", "Entitlement", "User", "Username in app", "Active in app", "Upstream user ID", "Since (UTC)", "By", "Operation", "Proved by the read of (UTC)", "SCIM ID");
        await foreach (var line in report.ReadAsync(profile, http.RequestAborted))
        {
            if (line is { Value: { } value, Since: { } since })
            {
                await Csv.LineAsync(
                    http, value, line.UserName, line.UsernameInApp, line.Active ? "Yes" : "No", line.UpstreamUserId, Exports.Time(since), line.By, line.OperationId, Exports.Time(line.ProvedAt), line.UserId);
            }
        }

        return Results.Empty;
    }
}
