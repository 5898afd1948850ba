using IdLcm.Domain.Integrations;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>An account that no identity provider claims.</summary>
internal sealed record UnmatchedResource(
    string UserId, string Identifier, string? StatusInApp, IReadOnlyList<string> Roles, DateTimeOffset? SeenAt, Exemption? Exemption)
{
    public static UnmatchedResource Of(UnmatchedAccount unmatched) => new(
        unmatched.UserId, unmatched.Account.Identifier, unmatched.Account.Observed?.Status, unmatched.Account.Observed?.Roles ?? [], unmatched.Account.Observed?.SeenAt, unmatched.Exemption);
}

/// <summary>Whose account it is: of a user that is here, or of one who will come with a user name.</summary>
internal sealed record MatchRequest
{
    public string? UserId { get; init; }

    public string? UserName { get; init; }
}

/// <summary>Why an account needs no identity provider, and until when.</summary>
internal sealed record ExemptRequest
{
    public string? Reason { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Whose account it is from now on.</summary>
internal sealed record MatchedResource(string UserId);

/// <summary>Accounts that no identity provider claims, and what people decide about them.</summary>
internal static class UnmatchedEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/unmatched", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listUnmatched", "Unmatched users", "List unmatched users", "Accounts of the app that no identity provider claims. exempted=false leaves out those that are exempted.")
            .Answers<Page<UnmatchedResource>>();
        api.MapPost("/integrations/{integrationId}/unmatched/{userId}/match", MatchAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("matchUser", "Unmatched users", "Match an account", "Says whose it is: userId of a person whom an identity provider sent, or userName of one who will come.")
            .Takes<MatchRequest>()
            .Answers<MatchedResource>();
        api.MapPost("/integrations/{integrationId}/unmatched/{userId}/exempt", ExemptAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("exemptUser", "Unmatched users", "Exempt an account", "It needs no identity provider, for good or until a date.")
            .Takes<ExemptRequest>()
            .Answers<MatchedResource>();
        api.MapPost("/integrations/{integrationId}/unmatched/{userId}/unexempt", UnexemptAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("endExemption", "Unmatched users", "End an exemption", "The account is in question again.")
            .Takes<ReasonRequest>()
            .Answers<MatchedResource>();
        api.MapPost("/integrations/{integrationId}/unmatched/{userId}/remove", RemoveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("removeUnmatchedUser", "Unmatched users", "Ask to remove an account", "Opens an approval; once approved, the account is removed from the app. The service account never is.")
            .Takes<ReasonRequest>()
            .Answers<ApprovalRecord>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched, string? exempted = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem) || !Filters.TryFlag(exempted, "exempted", out var only, out problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var found = new List<UnmatchedResource>();
        await foreach (var account in unmatched.ReadAsync(profile, page.Cursor, http.RequestAborted))
        {
            if (only is { } wanted && account.Exemption is not null != wanted)
            {
                continue;
            }

            if (found.Count == page.Limit)
            {
                return ApiJson.Ok(new Page<UnmatchedResource>(found, found[^1].UserId));
            }

            found.Add(UnmatchedResource.Of(account));
        }

        return ApiJson.Ok(new Page<UnmatchedResource>(found, null));
    }

    private static Task<IResult> MatchAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched) =>
        Decision.TakeAsync<MatchRequest, UserRecord>(
            integrationId, http, profiles,
            async (profile, said, by) => said switch
            {
                { UserId: { } owner, UserName: null } => await unmatched.MatchAsync(profile, userId, owner, by, http.RequestAborted),
                { UserId: null, UserName: { } name } => await unmatched.AwaitAsync(profile, userId, name, by, http.RequestAborted),
                _ => Refusal.Invalid("userId", "or userName is required, and one of them only."),
            },
            Show);

    private static Task<IResult> ExemptAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched) =>
        Decision.TakeAsync<ExemptRequest, UserRecord>(
            integrationId, http, profiles, (profile, said, by) => unmatched.ExemptAsync(profile, userId, exemption: true, said.Reason, said.ExpiresAt, by, http.RequestAborted), Show);

    private static Task<IResult> UnexemptAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, Unmatched unmatched) =>
        Decision.TakeAsync<ReasonRequest, UserRecord>(
            integrationId, http, profiles, (profile, said, by) => unmatched.ExemptAsync(profile, userId, exemption: false, said.Reason, null, by, http.RequestAborted), Show);

    private static Task<IResult> RemoveAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, UnmatchedRemoval removal) =>
        Decision.TakeAsync<ReasonRequest, ApprovalRecord>(
            integrationId, http, profiles, (profile, said, by) => removal.AskAsync(profile, userId, said.Reason, by, http.RequestAborted), Decision.Accepted);

    private static IResult Show(UserRecord user) => ApiJson.Ok(new MatchedResource(user.Id));
}
