using System.Net;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
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
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/integrations/{integrationId}/users/{userId}/claim-link", MakeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("makeClaimLink", "Users", "Make a claim link", "For a person whose account is made when they claim it. Signed, valid for 7 days; make it again to send it again. To skip the claim, release the held operation.")
            .Answers<ClaimLinkResource>(StatusCodes.Status201Created);

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

    private static async Task<IResult> ShowAsync(string token, HttpContext http, ClaimLinks links)
    {
        var (profile, waiting, problem) = await links.ReadAsync(token, http.RequestAborted);
        return problem is not null ? Page(http, StatusCodes.Status404NotFound, "Claim your account", $"<p>{problem}</p>")
            : waiting is null ? Page(http, StatusCodes.Status200OK, "Claim your account", $"<p>Your account in {Text(profile!.Manifest.AppName)} has been claimed already.</p>")
            : Page(http, StatusCodes.Status200OK, "Claim your account",
                $"<p>An account in {Text(profile!.Manifest.AppName)} is ready to be made for {Text(waiting.Target)}.</p><form method=\"post\"><button type=\"submit\">Claim it</button></form>");
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

        return Page(http, StatusCodes.Status200OK, "Account claimed", $"<p>Your account in {Text(profile!.Manifest.AppName)} is being made. You hear from the app itself.</p>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static IResult Page(HttpContext http, int status, string title, string body)
    {
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Results.Content(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>"
            + "<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:12vh auto;padding:0 1.5rem}button{font:inherit;padding:.5rem 1rem}</style></head>"
            + $"<body><h1>{title}</h1>{body}</body></html>",
            "text/html; charset=utf-8",
            statusCode: status);
    }
}
