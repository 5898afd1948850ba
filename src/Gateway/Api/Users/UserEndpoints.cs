using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>The users of an integration.</summary>
internal static class UserEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/users", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listUsers", "Users", "List users of an integration", "In the order of their creation, deleted ones too. q searches user name, display name, e-mail, username in app and upstream user ID; a whole user name or e-mail address finds its holder at once. state takes several provisioning states between commas. A search through very many users may answer a short page with a nextCursor: go on until that is null.")
            .Answers<Page<UserResource>>();
        api.MapGet("/integrations/{integrationId}/users/{userId}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getUser", "Users", "Read a user", "By SCIM id or user name: what the identity provider wishes, what the app shows, and the newest operations.")
            .Answers<UserDetails>();
        api.MapPost("/integrations/{integrationId}/users/{userId}/resend-invite", ResendAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("resendInvite", "Users", "Have the app's invitation sent again", "For somebody whom the app invited and who has not accepted yet, where the connector can (resendInvite). Nothing is sent where they have accepted meanwhile.")
            .Answers<OperationAccepted>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, UserListing users,
        string? q = null, string? state = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem)
            || !Filters.TryText(q, "q", out var text, out problem)
            || !Filters.TryEnum<ProvisioningState>(state, "state", out var states, out problem))
        {
            return problem!;
        }

        return await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? ApiJson.Ok(await users.ListAsync(profile, text, states, page, http.RequestAborted))
            : ApiProblems.NoIntegration(integrationId);
    }

    private static async Task<IResult> GetAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, UserListing users)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        return await users.FindAsync(profile, userId, http.RequestAborted) is { } user
            ? ApiJson.Ok(user)
            : ApiProblems.Of(Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'."));
    }

    private static Task<IResult> ResendAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, InviteResend invites) =>
        Decision.TakeAsync(
            integrationId, http, profiles, (profile, by) => invites.AskAsync(profile, userId, by, http.RequestAborted), operation => Decision.Accepted(new OperationAccepted(operation)));
}
