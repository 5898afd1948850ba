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

/// <summary>A role or an entitlement of the list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Details">What it gives.</param>
/// <param name="Type">What it is.</param>
/// <param name="Value">The value string that identity providers send.</param>
/// <param name="Assigned">How many have it, among the accounts that were looked at.</param>
/// <param name="Place">Where it stands by itself: roles by their ranking, those that the user schema lacks, then entitlements by their names.</param>
/// <param name="Role">The role; null for an entitlement, and for a role that the user schema does not have.</param>
internal sealed record EntitlementRow(string Name, string? Details, string Type, string Value, int Assigned, (int Group, int Rank, string Type, string Name) Place, RoleOption? Role = null)
{
    /// <summary>True for a role that the app offers and the user schema does not have.</summary>
    public bool BesideSchema => Place.Group == 1;
}

/// <summary>What the Entitlements tab shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Rows">The roles and entitlements of this page that the search lets through.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="Range">Which of how many they are.</param>
/// <param name="Query">The search.</param>
/// <param name="Sort">How they are sorted.</param>
/// <param name="AllLookedAt">True when every account was looked at for who has what.</param>
internal sealed record EntitlementListModel(IntegrationView View, IReadOnlyList<EntitlementRow> Rows, int Page, ListRange Range, string? Query, string Sort, bool AllLookedAt)
{
    public string? Next => Range.First + Rows.Count > Range.Total ? null : Link(Sort, Page + 1);

    public string Link(string sort, int page = 1, string file = "") => Words.Link(
        $"/integrations/{View.Integration.Id}/entitlements{file}", ("q", Query), ("sort", EntitlementPages.Sorter.Parameter(sort)), ("page", page > 1 ? $"{page}" : null));

    /// <summary>How many have it, in words.</summary>
    public string HoldersOf(EntitlementRow row) => $"{(AllLookedAt ? "" : "at least ")}{Words.Number(row.Assigned)}";

    /// <summary>What the app offered when a sync read its roles last; null where that is not known.</summary>
    public OfferedRoles? Offered => View.Integration.OfferedRoles;

    /// <summary>Whether the app offers a role; null where that is not known.</summary>
    public bool? IsOffered(RoleOption role) => Offered?.Shown.Any(shown => string.Equals(shown.Value, role.Value, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Roles and entitlements with the value strings that identity providers send.</summary>
internal static class EntitlementPages
{
    private const int PageSize = 100;
    private const int MaxCounted = 1_000;

    /// <summary>What the list can be sorted by.</summary>
    public static readonly ListSorter<EntitlementRow> Sorter = new(
        "type", ("type", row => row.Place), ("name", row => row.Name), ("value", row => row.Value), ("assigned", row => row.Assigned));

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/entitlements.csv", ListCsvAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/entitlements", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/assignments.csv", ExportAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, IRecordStore store, AccessReport report, string? q = null, string? sort = null, string? page = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var (holders, isAll) = await report.HoldersAsync(profile, MaxCounted, http.RequestAborted);
        var rows = await WantedAsync(profile, store, text, sort, holders, http.RequestAborted);
        var number = Math.Clamp(int.TryParse(page, out var given) ? given : 1, 1, Math.Max(1, (rows.Count + PageSize - 1) / PageSize));
        List<EntitlementRow> shown = [.. rows.Skip((number - 1) * PageSize).Take(PageSize)];
        return PageResult.Of<EntitlementListPage, EntitlementListModel>(
            new EntitlementListModel(view, shown, number, new ListRange(((number - 1) * PageSize) + 1, shown.Count, rows.Count, IsAll: true), text, Sorter.Read(sort), isAll));
    }

    private static async Task<IReadOnlyList<EntitlementRow>> WantedAsync(
        IntegrationProfile profile, IRecordStore store, string? text, string? sort, IReadOnlyDictionary<string, int> holders, CancellationToken cancellationToken)
    {
        var roles = profile.Schema.Roles.Select(role => RowOf(string.IsNullOrEmpty(role.DisplayName) ? role.Value : role.DisplayName, role.Description, "Role", role.Value, 0, -role.Ranking) with { Role = role });
        var beside = Beside(profile).Select(role => RowOf(role.Value, role.Description, "Role", role.Value, 1, 0));
        var entitlements = (await new EntitlementCatalog(store).ListAsync(profile, cancellationToken)).Select(item => RowOf(item.DisplayName, item.Description, item.Type, item.Value, 2, 0));
        return Sorter.Sort(
            roles.Concat(beside).Concat(entitlements).Where(row => Filters.Contains(text, row.Value, row.Name, row.Place.Group == 2 ? row.Type : null, row.Details)), Sorter.Read(sort));

        EntitlementRow RowOf(string name, string? details, string type, string value, int group, int rank) =>
            new(name, details, type, value, holders.GetValueOrDefault(value), (group, rank, type, name.ToUpperInvariant()));
    }

    private static async Task<IResult> ListCsvAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, IRecordStore store, string? q = null, string? sort = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        // Who has what is counted for the page among the first accounts only: all of that is in the file of the assignments.
        var rows = await WantedAsync(profile, store, text, sort?.EndsWith("assigned", StringComparison.Ordinal) == true ? null : sort, new Dictionary<string, int>(), http.RequestAborted);
        await Csv.BeginAsync(http, $"entitlements-{integrationId}.csv", "Entitlement", "Details", "Type", "Value", "In the user schema");
        foreach (var row in rows)
        {
            await Csv.LineAsync(http, row.Name, row.Details, row.Type, row.Value, row.Role is not null ? "Yes" : row.BesideSchema ? "No" : null);
        }

        return Results.Empty;
    }

    private static IEnumerable<OfferedRole> Beside(IntegrationProfile profile) =>
        profile.Integration.OfferedRoles is { } offered ? offered.Shown.IntersectBy(offered.BesideSchema(profile.Schema), role => role.Value, StringComparer.OrdinalIgnoreCase) : [];

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
