using System.Text.Json;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Launch;

/// <summary>Where a credential may be taken from: the sign-in page of the app and its fields. There is no secret in it.</summary>
internal sealed record CapturePage(string App, string Url, IReadOnlyList<string> Origins, LaunchFields Fields);

/// <summary>A credential that its person wants kept.</summary>
internal sealed record CapturedCredential
{
    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>Leaves the secret out.</summary>
    public override string ToString() => $"captured credential of '{UserName}'";
}

/// <summary>
/// Capture: where an administrator allows it, the extension offers people to keep the credential that they typed in the
/// app themselves. It is kept when the person says so, for launches of that person alone.
/// </summary>
internal static class CaptureEndpoints
{
    private const int MaxBody = 16 * 1024;

    public static void MapCapture(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/launch/{integrationId}/capture", DescribeAsync).ExcludeFromDescription();
        routes.MapPost("/launch/{integrationId}/capture", KeepAsync).ExcludeFromDescription();
        routes.MapGet("/launch/{integrationId}/keep", AskAsync).ExcludeFromDescription();
    }

    /// <summary>What the extension has to know before the person types.</summary>
    private static async Task<IResult> DescribeAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches)
    {
        http.Response.Headers.CacheControl = "no-store";
        return await AdmitAsync(integrationId, http, profiles, sessions, launches) is { } admitted && admitted.Profile.Manifest.Launch is { } launch
            ? Results.Json(
                new CapturePage(
                    admitted.Profile.Manifest.AppName, launch.AddressOf(admitted.Profile.Integration.Settings)!.AbsoluteUri, launch.OriginsOf(admitted.Profile.Integration.Settings),
                    new LaunchFields(launch.UserName, launch.Password, launch.Code)),
                LaunchJson.Default.CapturePage)
            : LaunchEndpoints.Refused(StatusCodes.Status403Forbidden);
    }

    private static async Task<IResult> KeepAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches, ConnectedAccountService accounts)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!http.Request.HasJsonContentType() || http.Request.ContentLength is null or > MaxBody
            || await AdmitAsync(integrationId, http, profiles, sessions, launches) is not { } admitted)
        {
            return LaunchEndpoints.Refused(StatusCodes.Status403Forbidden);
        }

        CapturedCredential? captured;
        try
        {
            captured = await JsonSerializer.DeserializeAsync(http.Request.Body, LaunchJson.Default.CapturedCredential, http.RequestAborted);
        }
        catch (JsonException)
        {
            return LaunchEndpoints.Refused(StatusCodes.Status400BadRequest);
        }

        var kept = await accounts.SaveAsync(
            admitted.Profile, admitted.UserId, new ConnectedAccountInput { UserName = captured?.UserName, Password = captured?.Password }, new Provenance(admitted.Person.Name, "person"), http.RequestAborted);
        return kept.Refusal is null ? Results.NoContent() : LaunchEndpoints.Refused(StatusCodes.Status400BadRequest);
    }

    /// <summary>The page on which the extension asks. Without something to ask about it says so.</summary>
    private static async Task<IResult> AskAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, OpenIdSignIn openId, LaunchSignIn purpose)
    {
        if (await sessions.FindAsync(http) is null)
        {
            return await openId.BeginAsync(http, purpose, http.Request.Path);
        }

        return await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? LaunchPages.Page(
                http, StatusCodes.Status200OK, $"Keep your credential for {profile.Manifest.AppName}?",
                "<div id=\"idlcm-keep\"><p>There is nothing to keep. The extension asks here after you have signed in to the app.</p></div><p><a href=\"/me\">What is kept about me</a></p>")
            : LaunchPages.Page(http, StatusCodes.Status404NotFound, "There is no such app", "<p>The link may be wrong, or the app was taken out of use.</p>");
    }

    /// <summary>Who asks, when an administrator allows capture and the identity provider assigned the app to the person, of whom nothing is kept yet.</summary>
    private static async Task<Admitted?> AdmitAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches)
    {
        if (!LaunchEndpoints.IsOurs(http) || http.Request.Headers[LaunchEndpoints.ExtensionHeader] != "1"
            || await sessions.FindAsync(http) is not { } session
            || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile
            || !(await launches.SettingsAsync(profile, http.RequestAborted)).Capture)
        {
            return null;
        }

        return await launches.DecideAsync(profile, session.Person, http.RequestAborted) is { State: LaunchState.NoCredential, UserId: { } userId }
            ? new Admitted(profile, session.Person, userId)
            : null;
    }

    private sealed record Admitted(IntegrationProfile Profile, LaunchPerson Person, string UserId);
}
