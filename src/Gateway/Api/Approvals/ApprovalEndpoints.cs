using IdLcm.Domain.Approvals;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>Destructive changes and held operations that wait for a person.</summary>
internal static class ApprovalEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/approvals", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listApprovals", "Approvals", "List approvals", "Newest first. status takes several values between commas.")
            .Answers<Page<ApprovalRecord>>();
        api.MapPost("/integrations/{integrationId}/approvals/{approvalId}/approve", ApproveAsync)
            .Requires(Permission.DecideChanges)
            .Documents("approve", "Approvals", "Approve a destructive change", "It is done as an ordinary operation. The erasure of personal data takes an Admin or above, and is done when this answers.")
            .Takes<ReasonRequest>()
            .Answers<DecidedApproval>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/approvals/{approvalId}/reject", RejectAsync)
            .Requires(Permission.DecideChanges)
            .Documents("rejectApproval", "Approvals", "Reject a destructive change", "It is not done.")
            .Takes<ReasonRequest>()
            .Answers<DecidedApproval>(StatusCodes.Status202Accepted);
        api.MapGet("/integrations/{integrationId}/held-operations", HeldAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listHeldOperations", "Approvals", "List held operations", "Operations that were accepted and wait for a person's word: approval, a claim, or more removals than are plausible. At most 200.")
            .Answers<Page<OperationResource>>();
        api.MapPost("/integrations/{integrationId}/held-operations/{operationId}/release", ReleaseAsync)
            .Requires(Permission.DecideChanges)
            .Documents("releaseOperation", "Approvals", "Release a held operation", "It runs when its turn comes. Who, when and why are in the activity.")
            .Takes<ReasonRequest>()
            .Answers<OperationResource>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/held-operations/{operationId}/reject", WithdrawAsync)
            .Requires(Permission.DecideChanges)
            .Documents("rejectHeldOperation", "Approvals", "Reject a held operation", "It is cancelled; the account stays as it is in the app. Who, when and why are in the activity.")
            .Takes<ReasonRequest>()
            .Answers<OperationResource>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/users/{userId}/erase", AskErasureAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("eraseUser", "Approvals", "Ask for the erasure of a deleted person's data", "Opens an approval, which takes an Admin or above. The activity keeps what happened, and its chain goes on holding.")
            .Takes<ReasonRequest>()
            .Answers<ApprovalRecord>(StatusCodes.Status201Created);
    }

    private static async Task<IResult> AskErasureAsync(string integrationId, string userId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals)
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

        var result = await approvals.AskErasureAsync(profile, userId, body.Value.Reason, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } approval ? ApiJson.With(StatusCodes.Status201Created, approval) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals, string? status = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem) || !Filters.TryEnum<ApprovalStatus>(status, "status", out var statuses, out problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (items, more) = await approvals.ListAsync(profile, a => statuses?.Contains(a.Status) != false, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<ApprovalRecord>(items, more ? items[^1].Id : null));
    }

    private static Task<IResult> ApproveAsync(string integrationId, string approvalId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        DecideAsync(integrationId, approvalId, approve: true, http, profiles, approvals);

    private static Task<IResult> RejectAsync(string integrationId, string approvalId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        DecideAsync(integrationId, approvalId, approve: false, http, profiles, approvals);

    private static Task<IResult> DecideAsync(string integrationId, string id, bool approve, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        Decision.TakeAsync<ReasonRequest, DecidedApproval>(
            integrationId, http, profiles,
            (profile, said, by) => approvals.DecideAsync(profile, id, approve, said.Reason, by, ApiCaller.Of(http).Has(Permission.ErasePeople), http.RequestAborted),
            Decision.Accepted);

    private static async Task<IResult> HeldAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var held = new List<OperationResource>();
        await foreach (var operation in approvals.HeldAsync(profile, http.RequestAborted))
        {
            held.Add(new OperationResource(operation));
            if (held.Count == PageRequest.MaxLimit)
            {
                break;
            }
        }

        return ApiJson.Ok(new Page<OperationResource>(held, null));
    }

    private static Task<IResult> ReleaseAsync(string integrationId, string operationId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        DecideHeldAsync(integrationId, operationId, release: true, http, profiles, approvals);

    private static Task<IResult> WithdrawAsync(string integrationId, string operationId, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        DecideHeldAsync(integrationId, operationId, release: false, http, profiles, approvals);

    private static Task<IResult> DecideHeldAsync(
        string integrationId, string operationId, bool release, HttpContext http, IntegrationProfiles profiles, ApprovalService approvals) =>
        Decision.TakeAsync<ReasonRequest, Operation>(
            integrationId, http, profiles, (profile, said, by) => approvals.DecideHeldAsync(profile, operationId, release, said.Reason, by, http.RequestAborted),
            operation => Decision.Accepted(new OperationResource(operation)));
}
