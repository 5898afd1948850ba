using IdLcm.Domain.Integrations;
using IdLcm.Domain.Rotation;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Posture;

/// <summary>The rotation policy of an integration.</summary>
/// <param name="Own">Its own; null where it has none.</param>
/// <param name="InForce">The one that counts: its own, or the workspace's; null for none.</param>
internal sealed record RotationPolicyResource(RotationPolicy? Own, RotationPolicy? InForce);

/// <summary>When passwords are rotated by themselves.</summary>
internal static class RotationPolicyEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/rotation-policy", GetWorkspaceAsync)
            .Requires(Permission.ReadWorkspace)
            .Documents("getWorkspaceRotationPolicy", "Posture", "Read the workspace's rotation policy", "For every integration that has none of its own, as far as the lists say.")
            .Answers<WorkspaceRotation>();
        api.MapPut("/rotation-policy", SetWorkspaceAsync)
            .Requires(Permission.PauseWorkspace)
            .Documents("setWorkspaceRotationPolicy", "Posture", "Set the workspace's rotation policy", "include names the integrations that it is for (empty for all); those under exclude are never rotated by a policy.")
            .Takes<WorkspaceRotation>()
            .Answers<WorkspaceRotation>();
        api.MapGet("/integrations/{integrationId}/rotation-policy", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getRotationPolicy", "Posture", "Read an integration's rotation policy", "Its own, and the one in force.")
            .Answers<RotationPolicyResource>();
        api.MapPut("/integrations/{integrationId}/rotation-policy", SetAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("setRotationPolicy", "Posture", "Set an integration's rotation policy", "As a whole: by the clock, by age, before the app's own expiry, after a leaver; within a window of the day. It counts instead of the workspace's.")
            .Takes<RotationPolicy>()
            .Answers<RotationPolicyResource>();
        api.MapDelete("/integrations/{integrationId}/rotation-policy", RemoveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("removeRotationPolicy", "Posture", "Remove an integration's rotation policy", "The workspace's counts again.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> GetWorkspaceAsync(HttpContext http, RotationTimer rotations) => ApiJson.Ok(await rotations.WorkspaceAsync(http.RequestAborted));

    private static async Task<IResult> SetWorkspaceAsync(HttpContext http, RotationPolicies policies)
    {
        var body = await RequestBody.ReadAsync<WorkspaceRotation>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        return await policies.SetWorkspaceAsync(body.Value, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? ApiProblems.Of(refusal)
            : ApiJson.Ok(body.Value);
    }

    private static async Task<IResult> GetAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, RotationPolicies policies, RotationTimer rotations) =>
        await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? await ShowAsync(profile, http, policies, rotations)
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SetAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, RotationPolicies policies, RotationTimer rotations)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var body = await RequestBody.ReadAsync<RotationPolicy>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        return await policies.SetAsync(profile, body.Value, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? ApiProblems.Of(refusal)
            : await ShowAsync(profile, http, policies, rotations);
    }

    private static async Task<IResult> RemoveAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, RotationPolicies policies)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        await policies.SetAsync(profile, null, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> ShowAsync(IntegrationProfile profile, HttpContext http, RotationPolicies policies, RotationTimer rotations) =>
        ApiJson.Ok(new RotationPolicyResource(await policies.OwnAsync(profile, http.RequestAborted), await rotations.PolicyAsync(profile, http.RequestAborted)));
}
