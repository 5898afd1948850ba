using IdLcm.Domain.Access;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the list of who has access shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Lines">The roles and entitlements of this page.</param>
/// <param name="Person">The search among people; null for everybody.</param>
/// <param name="Value">The role or entitlement; null for all.</param>
/// <param name="Next">The key to go on from; null at the end.</param>
/// <param name="Cursor">The key that this page begins after.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record AccessListModel(IntegrationView View, IReadOnlyList<AccessLine> Lines, string? Person, string? Value, string? Next, string? Cursor, ListRange Range)
{
    public string Home => $"/integrations/{View.Integration.Id}/access";

    public string Link(string? cursor, string file = "") => Words.Link(Home + file, ("q", Person), ("value", Value), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>Who has access in an app, since when, by whose wish and operation, proved by which read.</summary>
internal static class AccessPages
{
    private const int PageSize = 50;
    private const int MaxCounted = 1_000;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/access", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/access.csv", (string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report, string? q = null, string? value = null) =>
            ExportAsync(integrationId, http, profiles, report, q, value, jsonLines: false)).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/access.jsonl", (string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report, string? q = null, string? value = null) =>
            ExportAsync(integrationId, http, profiles, report, q, value, jsonLines: true)).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, UserService users, AccessReport report, string? q = null, string? value = null, string? cursor = null, string? first = null)
    {
        if (!Filters.TryText(q, "q", out var person, out _) || !Filters.TryText(value, "value", out var given, out _) || !PageRequest.TryRead($"{PageSize}", cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        // A whole user name finds its holder at once, at any size of the integration.
        if (person is not null && await users.FindByUserNameAsync(profile, person, http.RequestAborted) is { } named)
        {
            IReadOnlyList<AccessLine> theirs = [.. (await report.OfUserAsync(profile, named.Id, http.RequestAborted)).Where(line => IsWanted(line, null, given))];
            return PageResult.Of<AccessListPage, AccessListModel>(new AccessListModel(view, theirs, person, given, null, null, new ListRange(1, theirs.Count, theirs.Count, IsAll: true)));
        }

        var (lines, next) = await report.PageAsync(profile, line => IsWanted(line, person, given), page.Limit, page.Cursor, http.RequestAborted);
        var all = await report.CountAsync(profile, line => IsWanted(line, person, given), MaxCounted, http.RequestAborted);
        return PageResult.Of<AccessListPage, AccessListModel>(new AccessListModel(view, lines, person, given, next, page.Cursor, ListRange.Of(page.Cursor, first, lines.Count, all)));
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report, string? q, string? value, bool jsonLines) =>
        !Filters.TryText(q, "q", out var person, out _) || !Filters.TryText(value, "value", out var given, out _) ? OperationPages.BadFilter()
        : await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? AccessEndpoints.AsFile(report.ReadAsync(profile, http.RequestAborted).Where(line => IsWanted(line, person, given)), jsonLines)
            : IntegrationPages.Missing();

    private static bool IsWanted(AccessLine line, string? person, string? value) =>
        Filters.Contains(person, line.UserName, line.UsernameInApp, line.UpstreamUserId, line.UserId)
        && (value is null || Filters.Contains(value, line.Value));
}
