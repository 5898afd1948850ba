using System.Text;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Launch;

/// <summary>An app of a person, as the person's own page shows it.</summary>
/// <param name="Profile">The integration.</param>
/// <param name="UserId">The person's SCIM id there.</param>
/// <param name="Account">The account in the app; null where there is no record of one.</param>
/// <param name="AwaitsClaim">True while the account is made only once the person claims it.</param>
/// <param name="Launches">True where launches are allowed.</param>
/// <param name="Kept">The person's own account whose credential is kept; null for none.</param>
/// <param name="Managed">How its password stands when the gateway made it; null for one that was given.</param>
internal sealed record PersonApp(
    IntegrationProfile Profile, string UserId, AppAccount? Account, bool AwaitsClaim, bool Launches, ConnectedAccount? Kept, ManagedPassword? Managed);

/// <summary>Writes the person's own page: the apps, the account in each, and what is kept about it.</summary>
internal static class PersonPages
{
    public static IResult Apps(HttpContext http, string name, IReadOnlyList<PersonApp> apps, DateTimeOffset now)
    {
        var body = new StringBuilder($"<div class=\"actions\">Signed in as {LaunchPages.Text(name)}. {Button("/me/sign-out", "Sign out")}</div>");
        if (apps.Count == 0)
        {
            body.Append("<p>No app that IdLCM manages is assigned to you.</p>");
        }
        else
        {
            body.Append("<div class=\"table-wrap\"><table class=\"rows\"><thead><tr><th scope=\"col\">App</th><th scope=\"col\">Your account there</th><th scope=\"col\">Kept about it</th></tr></thead><tbody>");
            foreach (var app in apps)
            {
                body.Append("<tr><th scope=\"row\">").Append(LaunchPages.Text(app.Profile.Manifest.AppName)).Append("<small class=\"sub\">").Append(LaunchPages.Text(app.Profile.Integration.Name)).Append("</small></th><td data-label=\"Your account there\">")
                    .Append(AccountOf(app)).Append("</td><td data-label=\"Kept about it\">").Append(KeptOf(app, now)).Append("</td></tr>");
            }

            body.Append("</tbody></table></div>");
        }

        return LaunchPages.Page(http, StatusCodes.Status200OK, "My apps", body.ToString(), looksAgain: apps.Any(IsBeingMade));
    }

    private static bool IsBeingMade(PersonApp app) =>
        !app.AwaitsClaim && app.Account is { Revoked: null, State: ProvisioningState.ProvisioningAwaiting or ProvisioningState.ProvisioningOngoing };

    private static string AccountOf(PersonApp app)
    {
        var id = LaunchPages.Text(app.Profile.Integration.Id);
        if (app.Account is { Revoked: not null })
        {
            return "Your access was taken away";
        }

        if (app.AwaitsClaim)
        {
            return $"Made when you claim it<div class=\"actions\">{Button($"/me/claim/{id}", "Claim it")}</div>";
        }

        var account = app.Account switch
        {
            _ when IsBeingMade(app) => "Being made",
            { State: ProvisioningState.ProvisioningFailed } => "Could not be made yet. Your administrator sees why",
            { Observed: { Status: "pending" } seen } => $"{LaunchPages.Text(seen.Identifier)}, once you accept the app's invitation",
            { Observed: { Active: false } seen } => $"{LaunchPages.Text(seen.Identifier)}, suspended there",
            { Observed: { } seen } => LaunchPages.Text(seen.Identifier),
            _ => "None",
        };
        return app.Launches ? $"{account}<br><a href=\"/launch/{id}\">Open the app</a>" : account;
    }

    private static string KeptOf(PersonApp app, DateTimeOffset now)
    {
        if (app.Kept is not { } kept)
        {
            return "Nothing is kept";
        }

        var used = kept.LaunchedAt is { } at ? $"last used {Time(at)}" : "never used";
        var (what, after) = app.Managed?.AgeDays(now) is { } days
            ? ($"a password that IdLCM made and nobody knows, {days} days old{(app.Managed.ProvedAt is { } proved ? $", proved by a sign-in {Time(proved)}" : "")}", " <small>Without it you need another password from the app.</small>")
            : ($"a password{(kept.HasTotp ? " and a TOTP secret" : "")}, saved {Time(kept.SavedAt)} by {LaunchPages.Text(kept.SavedBy)}", "");
        return $"User name {LaunchPages.Text(kept.UserName)} and {what}, {used}"
            + $"<div class=\"actions\">{Button($"/me/forget/{LaunchPages.Text(app.Profile.Integration.Id)}", "Forget it")}{after}</div>";
    }

    private static string Button(string action, string text) => $"<form method=\"post\" action=\"{action}\"><button class=\"button small\" type=\"submit\">{text}</button></form>";

    private static string Time(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
