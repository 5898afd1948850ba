using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>A sync plan, as in lists.</summary>
internal sealed record SyncPlanResource(
    string Id, SyncPlanStatus Status, DateTimeOffset ReadAt, DateTimeOffset CreatedAt, SyncCounts Counts, int Lines, IReadOnlyList<string> HaltReasons,
    SyncDecision? Decision, string? AppliedBy, DateTimeOffset? AppliedAt, SyncApplied? Applied, int Dropped)
{
    public static SyncPlanResource Of(SyncPlanRecord plan) => new(
        plan.Id, plan.Status, plan.ReadAt, plan.CreatedAt, plan.Counts, plan.Lines, plan.HaltReasons, plan.Decision, plan.AppliedBy, plan.AppliedAt, plan.Applied, plan.Dropped);
}

/// <summary>One line of a plan.</summary>
internal sealed record SyncLineResource(
    SyncEntryKind Kind, string Identifier, string? UserId, string? StatusInApp, IReadOnlyList<string> Roles, IReadOnlyList<SyncDifference> Differences, IReadOnlyList<string> Lost)
{
    public static SyncLineResource Of(SyncEntry entry) =>
        new(entry.Kind, entry.Identifier, entry.UserId, entry.Seen?.Status, entry.Seen?.Roles ?? [], entry.Differences, entry.Lost);
}

/// <summary>A person's word, and why.</summary>
internal sealed record ReasonRequest
{
    public string? Reason { get; init; }
}

/// <summary>A plan that was decided about.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="OperationId">The sync that applies it; null for a rejected one.</param>
internal sealed record DecidedPlanResource(SyncPlanResource Plan, string? OperationId);

/// <summary>What is to be corrected in the app.</summary>
internal sealed record CorrectDriftRequest
{
    /// <summary>The accounts' keys; null for all that differ.</summary>
    public IReadOnlyList<string>? AccountKeys { get; init; }

    /// <summary>True to take access away too.</summary>
    public bool IncludeUnwanted { get; init; }

    public string? Reason { get; init; }
}

/// <summary>How many operations were opened.</summary>
internal sealed record OpenedOperations(int Operations);

/// <summary>Sync plans, what people decide about them, and drift.</summary>
internal static class SyncPlanEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/sync-plans", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listSyncPlans", "Sync", "List sync plans", "Newest first. A plan's id is that of the sync that made it.")
            .Answers<Page<SyncPlanResource>>();
        api.MapGet("/integrations/{integrationId}/sync-plans/{planId}", GetAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("getSyncPlan", "Sync", "Read a sync plan", "Its numbers, why it was halted, who decided.")
            .Answers<SyncPlanResource>();
        api.MapGet("/integrations/{integrationId}/sync-plans/{planId}/lines", LinesAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listSyncPlanLines", "Sync", "Read the diff of a sync plan", "What it would record, account by account.")
            .Answers<Page<SyncLineResource>>();
        api.MapPost("/integrations/{integrationId}/sync-plans/{planId}/allow", AllowAsync)
            .Requires(Permission.DecideChanges)
            .Documents("allowSyncPlan", "Sync", "Allow a halted plan once", "Applies exactly this plan; where its read is old, what a new read no longer bears out is left out.")
            .Takes<ReasonRequest>()
            .Answers<DecidedPlanResource>(StatusCodes.Status202Accepted);
        api.MapPost("/integrations/{integrationId}/sync-plans/{planId}/reject", RejectAsync)
            .Requires(Permission.DecideChanges)
            .Documents("rejectSyncPlan", "Sync", "Reject a halted plan", "It is never applied.")
            .Takes<ReasonRequest>()
            .Answers<DecidedPlanResource>(StatusCodes.Status202Accepted);
        api.MapGet("/integrations/{integrationId}/drift", DriftAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listDrift", "Sync", "Read the drift", "Where what the app showed last differs from what identity providers wish, in both directions. Accounts with an open operation are left out.")
            .Answers<Page<Drift>>();
        api.MapPost("/integrations/{integrationId}/drift/correct", CorrectAsync)
            .Requires(Permission.DecideChanges)
            .Documents("correctDrift", "Sync", "Correct drift in the app", "Opens ordinary operations, for the given accounts or all. Access is taken away only where includeUnwanted says so.")
            .Takes<CorrectDriftRequest>()
            .Answers<OpenedOperations>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (found, more) = await plans.ListAsync(profile.Partition, page.Limit, page.Cursor, http.RequestAborted);
        return ApiJson.Ok(new Page<SyncPlanResource>([.. found.Select(SyncPlanResource.Of)], more ? found[^1].Id : null));
    }

    private static async Task<IResult> GetAsync(string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans) =>
        await FindAsync(integrationId, planId, http, profiles, plans) is { } plan ? ApiJson.Ok(SyncPlanResource.Of(plan)) : NoPlan(planId);

    private static async Task<IResult> LinesAsync(
        string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryReadLimit(limit, out var count, out var problem))
        {
            return problem!;
        }

        var first = 0;
        if (!string.IsNullOrEmpty(cursor) && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out first))
        {
            return PageRequest.BadCursor();
        }

        if (await FindAsync(integrationId, planId, http, profiles, plans) is not { } plan)
        {
            return NoPlan(planId);
        }

        return await plans.FindLinesAsync(plan, _ => true, first, count, http.RequestAborted) is ({ } lines, var next)
            ? ApiJson.Ok(new Page<SyncLineResource>([.. lines.Select(SyncLineResource.Of)], next?.ToString(CultureInfo.InvariantCulture)))
            : ApiProblems.Of(Refusal.NotFound("plan_lines_gone", "The lines of this plan are past their retention."));
    }

    private static Task<IResult> AllowAsync(string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncDecisions decisions) =>
        DecideAsync(integrationId, planId, allow: true, http, profiles, decisions);

    private static Task<IResult> RejectAsync(string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncDecisions decisions) =>
        DecideAsync(integrationId, planId, allow: false, http, profiles, decisions);

    private static Task<IResult> DecideAsync(string integrationId, string planId, bool allow, HttpContext http, IntegrationProfiles profiles, SyncDecisions decisions) =>
        Decision.TakeAsync<ReasonRequest, DecidedPlan>(
            integrationId, http, profiles, (profile, said, by) => decisions.DecideAsync(profile, planId, allow, said.Reason, by, http.RequestAborted),
            decided => Decision.Accepted(new DecidedPlanResource(SyncPlanResource.Of(decided.Plan), decided.OperationId)));

    private static async Task<IResult> DriftAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, DriftReport report, string? kind = null, string? limit = null, string? cursor = null)
    {
        if (!PageRequest.TryRead(limit, cursor, out var page, out var problem) || !Filters.TryEnum<DriftKind>(kind, "kind", out var kinds, out problem))
        {
            return problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var (found, next) = await report.PageAsync(profile, drift => kinds?.Contains(drift.Kind) != false, page.Limit, page.Cursor, int.MaxValue, http.RequestAborted);
        return ApiJson.Ok(new Page<Drift>(found, next));
    }

    private static async Task<IResult> CorrectAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, DriftReport report)
    {
        var body = await RequestBody.ReadAsync<CorrectDriftRequest>(http);
        if (body.Value is null)
        {
            return body.Problem!;
        }

        if (string.IsNullOrWhiteSpace(body.Value.Reason))
        {
            return ApiProblems.Of(Refusal.Invalid("reason", "is required: why the app is changed."));
        }

        return await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? ApiJson.With(StatusCodes.Status202Accepted, new OpenedOperations(await report.CorrectAsync(
                profile, body.Value.AccountKeys, body.Value.IncludeUnwanted, ApiCaller.Of(http).Provenance(http), body.Value.Reason.Trim(), http.RequestAborted)))
            : ApiProblems.NoIntegration(integrationId);
    }

    private static async Task<SyncPlanRecord?> FindAsync(string integrationId, string planId, HttpContext http, IntegrationProfiles profiles, SyncPlans plans) =>
        IntegrationStore.IsWellFormed(planId) && await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? (await plans.FindAsync(profile.Partition, planId, http.RequestAborted))?.Value
            : null;

    private static IResult NoPlan(string id) => ApiProblems.Of(Refusal.NotFound("plan_not_found", $"The integration has no sync plan '{id}'."));
}
