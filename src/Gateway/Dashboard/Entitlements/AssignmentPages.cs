using IdLcm.Domain;
using IdLcm.Domain.Access;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Domain.Scim;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Somebody who has a role or entitlement.</summary>
internal sealed record Assignee(string UserId, string UserName, string UsernameInApp, bool Active, DateTimeOffset Since, string By);

/// <summary>What the list of one entitlement's users shows.</summary>
internal sealed record AssignmentModel(IntegrationView View, string Value, IReadOnlyList<Assignee> Assignees, string? Next, string? Cursor, ListRange Range)
{
    public string Link(string? cursor) => Words.Link($"/integrations/{View.Integration.Id}/entitlements/users", ("value", Value), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>Who has a role or entitlement, as the app showed it last.</summary>
internal static class AssignmentPages
{
    private const int PageSize = 50;
    private const int PageRows = 250;
    private const int MaxExamined = 10_000;
    private const int MaxCounted = 2_000;
    private const int MaxValue = 400;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/entitlements/users", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/entitlements/users.csv", ExportAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, IRecordStore store, string? value = null, string? cursor = null, string? first = null)
    {
        if (value is not { Length: > 0 and <= MaxValue } || !PageRequest.TryRead($"{PageSize}", cursor, out var page, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var (found, next) = await ReadAsync(profile, store, value, page.Cursor, http.RequestAborted);
        var range = ListRange.Of(page.Cursor, first, found.Count, await CountAsync(profile, store, value, http.RequestAborted));
        return PageResult.Of<AssignmentPage, AssignmentModel>(new AssignmentModel(view, value, found, next, cursor, range));
    }

    private static async Task<IResult> ExportAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, AccessReport report, string? value = null) =>
        value is not { Length: > 0 and <= MaxValue } ? OperationPages.BadFilter()
        : await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? AccessEndpoints.AsFile(report.ReadAsync(profile, http.RequestAborted).Where(line => string.Equals(line.Value, value, StringComparison.OrdinalIgnoreCase)), jsonLines: false)
            : IntegrationPages.Missing();

    private static async Task<(int Count, bool IsAll)> CountAsync(IntegrationProfile profile, IRecordStore store, string value, CancellationToken cancellationToken)
    {
        var raw = RawText.For(value);
        var (count, examined) = (0, 0);
        await foreach (var row in store.ScanAsync(profile.Partition, RowRange.Prefix(Rows.Accounts), cancellationToken))
        {
            if (++examined > MaxCounted)
            {
                return (count, false);
            }

            count += raw?.IsIn(row.Value.Span) != false && DomainJson.Decode<AppAccount>(row.Value) is { Observed: not null } account && GrantOf(account, value) is not null ? 1 : 0;
        }

        return (count, true);
    }

    private static AccessGrant? GrantOf(AppAccount account, string value) => account.Grants.FirstOrDefault(given => string.Equals(given.Value, value, StringComparison.OrdinalIgnoreCase));

    private static async Task<(List<Assignee> Found, string? Next)> ReadAsync(IntegrationProfile profile, IRecordStore store, string value, string? after, CancellationToken cancellationToken)
    {
        var found = new List<Assignee>(PageSize);
        var raw = RawText.For(value);
        var range = after is null ? RowRange.Prefix(Rows.Accounts) : RowRange.PrefixAfter(Rows.Accounts, Rows.Accounts + after);
        var examined = 0;
        string? continuation = null;
        string? last = after;
        do
        {
            var rows = await store.QueryAsync(profile.Partition, range, PageRows, continuation, cancellationToken);
            foreach (var row in rows.Records)
            {
                // Most accounts do not have it: their bytes say so, and they are not decoded.
                if (++examined > MaxExamined || found.Count == PageSize)
                {
                    return (found, last);
                }

                last = row.Row[Rows.Accounts.Length..];
                if (raw?.IsIn(row.Value.Span) == false)
                {
                    continue;
                }

                var account = DomainJson.Decode<AppAccount>(row.Value);
                if (GrantOf(account, value) is { } grant && account.Observed is { } seen && (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value is { } user)
                {
                    var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id);
                    found.Add(new Assignee(user.Id, resource.UserName ?? seen.Identifier, seen.Identifier, seen.Active, grant.Since, grant.By));
                }
            }

            continuation = rows.Continuation;
        }
        while (continuation is not null);
        return (found, null);
    }
}
