using System.Text;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Launch;

/// <summary>A person's own page: the apps that are theirs, and what is kept about them.</summary>
internal static class PersonEndpoints
{
    private const string Path = "/me";

    public static void MapPerson(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ShowAsync).ExcludeFromDescription();
        routes.MapPost("/me/forget/{integrationId}", ForgetAsync).ExcludeFromDescription();
        routes.MapPost("/me/sign-out", SignOut).ExcludeFromDescription();
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches, ConnectedAccountService accounts, OpenIdSignIn openId, LaunchSignIn purpose)
    {
        if (await sessions.FindAsync(http) is not { } session)
        {
            return await openId.BeginAsync(http, purpose, Path);
        }

        var rows = new StringBuilder();
        foreach (var id in await integrations.ListIdsAsync(http.RequestAborted))
        {
            if (await profiles.FindAsync(id, http.RequestAborted) is not { } profile
                || await launches.FindUserAsync(profile, session.Person, http.RequestAborted) is not { Owned: true } user || AccountGoals.HasLeft(profile, user))
            {
                continue;
            }

            var kept = await accounts.FindAsync(profile, user.Id, http.RequestAborted);
            var offered = (await launches.SettingsAsync(profile, http.RequestAborted)).Enabled;
            rows.Append("<tr><td>").Append(LaunchPages.Text(profile.Manifest.AppName)).Append("<br><small>").Append(LaunchPages.Text(profile.Integration.Name)).Append("</small></td><td>")
                .Append(offered ? $"<a href=\"/launch/{LaunchPages.Text(id)}\">Open</a>" : "").Append("</td><td>");
            rows.Append(kept is null
                ? "Nothing is kept"
                : $"User name {LaunchPages.Text(kept.UserName)} and a password{(kept.HasTotp ? " and a TOTP secret" : "")}, saved {kept.SavedAt:yyyy-MM-dd HH:mm} UTC by {LaunchPages.Text(kept.SavedBy)}"
                    + $"{(kept.LaunchedAt is { } used ? $", last used {used:yyyy-MM-dd HH:mm} UTC" : ", never used")}"
                    + $" <form method=\"post\" action=\"/me/forget/{LaunchPages.Text(id)}\"><button type=\"submit\">Forget it</button></form>");
            rows.Append("</td></tr>");
        }

        var table = rows.Length == 0
            ? "<p>No app that IdLCM manages is assigned to you.</p>"
            : $"<table><thead><tr><th>App</th><th></th><th>Kept about your own account</th></tr></thead><tbody>{rows}</tbody></table>";
        return LaunchPages.Page(http, StatusCodes.Status200OK, "My apps", $"<p>Signed in as {LaunchPages.Text(session.Name)}. <form method=\"post\" action=\"/me/sign-out\"><button type=\"submit\">Sign out</button></form></p>{table}");
    }

    private static async Task<IResult> ForgetAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches, ConnectedAccountService accounts)
    {
        if (!LaunchEndpoints.IsOurs(http) || await sessions.FindAsync(http) is not { } session)
        {
            return LaunchPages.Page(http, StatusCodes.Status403Forbidden, "Refused", "<p>This form was sent by another site, or you are not signed in any more.</p>");
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            && await launches.FindUserAsync(profile, session.Person, http.RequestAborted) is { } user)
        {
            await accounts.ForgetAsync(profile, user.Id, new Provenance(session.Name, "person"), "the person asked for it", http.RequestAborted);
        }

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
