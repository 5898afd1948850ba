using IdLcm.Domain.Access;
using IdLcm.Domain.Assets;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>Which entitlements a person is to get and to lose, by their value strings.</summary>
internal sealed record AccessRequest
{
    public IReadOnlyList<string>? Grant { get; init; }

    public IReadOnlyList<string>? Revoke { get; init; }

    public string? Reason { get; init; }
}

/// <summary>Assets with their entitlements, and access to them.</summary>
internal static class AssetEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/assets", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listAssets", "Assets", "List assets with their entitlements", "What the app manages access to, as the last sync read it. q searches the names.")
            .Answers<Page<Asset>>();
        api.MapPost("/integrations/{integrationId}/users/{userId}/entitlements", ChangeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("changeEntitlements", "Assets", "Grant and revoke entitlements of a person", "By value strings. The wish changes, and an operation carries it to the app; an identity provider that manages entitlements itself has the last word when it next sends them.")
            .Takes<AccessRequest>()
            .Answers<DecidedAccess>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, AssetCatalog assets, string? q = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryReadLimit(limit, out var count, out var problem) || !Filters.TryText(q, "q", out var text, out problem))
        {
            return problem!;
        }

        if (cursor is { Length: > 0 } && !IntegrationStore.IsWellFormed(cursor))
        {
            return PageRequest.BadCursor();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (items, more) = await assets.ListAsync(
            profile, asset => Filters.Contains(text, asset.Name, asset.DisplayName, asset.Description), count, string.IsNullOrEmpty(cursor) ? null : cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<Asset>(items, more ? items[^1].Id : null));
    }

    private static async Task<IResult> ChangeAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, AccessDecisions decisions)
    {
        var body = await RequestBody.ReadAsync<AccessRequest>(http);
        if (body.Value is not { } request)
        {
            return body.Problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var result = await decisions.ChangeAsync(
            profile, userId, request.Grant ?? [], request.Revoke ?? [], request.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } decided ? ApiJson.With(StatusCodes.Status202Accepted, decided) : ApiProblems.Of(result.Refusal!);
    }
}
