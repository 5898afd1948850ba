using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the search for people shows.</summary>
/// <param name="Query">The search; null before one.</param>
/// <param name="Entries">Who was found, a line for each integration.</param>
/// <param name="Next">Where the search goes on; null at the end.</param>
/// <param name="Cursor">Where it began.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record PeopleModel(string? Query, IReadOnlyList<PersonEntry> Entries, string? Next, string? Cursor, ListRange Range)
{
    public string Link(string? cursor, string file = "") => Words.Link("/people" + file, ("q", Query), ("cursor", cursor), ("first", Range.After(cursor)));
}

/// <summary>The search for people in every app at once.</summary>
internal static class PeopleSearchPages
{
    private const int PageSize = 50;

    /// <summary>The cursor of a page that goes on among those whom the search names outright.</summary>
    private const string NamedCursor = "named";

    /// <summary>What parts the integration from the place within it, in a cursor.</summary>
    private const char CursorMark = '~';

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/people", SearchAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/people.csv", SearchCsvAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> SearchAsync(
        HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserListing users, string? q = null, string? cursor = null, string? first = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _) || !TryPlace(cursor, out var place))
        {
            return OperationPages.BadFilter();
        }

        var number = ListRange.FirstOf(cursor, first);
        if (text is not null && (string.IsNullOrEmpty(cursor) || cursor == NamedCursor) && await NamedAsync(text, http, integrations, profiles, users) is { Count: > 0 } named)
        {
            List<PersonEntry> shown = [.. named.Skip(number - 1).Take(PageSize)];
            return PageResult.Of<PeoplePage, PeopleModel>(new PeopleModel(
                text, shown, number + shown.Count <= named.Count ? NamedCursor : null, cursor, new ListRange(number, shown.Count, named.Count, IsAll: true)));
        }

        var found = new List<PersonEntry>();
        var next = text is null ? null : await FindAsync(found, text, place, http, integrations, profiles, users);
        var range = new ListRange(number, found.Count, number + found.Count - 1, next is null);
        return PageResult.Of<PeoplePage, PeopleModel>(new PeopleModel(text, found, next, cursor, range));
    }

    private static async Task<IResult> SearchCsvAsync(HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserListing users, string? q = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _) || text is null)
        {
            return OperationPages.BadFilter();
        }

        await Csv.BeginAsync(
            http, "people.csv", "Person", "Display name", "Integration", "SCIM Gateway ID", "Username in app", "App access", "Active in app", "Upstream user ID", "Provisioning state", "Last updated (UTC)", "SCIM ID");
        IAsyncEnumerable<PersonEntry> wanted = await NamedAsync(text, http, integrations, profiles, users) is { Count: > 0 } named
            ? named.ToAsyncEnumerable()
            : MatchingAsync(text, http, integrations, profiles, users);
        await foreach (var (integration, user) in wanted)
        {
            await Csv.LineAsync(
                http, user.UserName, user.DisplayName, integration.Name, integration.Id, user.UsernameInApp, string.Join("; ", user.Roles), user.ActiveInApp ? "Yes" : "No", user.UpstreamUserId,
                user.ProvisioningState is { } where ? Words.Of(where) : "", Exports.Time(user.LastUpdated), user.Id);
        }

        return Results.Empty;
    }

    /// <summary>Whom a whole e-mail address names, in each integration. A word without @ may be the part of another's name as well.</summary>
    private static async Task<List<PersonEntry>> NamedAsync(string name, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserListing users)
    {
        var found = new List<PersonEntry>();
        if (!name.Contains('@', StringComparison.Ordinal))
        {
            return found;
        }

        await foreach (var profile in PeoplePages.ProfilesAsync(http, integrations, profiles))
        {
            found.AddRange((await users.NamedAsync(profile, name, http.RequestAborted)).Select(user => new PersonEntry(profile.Integration, user)));
        }

        return found;
    }

    private static async IAsyncEnumerable<PersonEntry> MatchingAsync(string text, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserListing users)
    {
        await foreach (var profile in PeoplePages.ProfilesAsync(http, integrations, profiles))
        {
            string? after = null;
            do
            {
                var page = await users.ListAsync(profile, text, null, new PageRequest(PageRequest.MaxLimit, after), http.RequestAborted);
                foreach (var user in page.Items)
                {
                    yield return new PersonEntry(profile.Integration, user);
                }

                after = page.NextCursor;
            }
            while (after is not null);
        }
    }

    /// <summary>Goes through the integrations in the order of their ids, from a place on, until a page is full or enough people were looked at.</summary>
    /// <returns>Where it goes on; null at the end.</returns>
    private static async Task<string?> FindAsync(
        List<PersonEntry> found, string text, (string? Integration, string? After) place, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserListing users)
    {
        var budget = new SearchBudget(UserListing.MaxExamined);
        var caller = ApiCaller.Of(http);
        var ids = (caller.Confinement ?? await integrations.ListIdsAsync(http.RequestAborted)).Order(StringComparer.Ordinal)
            .Where(id => place.Integration is null || string.CompareOrdinal(id, place.Integration) >= 0);
        foreach (var id in ids)
        {
            if (found.Count == PageSize || budget.IsSpent)
            {
                return $"{id}{CursorMark}";
            }

            if (await profiles.FindAsync(id, http.RequestAborted) is not { } profile)
            {
                continue;
            }

            var after = id == place.Integration ? place.After : null;
            var page = await users.ListAsync(profile, text, null, new PageRequest(PageSize - found.Count, after), budget, http.RequestAborted);
            found.AddRange(page.Items.Select(user => new PersonEntry(profile.Integration, user)));
            if (page.NextCursor is { } more)
            {
                return $"{id}{CursorMark}{more}";
            }
        }

        return null;
    }

    /// <summary>Reads a cursor: the integration that the search is at, and the user after whom it goes on there.</summary>
    private static bool TryPlace(string? cursor, out (string? Integration, string? After) place)
    {
        place = default;
        if (string.IsNullOrEmpty(cursor) || cursor == NamedCursor)
        {
            return true;
        }

        var mark = cursor.IndexOf(CursorMark, StringComparison.Ordinal);
        if (mark <= 0 || !IntegrationStore.IsWellFormed(cursor[..mark]) || !PageRequest.TryRead(null, cursor[(mark + 1)..], out var within, out _))
        {
            return false;
        }

        place = (cursor[..mark], within.Cursor);
        return true;
    }
}
