using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Launch;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Claims;

/// <summary>A claim link. Whoever has it can have the account made.</summary>
internal sealed record ClaimLinkResource(string Url, DateTimeOffset ExpiresAt);

/// <summary>Claim links: made through the management API, opened by people.</summary>
internal static class ClaimEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/integrations/{integrationId}/users/{userId}/claim-mail", MailAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("sendClaimMail", "Users", "Send a claim link by e-mail", "Makes a fresh link and sends it to the person's address through the configured SMTP server; again where it was sent before. Earlier links hold until they expire.")
            .Answers<SentClaimMail>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/users/{userId}/skip-claim", SkipAsync)
            .Requires(Permission.DecideChanges)
            .Documents("skipClaim", "Users", "Make an account without the person's claim", "The operation that waits to be claimed runs when its turn comes.")
            .Takes<ReasonRequest>()
            .Answers<OperationResource>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/users/{userId}/claim-link", MakeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("makeClaimLink", "Users", "Make a claim link", "For a person whose account is made when they claim it. Signed, valid for 7 days; make it again to hand it over again.")
            .Answers<ClaimLinkResource>(StatusCodes.Status201Created);
    }

    /// <summary>Maps the pages that people open. A link is only followed by a click, so that a mail scanner claims nothing.</summary>
    public static void MapClaims(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/claim/{token}", ShowAsync).ExcludeFromDescription();
        routes.MapPost("/claim/{token}", ClaimAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> MakeAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimLinks links, GatewayAddress address)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await links.MakeAsync(profile, userId, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } link
            ? ApiJson.With(StatusCodes.Status201Created, new ClaimLinkResource(address.Base(http.Request) + link.Path, link.ExpiresAt))
            : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> MailAsync(
        string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimMails mails, GatewayAddress address)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await mails.SendNowAsync(profile, userId, address.Base(http.Request), ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } sent ? ApiJson.With(StatusCodes.Status202Accepted, sent) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> SkipAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ClaimLinks links)
    {
        var body = await RequestBody.ReadAsync<ReasonRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await links.SkipAsync(profile, userId, body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } operation ? ApiJson.With(StatusCodes.Status202Accepted, new OperationResource(operation)) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ShowAsync(string token, HttpContext http, ClaimLinks links)
    {
        var (profile, waiting, problem) = await links.ReadAsync(token, http.RequestAborted);
        return problem is not null ? Page(http, StatusCodes.Status404NotFound, "Claim your account", $"<p>{problem}</p>")
            : waiting is null ? Progress(http, profile!, await links.AccountAsync(profile!, token, http.RequestAborted))
            : Page(http, StatusCodes.Status200OK, "Claim your account",
                $"<p>An account in {LaunchPages.Text(profile!.Manifest.AppName)} is ready to be made for {LaunchPages.Text(waiting.Target)}.</p><form method=\"post\"><button class=\"button primary\" type=\"submit\">Claim it</button></form>");
    }

    private static async Task<IResult> ClaimAsync(string token, HttpContext http, ClaimLinks links)
    {
        var (profile, waiting, problem) = await links.ReadAsync(token, http.RequestAborted);
        if (problem is not null)
        {
            return Page(http, StatusCodes.Status404NotFound, "Claim your account", $"<p>{problem}</p>");
        }

        if (waiting is not null)
        {
            await links.ClaimAsync(profile!, waiting, http.RequestAborted);
        }

        return Progress(http, profile!, await links.AccountAsync(profile!, token, http.RequestAborted));
    }

    /// <summary>Who needs the account now is told when it is there.</summary>
    private static IResult Progress(HttpContext http, IntegrationProfile profile, AppAccount? account)
    {
        var app = LaunchPages.Text(profile.Manifest.AppName);
        return account switch
        {
            { State: ProvisioningState.ProvisioningAwaiting or ProvisioningState.ProvisioningOngoing } =>
                Page(http, StatusCodes.Status200OK, "Account claimed", $"<p>Your account in {app} is being made. This page tells you when it is there.</p>", reload: true),
            { State: ProvisioningState.ProvisioningFailed } =>
                Page(http, StatusCodes.Status200OK, "Account claimed", $"<p>Your account in {app} could not be made yet. Your administrator sees why.</p>"),
            { Observed: { } seen } => Page(http, StatusCodes.Status200OK, "Account claimed", seen.Status == "pending"
                ? $"<p>Your account in {app} has been claimed already: {app} has sent you an invitation.</p>"
                : $"<p>Your account in {app} has been claimed already and is ready.</p>"),
            _ => Page(http, StatusCodes.Status200OK, "Claim your account", $"<p>Your account in {app} has been claimed already.</p>"),
        };
    }

    private static IResult Page(HttpContext http, int status, string title, string body, bool reload = false) =>
        LaunchPages.Page(http, status, title, body, looksAgain: reload);
}
