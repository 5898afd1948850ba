using System.Text.Json;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Launch;

/// <summary>What the extension sends to take a release.</summary>
internal sealed record ReleaseRequest
{
    public string? Release { get; init; }
}

/// <summary>
/// Launch: the address that stands in an identity provider's portal (a Bookmark app) signs the person in, checks that they
/// may, and releases the credential of their own account to the launch extension, once.
/// </summary>
internal static class LaunchEndpoints
{
    public const string ExtensionHeader = "X-IdLCM-Extension";

    public static void MapLaunch(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/launch/{integrationId}", ShowAsync).ExcludeFromDescription();
        routes.MapPost("/launch/{integrationId}/release", ReleaseAsync).ExcludeFromDescription();
        routes.MapPost("/launch/{integrationId}/reveal", RevealAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> ShowAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches, OpenIdSignIn openId, LaunchSignIn purpose)
    {
        // First who it is: nobody unknown learns which integrations there are.
        if (await sessions.FindAsync(http) is not { } session)
        {
            return await openId.BeginAsync(http, purpose, http.Request.Path);
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return LaunchPages.Page(http, StatusCodes.Status404NotFound, "There is no such app", "<p>The link may be wrong, or the app was taken out of use.</p>");
        }

        var app = LaunchPages.Text(profile.Manifest.AppName);
        var decision = await launches.DecideAsync(profile, session.Person, http.RequestAborted);
        if (decision.State is LaunchState.NotAssigned or LaunchState.Suspended)
        {
            await launches.DeniedAsync(profile, session.Person, decision, http.RequestAborted);
        }

        switch (decision.State)
        {
            case LaunchState.Ready:
                var token = await launches.GrantAsync(profile, decision.UserId!, http.RequestAborted);
                var settings = await launches.SettingsAsync(profile, http.RequestAborted);
                var without = settings.WithoutExtension
                    ? $"<form method=\"post\" action=\"/launch/{LaunchPages.Text(integrationId)}/reveal\"><input type=\"hidden\" name=\"release\" value=\"{token}\"><button class=\"button\" type=\"submit\">Show me the credential instead</button></form>"
                    : "<p>Without the extension this app cannot be opened from here.</p>";
                return LaunchPages.Page(
                    http, StatusCodes.Status200OK, $"Opening {profile.Manifest.AppName}",
                    $"<p>The IdLCM extension of your browser signs you in to {app}.</p><p>If nothing happens, the extension is missing or not set up for this gateway. A launch is good for a minute: reload this page to begin again.</p>{without}",
                    $"<meta name=\"idlcm-release\" content=\"{token}\">");
            case LaunchState.Waiting:
                return LaunchPages.Page(http, StatusCodes.Status200OK, "Your account is being made", $"<p>Your account in {app} is on its way. This page looks again by itself.</p>", looksAgain: true);
            case LaunchState.NoCredential when (await launches.SettingsAsync(profile, http.RequestAborted)).Capture:
                return LaunchPages.Page(
                    http, StatusCodes.Status200OK, $"Sign in to {profile.Manifest.AppName} once",
                    $"<p>No credential of yours is kept for {app}. The IdLCM extension of your browser opens the app: sign in there as usual. It then asks whether it is to be kept, and keeps nothing unless you say so.</p><p>If nothing happens, the extension is missing or not set up for this gateway.</p>",
                    "<meta name=\"idlcm-capture\" content=\"1\">");
            case LaunchState.NoCredential:
                return LaunchPages.Page(http, StatusCodes.Status409Conflict, "No credential is kept", $"<p>You have an account in {app}, and no credential of it is kept here. Ask your administrator.</p>");
            case LaunchState.Failed:
                return LaunchPages.Page(http, StatusCodes.Status409Conflict, "Your account could not be made", $"<p>Making your account in {app} failed. Your administrator sees why.</p>");
            case LaunchState.NotOffered:
                return LaunchPages.Page(http, StatusCodes.Status404NotFound, "This app cannot be opened from here", $"<p>Opening {app} from here is not allowed.</p>");
            default:
                return LaunchPages.Page(http, StatusCodes.Status403Forbidden, "You may not open this app", $"<p role=\"alert\">{app} is not assigned to you now. Ask whoever assigns apps in your organization.</p>");
        }
    }

    private static async Task<IResult> ReleaseAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches)
    {
        http.Response.Headers.CacheControl = "no-store";

        // A foreign page can send neither this header nor this media type without being asked for leave, which it does not get.
        if (!IsOurs(http) || http.Request.Headers[ExtensionHeader] != "1" || !http.Request.HasJsonContentType())
        {
            return Refused(StatusCodes.Status403Forbidden);
        }

        ReleaseRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(http.Request.Body, LaunchJson.Default.ReleaseRequest, http.RequestAborted);
        }
        catch (JsonException)
        {
            return Refused(StatusCodes.Status400BadRequest);
        }

        return await TakeAsync(integrationId, request?.Release, "extension", http, profiles, sessions, launches) is { } credential
            ? Results.Json(credential, LaunchJson.Default.ReleasedCredential)
            : Refused(StatusCodes.Status410Gone);
    }

    private static async Task<IResult> RevealAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches)
    {
        if (!IsOurs(http) || !http.Request.HasFormContentType
            || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile
            || !(await launches.SettingsAsync(profile, http.RequestAborted)).WithoutExtension)
        {
            return LaunchPages.Page(http, StatusCodes.Status403Forbidden, "Refused", "<p>Credentials of this app are not shown.</p>");
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (await TakeAsync(integrationId, form["release"].ToString(), "page", http, profiles, sessions, launches) is not { } credential)
        {
            return LaunchPages.Page(
                http, StatusCodes.Status410Gone, "This launch is over", $"<p>It was used already, or took longer than a minute. <a href=\"/launch/{LaunchPages.Text(integrationId)}\">Begin again</a></p>");
        }

        string Row(string label, string id, string? value, string type) => value is null ? "" :
            $"<div class=\"inline-form\"><label class=\"field\"><span>{label}</span><input id=\"{id}\" type=\"{type}\" readonly value=\"{LaunchPages.Text(value)}\"></label><button class=\"button\" type=\"button\" data-copy=\"{id}\" aria-label=\"Copy {label.ToLowerInvariant()}\">Copy</button></div>";
        return LaunchPages.Page(
            http, StatusCodes.Status200OK, $"Your credential for {profile.Manifest.AppName}",
            $"<div class=\"stack\">{Row("User name", "user", credential.UserName, "text")}{Row("Password", "password", credential.Password, "password")}{Row("One-time code", "code", credential.Code, "text")}</div><p class=\"section\"><a href=\"{LaunchPages.Text(credential.Url)}\" rel=\"noreferrer\">Open {LaunchPages.Text(profile.Manifest.AppName)}</a></p><p>This page is shown once.</p>");
    }

    private static async Task<ReleasedCredential?> TakeAsync(
        string integrationId, string? token, string way, HttpContext http, IntegrationProfiles profiles, PersonSessions sessions, LaunchService launches) =>
        await sessions.FindAsync(http) is { } session && await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? await launches.TakeAsync(profile, token, session.Person, way, http.RequestAborted)
            : null;

    public static IResult Refused(int status) => Results.Text("", "text/plain", statusCode: status);

    /// <summary>Browsers say where a request comes from (Fetch Metadata); one that was begun elsewhere is not taken.</summary>
    public static bool IsOurs(HttpContext http) => http.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin";
}
