using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>The gateway tokens of an integration, by which the identity provider authenticates.</summary>
internal static class TokenEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/tokens", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listGatewayTokens", "Gateway tokens", "List gateway tokens", "What they are for and until when they are valid; never the tokens themselves.")
            .Answers<Page<TokenResource>>();
        api.MapPost("/integrations/{integrationId}/tokens", GenerateAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("generateGatewayToken", "Gateway tokens", "Generate a gateway token", "Shown this once. The newest valid one before it stays valid for overlapHours.")
            .Takes<TokenRequest>()
            .Answers<CreatedToken>(StatusCodes.Status201Created);
        api.MapDelete("/integrations/{integrationId}/tokens/{tokenId}", RevokeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("revokeGatewayToken", "Gateway tokens", "Revoke a gateway token", "At once.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationStore integrations, TimeProvider clock) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is { } found
            ? ApiJson.Ok(new Page<TokenResource>([.. found.Value.Tokens.Select(token => TokenResource.Of(token, clock.GetUtcNow()))], null))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> GenerateAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var body = await RequestBody.ReadAsync<TokenRequest>(http);
        if (body.Value is not { } request)
        {
            return body.Problem!;
        }

        var result = await service.GenerateTokenAsync(
            integrationId, request.Label, request.LifetimeDays, request.OverlapHours, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } made
            ? ApiJson.With(StatusCodes.Status201Created, new CreatedToken(made.Kept.Id, made.Kept.Label, made.Kept.CreatedAt, made.Kept.ExpiresAt, made.Token))
            : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> RevokeAsync(string integrationId, string tokenId, HttpContext http, IntegrationService service)
    {
        var result = await service.RevokeTokenAsync(integrationId, tokenId, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is null ? Results.NoContent() : ApiProblems.Of(result.Refusal);
    }
}
