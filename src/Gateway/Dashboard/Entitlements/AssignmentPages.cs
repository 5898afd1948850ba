using IdLcm.Domain;
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
internal sealed record AssignmentModel(IntegrationView View, string Value, IReadOnlyList<Assignee> Assignees, string? Next, string? Cursor)
{
    public string Link(string? cursor) => Words.Link($"/integrations/{View.Integration.Id}/entitlements/users", ("value", Value), ("cursor", cursor));
}

/// <summary>Who has a role or entitlement, as the app showed it last.</summary>
internal static class AssignmentPages
{
    private const int PageSize = 50;
    private const int PageRows = 250;
    private const int MaxExamined = 10_000;
    private const int MaxValue = 400;

    public static void Map(RouteGroupBuilder pages) =>
        pages.MapGet("/integrations/{integrationId}/entitlements/users", ListAsync).Needs(Permission.ReadIntegrations);

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, IRecordStore store, string? value = null, string? cursor = null)
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
        return PageResult.Of<AssignmentPage, AssignmentModel>(new AssignmentModel(view, value, found, next, cursor));
    }

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
                var grant = account.Grants.FirstOrDefault(given => string.Equals(given.Value, value, StringComparison.OrdinalIgnoreCase));
                if (grant is not null && account.Observed is { } seen && (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value is { } user)
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
