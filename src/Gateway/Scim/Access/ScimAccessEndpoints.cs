using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>The management API of an integration's access and captures.</summary>
internal static class ScimAccessEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/scim-access", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getScimAccess", "SCIM access", "Read who may call", "Which credentials the SCIM gateway takes beside its tokens, and until when it captures requests.")
            .Answers<ScimAccessResource>();
        api.MapPut("/integrations/{integrationId}/scim-access", SaveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveScimAccess", "SCIM access", "Set who may call", "Replaces the whole setting; what is left out is off. captureUntil is at most 7 days ahead.")
            .Takes<ScimAccessResource>()
            .Answers<ScimAccessResource>();
        api.MapGet("/integrations/{integrationId}/captures", CapturesAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("listCaptures", "SCIM access", "Read captured requests", "The last 200 SCIM requests and answers while capturing was on, redacted, the newest first.")
            .Answers<CaptureList>();
        api.MapDelete("/integrations/{integrationId}/captures", ClearAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("clearCaptures", "SCIM access", "Forget captured requests", "All of the integration.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> GetAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimAccessSettings settings) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is { } found
            ? ApiJson.Ok(settings.Describe(found.Value))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SaveAsync(string integrationId, HttpContext http, ScimAccessSettings settings)
    {
        var body = await RequestBody.ReadAsync<ScimAccessResource>(http);
        if (body.Value is not { } asked)
        {
            return body.Problem!;
        }

        var result = await settings.SaveAsync(integrationId, asked, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } saved ? ApiJson.Ok(saved) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> CapturesAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures, ScimAccessSettings settings) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is { } found
            ? ApiJson.Ok(new CaptureList(settings.Describe(found.Value).CaptureUntil, await captures.ListAsync(integrationId, http.RequestAborted)))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> ClearAsync(string integrationId, HttpContext http, IntegrationStore integrations, ScimCaptures captures)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        await captures.ClearAsync(integrationId, http.RequestAborted);
        return Results.NoContent();
    }
}
