using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>Whose access is to go at once, and why.</summary>
internal sealed record RevokeRequest
{
    /// <summary>User name, e-mail address or externalId.</summary>
    public string? Person { get; init; }

    public string? Reason { get; init; }
}

/// <summary>What an emergency revoke did.</summary>
internal sealed record RevokedResource(IReadOnlyList<Revoked> Revoked);

/// <summary>Leavers: emergency revoke, and deletions that were planned.</summary>
internal static class LeaverEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/emergency-revoke", RevokeAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("emergencyRevoke", "Leavers", "Take all access of a person away", "In every integration that the key may use, before everything else in the queues, whatever identity providers send, until it is lifted. A pause holds it too.")
            .Takes<RevokeRequest>()
            .Answers<RevokedResource>(StatusCodes.Status202Accepted);
        api.MapPost("/emergency-revoke/lift", LiftAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("liftEmergencyRevoke", "Leavers", "Lift an emergency revoke", "The person gets what the identity providers wish now.")
            .Takes<RevokeRequest>()
            .Answers<RevokedResource>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/users/{userId}/undo-deletion", UndoAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("undoDeletion", "Leavers", "Keep a deactivated account", "It stays deactivated and is not deleted when its days are over.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static Task<IResult> RevokeAsync(HttpContext http, EmergencyRevoke revoke) => RunAsync(http, revoke, taken: true);

    private static Task<IResult> LiftAsync(HttpContext http, EmergencyRevoke revoke) => RunAsync(http, revoke, taken: false);

    private static async Task<IResult> RunAsync(HttpContext http, EmergencyRevoke revoke, bool taken)
    {
        var body = await RequestBody.ReadAsync<RevokeRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        var caller = ApiCaller.Of(http);
        var result = await revoke.RunAsync(body.Value.Person, taken, body.Value.Reason, caller.MayUse, caller.Provenance(http), http.RequestAborted);
        return result.Value is { } done ? ApiJson.With(StatusCodes.Status202Accepted, new RevokedResource(done)) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> UndoAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, LeaverWatch watch)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await watch.UndoDeletionAsync(profile, userId, ApiCaller.Of(http).Provenance(http), http.RequestAborted)
            ? Results.NoContent()
            : ApiProblems.Of(Refusal.Conflict("no_deletion", "No deletion is planned for this user."));
    }
}
