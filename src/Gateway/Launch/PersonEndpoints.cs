using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Claims;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Launch;

/// <summary>A person's own page: the apps that are theirs, the account in each to claim and to open, and what is kept about them.</summary>
internal static class PersonEndpoints
{
    private const string Path = "/me";

    /// <summary>How many integrations are asked about a person at the same time.</summary>
    private const int MaxAsked = 16;

    public static void MapPerson(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ShowAsync).ExcludeFromDescription();
        routes.MapPost("/me/claim/{integrationId}", ClaimAsync).ExcludeFromDescription();
        routes.MapPost("/me/forget/{integrationId}", ForgetAsync).ExcludeFromDescription();
        routes.MapPost("/me/sign-out", SignOut).ExcludeFromDescription();
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, IntegrationStore integrations, PersonApps apps, PersonSessions sessions, OpenIdSignIn openId, LaunchSignIn purpose, TimeProvider clock)
    {
        if (await sessions.FindAsync(http) is not { } session)
        {
            return await openId.BeginAsync(http, purpose, Path);
        }

        // Each integration is asked by itself, some at a time; the page keeps their order.
        var ids = await integrations.ListIdsAsync(http.RequestAborted);
        var found = new PersonApp?[ids.Count];
        await Parallel.ForAsync(
            0, ids.Count, new ParallelOptions { MaxDegreeOfParallelism = MaxAsked, CancellationToken = http.RequestAborted },
            async (i, stop) => found[i] = await apps.FindAsync(ids[i], session.Person, stop));
        return PersonPages.Apps(http, session.Name, [.. found.OfType<PersonApp>()], clock.GetUtcNow());
    }

    private static Task<IResult> ClaimAsync(string integrationId, HttpContext http, PersonApps apps, PersonSessions sessions, ClaimLinks links) =>
        DecideAsync(http, sessions, async person =>
        {
            if (await apps.FindAsync(integrationId, person, http.RequestAborted) is { AwaitsClaim: true, Account.Revoked: null } app
                && await links.FindAsync(app.Profile, app.UserId, http.RequestAborted) is { } waiting)
            {
                await links.ClaimAsync(app.Profile, waiting, http.RequestAborted);
            }
        });

    private static Task<IResult> ForgetAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches, ConnectedAccountService accounts) =>
        DecideAsync(http, sessions, async person =>
        {
            if (await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile && await launches.FindUserAsync(profile, person, http.RequestAborted) is { } user)
            {
                await accounts.ForgetAsync(profile, user.Id, new Provenance(person.Name, "person"), "the person asked for it", http.RequestAborted);
            }
        });

    private static async Task<IResult> DecideAsync(HttpContext http, PersonSessions sessions, Func<LaunchPerson, Task> decide)
    {
        if (!LaunchEndpoints.IsOurs(http) || await sessions.FindAsync(http) is not { } session)
        {
            return LaunchPages.Page(http, StatusCodes.Status403Forbidden, "Refused", "<p>This form was sent by another site, or you are not signed in any more.</p>");
        }

        await decide(session.Person);
        return Results.LocalRedirect(Path);
    }

    private static IResult SignOut(HttpContext http, PersonSessions sessions)
    {
        if (LaunchEndpoints.IsOurs(http))
        {
            sessions.SignOut(http);
        }

        return LaunchPages.Page(http, StatusCodes.Status200OK, "Signed out", "<p>You are signed out here. You may still be signed in at your identity provider.</p>");
    }
}

/// <summary>Finds the apps that an identity provider assigned to a person.</summary>
internal sealed class PersonApps(
    IRecordStore store, IntegrationProfiles profiles, LaunchService launches, ClaimLinks claims, ConnectedAccountService accounts, ManagedPasswordService managed)
{
    /// <returns>What there is of the person in an integration; null where it was not assigned, or was taken away.</returns>
    public async Task<PersonApp?> FindAsync(string integrationId, LaunchPerson person, CancellationToken cancellationToken)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { } profile
            || await launches.FindUserAsync(profile, person, cancellationToken) is not { Owned: true } user || AccountGoals.HasLeft(profile, user))
        {
            return null;
        }

        return new PersonApp(
            profile,
            user.Id,
            (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value,
            await claims.FindAsync(profile, user.Id, cancellationToken) is not null,
            (await launches.SettingsAsync(profile, cancellationToken)).Enabled,
            await accounts.FindAsync(profile, user.Id, cancellationToken),
            await managed.FindAsync(profile, user.Id, cancellationToken));
    }
}
