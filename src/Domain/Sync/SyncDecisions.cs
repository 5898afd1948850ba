using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Sync;

/// <summary>A decided plan.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="OperationId">The sync that applies it; null for a rejected one.</param>
public sealed record DecidedPlan(SyncPlanRecord Plan, string? OperationId);

/// <summary>Carries out what people decide about halted plans.</summary>
/// <param name="store">The record store.</param>
/// <param name="plans">Keeps plans.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class SyncDecisions(IRecordStore store, SyncPlans plans, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Allows a halted plan once: exactly its lines are applied, those that the app still bears out. Or rejects it.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="planId">The plan; any text.</param>
    /// <param name="allow">True to allow it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The plan, or why it was not decided.</returns>
    public async Task<Result<DecidedPlan>> DecideAsync(
        IntegrationProfile profile, string planId, bool allow, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(by);
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var decided = await Optimistic.RunAsync(() => TryDecideAsync(profile, planId, allow, why, by, cancellationToken), cancellationToken);
        signal.Raise(profile.Integration.Id);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return decided;
    }

    private async Task<(bool Committed, Result<DecidedPlan> Result)> TryDecideAsync(
        IntegrationProfile profile, string planId, bool allow, string why, Provenance by, CancellationToken cancellationToken)
    {
        if (!IntegrationStore.IsWellFormed(planId) || await plans.FindAsync(profile.Partition, planId, cancellationToken) is not { } found)
        {
            return (true, Refusal.NotFound("plan_not_found", $"The integration has no sync plan '{planId}'."));
        }

        if (found.Value.Status != SyncPlanStatus.Halted)
        {
            return (true, Refusal.Conflict("plan_not_halted", $"The plan is {found.Value.Status}: only a halted one is decided about."));
        }

        var now = clock.GetUtcNow();
        var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken)
            ?? throw new InvalidDataException($"Integration {profile.Integration.Id} has no lane record.");
        var intake = new Intake(store, profile, by, now);
        if (allow)
        {
            intake.OpenForIntegration(OperationKind.Sync, OperationPriority.Background, planId);
        }

        var plan = found.Value with
        {
            Status = allow ? SyncPlanStatus.Allowed : SyncPlanStatus.Rejected,
            Decision = new SyncDecision(allow, by.Actor, now, why),
            AppliedBy = intake.OperationId,
        };
        intake.Changes.Add(TypedRecords.Write(SyncPlans.Row(planId), plan, found.ETag));
        intake.Changes.Add(TypedRecords.Write(Rows.Lane, lane.Value with { HaltedPlanId = null }, lane.ETag));
        intake.Changes.Add(ActivityLog.Append(ActivityEvent.Of(now, by.Actor, allow ? ActivityKind.SyncAllowed : ActivityKind.SyncRejected, profile.Integration.Name, $"{string.Join(" ", plan.HaltReasons)} {why}", operationId: planId)));
        var result = await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
        return (result.Committed, new DecidedPlan(plan, intake.OperationId));
    }
}
