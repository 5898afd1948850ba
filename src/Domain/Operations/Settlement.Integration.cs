using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Operations;

/// <summary>What an outcome says about the integration: circuit, repeated failures, validations, syncs and their plans.</summary>
public sealed partial class Settlement
{
    /// <summary>What an attempt says about the app as a whole.</summary>
    private static CircuitState? Judge(
        IntegrationProfile profile, CircuitState? before, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now)
    {
        if (outcome.CalledOff || outcome.Cancelled || outcome.Overtaken)
        {
            return before;
        }

        var after = CircuitState.After(before, profile.Integration.Circuit, outcome.Failure?.Code, now);
        var (was, isOpen) = (before?.OpenedAt is not null, after?.OpenedAt is not null);
        if (was != isOpen)
        {
            var detail = isOpen ? $"{after!.Failures} failures in a row, the last {Describe(outcome.Failure)}" : $"held since {before!.OpenedAt:u}";
            changes.Add(ActivityLog.Append(OperationEvents.Make(
                isOpen ? ActivityKind.CircuitOpened : ActivityKind.CircuitClosed, operation, Provenance.System.Actor, now, detail) with { Target = profile.Integration.Name }));
        }

        return after;
    }

    /// <summary>After some failures in a row a sync looks what is there.</summary>
    private Lane CountFailures(IntegrationProfile profile, Lane lane, Operation operation, List<RecordChange> changes, DateTimeOffset now)
    {
        if (operation.Kind == OperationKind.Sync || operation.Status is not (OperationStatus.Failed or OperationStatus.Succeeded))
        {
            return lane;
        }

        var inRow = operation.Status == OperationStatus.Failed ? lane.FailuresInRow + 1 : 0;
        if (profile.Integration.Sync.AfterFailures is { } most && inRow >= most && lane.HaltedPlanId is null)
        {
            var look = new Intake(store, profile, new Provenance("repeated failure", "system"), now);
            look.OpenForIntegration(OperationKind.Sync, OperationPriority.Background);
            changes.AddRange(look.Changes);
            inRow = 0;
        }

        return lane with { FailuresInRow = inRow };
    }

    /// <summary>The plan goes with the sync that made or applied it; one that nobody decided about gives way to a newer one.</summary>
    private async Task<Lane> SettlePlanAsync(
        IntegrationProfile profile, Lane lane, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (outcome.PlanId is not { } planId)
        {
            return lane;
        }

        if (lane.HaltedPlanId is { } older && older != planId
            && await store.FindAsync<Sync.SyncPlanRecord>(profile.Partition, Sync.SyncPlans.Row(older), cancellationToken) is { Value.Status: Sync.SyncPlanStatus.Halted } halted)
        {
            changes.Add(TypedRecords.Write(Sync.SyncPlans.Row(older), halted.Value with { Status = Sync.SyncPlanStatus.Superseded }, halted.ETag));
            lane = lane with { HaltedPlanId = null };
        }

        if (outcome.Halted is not null)
        {
            return lane with { HaltedPlanId = planId };
        }

        if (outcome.PlanApplied is { } applied
            && await store.FindAsync<Sync.SyncPlanRecord>(profile.Partition, Sync.SyncPlans.Row(planId), cancellationToken) is { } plan)
        {
            changes.Add(TypedRecords.Write(
                Sync.SyncPlans.Row(planId), plan.Value with { Status = Sync.SyncPlanStatus.Applied, AppliedAt = now, Applied = applied, AppliedBy = operation.Id }, plan.ETag));
        }

        return lane;
    }

    private async Task<Operation> SettleIntegrationAsync(
        IntegrationProfile profile, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (outcome.CalledOff)
        {
            return Requeued(operation);
        }

        if (operation.Kind != OperationKind.Validate)
        {
            return SettleWork(profile, operation, outcome, changes, now);
        }

        var passed = outcome.Failure is null;
        var integration = await integrations.FindAsync(profile.Integration.Id, cancellationToken)
            ?? throw new InvalidDataException($"Integration {profile.Integration.Id} is gone.");
        var report = new ValidationReport
        {
            OperationId = operation.Id,
            Passed = passed,
            EndedAt = now,
            Findings = outcome.Findings ?? [],
        };
        changes.Add(TypedRecords.Write(Rows.Integration, integration.Value with { Validation = report }, integration.ETag));
        if (passed && integration.Value.Validation?.Passed is not true)
        {
            // The first thing that an identity provider wants to know of a connected app is who is in it.
            var import = new Intake(store, profile, Provenance.System, now);
            import.OpenForIntegration(OperationKind.Sync, OperationPriority.Background);
            changes.AddRange(import.Changes);
        }

        var ended = Ended(operation, outcome, now);
        changes.Add(ActivityLog.Append(OperationEvents.Make(
            passed ? ActivityKind.HealthValidated : ActivityKind.HealthCheckFailed, ended, Provenance.System.Actor, now, Describe(outcome.Failure))));
        return ended;
    }

    private Operation SettleWork(IntegrationProfile profile, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now)
    {
        if (Delay(profile, operation, outcome) is not null)
        {
            var waiting = Retried(profile, operation, outcome, now);
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.RetryScheduled, waiting, Provenance.System.Actor, now, Describe(outcome.Failure))));
            return waiting;
        }

        var ended = Ended(operation, outcome, now);
        var told = outcome.Halted is null ? EndEvent(ended) : ActivityKind.SyncHalted;
        changes.Add(ActivityLog.Append(OperationEvents.Make(told, ended, Provenance.System.Actor, now, outcome.Halted ?? EndDetail(ended))));
        return ended;
    }
}
