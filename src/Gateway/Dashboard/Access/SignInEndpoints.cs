using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the sign-in page shows.</summary>
/// <param name="Link">The secret of the link that was opened, or null.</param>
/// <param name="Return">Where to go afterwards.</param>
/// <param name="Problem">What went wrong, or null.</param>
/// <param name="Provider">The OpenID provider's name, or null where there is none.</param>
/// <param name="Lifetime">How long a browser stays signed in.</param>
internal sealed record SignInModel(string? Link, string Return, string? Problem, string? Provider, TimeSpan Lifetime);

/// <summary>Signs people in, by one-time links and by the OpenID provider, and out.</summary>
internal static partial class SignInEndpoints
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet(DashboardSignIn.Path, Show).Needs(Permission.Anonymous);
        pages.MapPost(DashboardSignIn.Path, SignInAsync).Needs(Permission.Anonymous);
        pages.MapGet(ProviderSignIn.BeginPath, BeginAsync).Needs(Permission.Anonymous);
        pages.MapGet(OpenIdSignIn.CallbackPath, EndAsync).Needs(Permission.Anonymous);
        pages.MapPost("/sign-out", SignOutAsync).Needs(Permission.ReadWorkspace);

        // What a page asks before it sends what somebody typed: their session may have ended, or be another one than the page's.
        pages.MapGet("/form-token", (HttpContext http) => Results.Text(DashboardUser.Of(http).FormToken)).Needs(Permission.ReadWorkspace);
    }

    /// <summary>Maps the way to a new link for who holds an Owner key: <c>POST /api/sign-in-links</c>.</summary>
    public static void MapApi(RouteGroupBuilder api) =>
        api.MapPost("/sign-in-links", NewLinkAsync)
            .Requires(Permission.SignInAsOwner)
            .Documents("createSignInLink", "Workspace", "Make a sign-in link", "A link that signs the workspace's Owner in to the dashboard, once, within an hour. Needs an Owner key.")
            .Answers<SignInLinkResource>(StatusCodes.Status201Created);

    // A link is used up by the button and not by opening it: mail filters and chat previews open links, too.
    private static IResult Show(SignInOptions options, string? link = null, string? @return = null) =>
        Page(options, string.IsNullOrEmpty(link) ? null : link, LocalPath.Of(@return), null);

    /// <summary>The sign-in page.</summary>
    public static IResult Page(SignInOptions options, string? link, string back, string? problem, int status = StatusCodes.Status200OK) =>
        PageResult.Of<SignInPage, SignInModel>(new SignInModel(link, back, problem, options.OpenId?.DisplayName, options.SessionLifetime), status);

    private static Task<IResult> BeginAsync(HttpContext http, OpenIdSignIn openId, ProviderSignIn purpose, string? @return = null) =>
        openId.BeginAsync(http, purpose, @return);

    private static Task<IResult> EndAsync(HttpContext http, OpenIdSignIn openId, IEnumerable<ISignInPurpose> purposes, ProviderSignIn fallback) =>
        openId.EndAsync(http, purposes, fallback);

    private static async Task<IResult> SignInAsync(
        HttpContext http, Administrators administrators, DashboardGate gate, SignInNotes notes, SignInOptions options, FailureLimiter limiter, ILogger<DashboardGate> logger)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var back = LocalPath.Of(form["return"].ToString());
        if (await administrators.SignInAsync(form["link"].ToString().Trim(), http.RequestAborted) is { } signedIn)
        {
            LogSignedIn(logger, signedIn.Administrator.Id, signedIn.Administrator.Role, http.Connection.RemoteIpAddress);
            await notes.SignedInAsync(http, signedIn.Administrator, "by a link");
            gate.SetCookie(http, signedIn.Cookie);
            return Results.LocalRedirect(back);
        }

        LogRefused(logger, http.Connection.RemoteIpAddress);
        await notes.DeniedAsync(http, "unknown", "the link was wrong, used or expired");
        var waits = limiter.Count(http.Connection.RemoteIpAddress) is not null;
        return Page(
            options,
            null,
            back,
            waits ? "Too many wrong links came from your address. Wait a minute." : "This link has been used, has expired or is not complete. Ask for a new one.",
            waits ? StatusCodes.Status429TooManyRequests : StatusCodes.Status401Unauthorized);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, Administrators administrators, DashboardGate gate, SignInNotes notes, ILogger<DashboardGate> logger)
    {
        var user = DashboardUser.Of(http);
        await administrators.SignOutAsync(user.Cookie, http.RequestAborted);
        gate.SetCookie(http, null);
        LogSignedOut(logger, user.Administrator.Id);
        await notes.SignedOutAsync(http, user.Administrator);
        return Results.LocalRedirect(DashboardSignIn.Path);
    }

    private static async Task<IResult> NewLinkAsync(HttpContext http, Administrators administrators, GatewayAddress address, ILogger<DashboardGate> logger)
    {
        var caller = ApiCaller.Of(http);
        var owner = await administrators.EnsureOwnerAsync(http.RequestAborted);
        var (secret, expiresAt) = await administrators.NewLinkAsync(owner.Id, http.RequestAborted);
        LogLinkMade(logger, owner.Id, caller.Key.Id);
        return Results.Json(
            new SignInLinkResource(DashboardSignIn.Address(address.Base(http.Request), secret), expiresAt), DashboardJson.Default.SignInLinkResource, statusCode: StatusCodes.Status201Created);
    }

    [LoggerMessage(2311, LogLevel.Information, "Administrator {AdministratorId} with role {Role} signed in from {Address}")]
    private static partial void LogSignedIn(ILogger logger, string administratorId, WorkspaceRole role, System.Net.IPAddress? address);

    [LoggerMessage(2312, LogLevel.Warning, "A sign-in from {Address} was refused: the link was wrong, used or expired")]
    private static partial void LogRefused(ILogger logger, System.Net.IPAddress? address);

    [LoggerMessage(2313, LogLevel.Information, "Administrator {AdministratorId} signed out")]
    private static partial void LogSignedOut(ILogger logger, string administratorId);

    [LoggerMessage(2314, LogLevel.Information, "A sign-in link for administrator {AdministratorId} was made by key {KeyId}")]
    private static partial void LogLinkMade(ILogger logger, string administratorId, string keyId);
}
