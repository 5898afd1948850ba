using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Writes how an attempt ended: operation, account, lane, activity and, where the wish moved on meanwhile, the successor,
/// all in one commit.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="rules">The rules for further attempts.</param>
/// <param name="feed">Told of every outcome.</param>
/// <param name="signal">Told that the lane has a free place.</param>
/// <param name="clock">The clock.</param>
public sealed class Settlement(
    IRecordStore store,
    IntegrationStore integrations,
    IntegrationProfiles profiles,
    RetryRules rules,
    ChangeFeed feed,
    LaneSignal signal,
    TimeProvider clock)
{
    /// <summary>Settles an attempt.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="lease">The lease that the attempt held; a newer one makes this call a no-op.</param>
    /// <param name="attempt">The record of the attempt.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation as it is now.</returns>
    public async Task<Operation> SettleAsync(
        string integrationId, LaneLease lease, OperationAttempt? attempt, RunOutcome outcome, CancellationToken cancellationToken = default)
    {
        var operation = await Optimistic.RunAsync(
            () => TrySettleAsync(integrationId, lease, attempt, outcome, cancellationToken), cancellationToken);
        if (operation is { Kind: OperationKind.Validate, Status: OperationStatus.Succeeded })
        {
            // A crash before the next line leaves the app unvalidated in the list until the next validation; nothing depends on it.
            var profile = await profiles.FindAsync(integrationId, cancellationToken);
            await integrations.AppValidatedAsync(profile!.Manifest.Id, integrationId, clock.GetUtcNow(), cancellationToken);
        }

        feed.Publish(new LiveChange(integrationId, operation));
        signal.Raise(integrationId);
        return operation;
    }

    /// <summary>Ends an operation whose workflow has ended without settling it: a defect, shown as a failure.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="error">What the engine kept of the end.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation as it is now.</returns>
    public Task<Operation> AbandonedAsync(string integrationId, LaneLease lease, string? error, CancellationToken cancellationToken = default) =>
        SettleAsync(
            integrationId,
            lease,
            null,
            new RunOutcome { Failure = new Failure(FailureCode.Timeout, $"The workflow ended without an outcome: {error}"), Final = true },
            cancellationToken);

    private async Task<(bool Committed, Operation Operation)> TrySettleAsync(
        string integrationId, LaneLease lease, OperationAttempt? attempt, RunOutcome outcome, CancellationToken cancellationToken)
    {
        var profile = await profiles.FindAsync(integrationId, cancellationToken)
            ?? throw new InvalidDataException($"Integration {integrationId} is gone.");
        var found = await store.FindAsync<Operation>(profile.Partition, Rows.Operation(lease.OperationId), cancellationToken)
            ?? throw new InvalidDataException($"Operation {lease.OperationId} is gone.");
        var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken)
            ?? throw new InvalidDataException($"Integration {integrationId} has no lane record.");
        if (found.Value.Ended || lane.Value.LeaseOf(lease.OperationId)?.Fence != lease.Fence)
        {
            // Another run of the same attempt took over; what it finds is what counts.
            return (true, found.Value);
        }

        var now = clock.GetUtcNow();
        var changes = new List<RecordChange>(10);
        var circuit = Judge(profile, lane.Value.Circuit, found.Value, outcome, changes, now);
        outcome = outcome with { Down = circuit?.OpenedAt is not null };
        var operation = found.Value.AccountKey is null
            ? await SettleIntegrationAsync(profile, found.Value, outcome, changes, now, cancellationToken)
            : await SettleAccountAsync(profile, found.Value, outcome, changes, now, cancellationToken);

        changes.Add(TypedRecords.Write(Rows.Operation(operation.Id), operation, found.ETag));
        if (operation.QueueRow is { } row)
        {
            changes.Add(RecordChange.Insert(row, default));
        }

        if (attempt is not null)
        {
            var final = attempt with { EndedAt = now, Failure = outcome.Failure };
            changes.Add(RecordChange.Upsert(Rows.Attempt(operation.Id, final.Number), DomainJson.Encode(final)));
        }

        var settled = lane.Value with { Leases = [.. lane.Value.Leases.Where(l => l.OperationId != operation.Id)], Circuit = circuit };
        if (operation.Ended && operation.Kind != OperationKind.Validate)
        {
            settled = settled with { LatestFailed = operation.Status is OperationStatus.Failed or OperationStatus.Halted, LatestEndedAt = now };
            settled = CountFailures(profile, settled, operation, changes, now);
        }

        if (operation is { Kind: OperationKind.Deprovision, Status: OperationStatus.Succeeded })
        {
            settled = settled with { LastLeaverAt = now };
        }

        if (operation.Kind.ChangesCredential())
        {
            settled = settled with { UnsettledOperationId = !operation.Ended && outcome.Unsettled ? operation.Id : null };
            changes.AddRange(await CredentialEndedAsync(profile, operation, outcome, now, cancellationToken));
        }

        if (operation.Kind == OperationKind.Sync)
        {
            settled = settled with { LastSyncedAt = now };
            settled = await SettlePlanAsync(profile, settled, operation, outcome, changes, now, cancellationToken);
        }

        if (operation.Status == OperationStatus.Failed && HumanTasks.HumanTask.For(profile, operation, now) is { } task)
        {
            changes.Add(TypedRecords.Insert(HumanTasks.HumanTask.Row(task.Id), task));
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.TaskOpened, operation, Provenance.System.Actor, now, task.Title)));
        }

        changes.Add(TypedRecords.Write(Rows.Lane, settled, lane.ETag));
        return ((await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed, operation);
    }

    /// <summary>Policies leave an account alone for a while after a change of its sign-in failed.</summary>
    private async Task<IReadOnlyList<RecordChange>> CredentialEndedAsync(
        IntegrationProfile profile, Operation operation, RunOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!operation.Ended)
        {
            return [];
        }

        var found = await store.FindAsync<Posture.ServiceCredential>(profile.Partition, Posture.ServiceCredential.Row, cancellationToken);
        var after = (found?.Value ?? new Posture.ServiceCredential()) with { FailedAt = outcome.Failure is null ? null : now };
        return [TypedRecords.Write(Posture.ServiceCredential.Row, after, found?.ETag)];
    }

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

    private async Task<Operation> SettleAccountAsync(
        IntegrationProfile profile, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(operation.AccountKey!), cancellationToken)
            ?? throw new InvalidDataException($"Operation {operation.Id} has no account record.");
        var user = await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken)
            ?? throw new InvalidDataException($"Account {operation.AccountKey} has no user.");
        var settled = account.Value;
        if (outcome.WasRead)
        {
            settled = Access.GrantHistory.Follow(settled with { Observed = outcome.Observed }, operation.Id, operation.RequestedBy.Actor);
        }

        var newer = outcome.UserId is not null && (outcome.UserId != user.Value.Id || outcome.Generation != user.Value.Wish);
        var goal = AccountGoals.Of(profile, user.Value, settled, now);
        if (outcome.CalledOff || (Delay(profile, operation, outcome) is not null && (!newer || AccountGoals.KindFor(settled.State, goal) == operation.Kind)))
        {
            var waiting = outcome.CalledOff ? Requeued(operation) : Retried(profile, operation, outcome, now);
            if (!outcome.CalledOff)
            {
                changes.Add(ActivityLog.Append(OperationEvents.Make(
                    ActivityKind.RetryScheduled, waiting, Provenance.System.Actor, now, $"{Describe(outcome.Failure)} Next attempt at {waiting.DueAt:u}.")));
            }

            settled = settled.Move(AccountGoals.Awaiting(operation.Kind), now) with { LastFailure = outcome.Failure ?? settled.LastFailure };
            changes.Add(TypedRecords.Write(Rows.Account(settled.Key), settled, account.ETag));
            return waiting;
        }

        var ended = Ended(operation, outcome, now);
        settled = settled with { OpenOperationId = null, LastFailure = outcome.Overtaken ? null : outcome.Failure };
        if (outcome.Failure is not null || outcome.Overtaken)
        {
            settled = settled.Move(AccountGoals.Failed(operation.Kind), now);
        }
        else
        {
            settled = Reached(operation, outcome, settled, now) with
            {
                SatisfiedGeneration = outcome.Generation,
                Applied = outcome.Observed is null ? null : outcome.Applied ?? settled.Applied,
                RecreateApproved = null,
            };
            settled = PlanDeletion(profile, ended, settled, user.Value, changes, now);
        }

        if (outcome.NeedsApproval is { } wanted)
        {
            AskApproval(profile, ended, settled, wanted, changes, now);
        }

        changes.Add(ActivityLog.Append(OperationEvents.Make(EndEvent(ended), ended, Provenance.System.Actor, now, EndDetail(ended))));

        // The account answers to what the app shows now; the reservation made with the wish becomes the account itself.
        var key = outcome is { Failure: null, WasRead: true, Observed: { } seen } ? Ids.KeyOf(seen.Identifier) : settled.Key;
        var owner = user.Value;
        if (key != settled.Key)
        {
            var reserved = await store.GetAsync(profile.Partition, Rows.Account(key), cancellationToken);
            changes.Add(RecordChange.Delete(Rows.Account(settled.Key), account.ETag));
            settled = settled with { Key = key, Identifier = outcome.Observed!.Identifier };
            owner = owner with { AccountKey = key };
            ended = ended with { AccountKey = key };
            changes.Add(UserRecords.Write(owner, user.ETag));
            ended = Succeed(profile, ended, ref settled, owner, newer, changes, now);
            changes.Add(TypedRecords.Write(Rows.Account(key), settled, reserved?.ETag));
        }
        else
        {
            // A wish that comes in between changes the user, and this commit is decided again.
            changes.Add(RecordChange.Check(UserRecords.RowOf(owner), user.ETag));
            ended = Succeed(profile, ended, ref settled, owner, newer, changes, now);
            changes.Add(TypedRecords.Write(Rows.Account(key), settled, account.ETag));
        }

        return ended;
    }

    /// <summary>Opens the successor where the wish moved on while the operation ran.</summary>
    private Operation Succeed(
        IntegrationProfile profile, Operation ended, ref AppAccount account, UserRecord user, bool newer, List<RecordChange> changes, DateTimeOffset now)
    {
        var goal = AccountGoals.Of(profile, user, account, now);
        if ((!newer && ended.CancelReason != OvertakenReason) || AccountGoals.KindFor(account.State, goal) is not { } kind)
        {
            return ended;
        }

        var intake = new Intake(store, profile, ended.RequestedBy, now);
        account = intake.Open(account, kind, AccountGoals.PriorityOf(account, goal), user, now);
        changes.AddRange(intake.Changes);
        return ended with { SuccessorId = intake.OperationId };
    }

    /// <summary>A person who left is deactivated now and deleted some days later.</summary>
    private static AppAccount PlanDeletion(
        IntegrationProfile profile, Operation ended, AppAccount account, UserRecord user, List<RecordChange> changes, DateTimeOffset now)
    {
        if (account.State == ProvisioningState.Deleted)
        {
            if (account.DeleteDueAt is { } planned)
            {
                changes.Add(RecordChange.DeleteIfExists(Rows.Deletion(planned, account.Key)));
            }

            return account with { DeleteDueAt = null, DiedAt = now, SeenAgainAt = null };
        }

        account = account with { DiedAt = null, SeenAgainAt = null };
        if (profile.Integration.Deprovision.DeleteAfterDays is not { } days || account.DeleteDueAt is not null || !AccountGoals.HasLeft(profile, user)
            || account.Observed is not { Active: false } || !profile.Manifest.Capabilities.Delete)
        {
            return account;
        }

        var due = now.AddDays(days);
        changes.Add(RecordChange.Upsert(Rows.Deletion(due, account.Key), default));
        changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.DeletionScheduled, ended, Provenance.System.Actor, now, $"on {due:u}, unless the person returns")));
        return account with { DeleteDueAt = due };
    }

    private static void AskApproval(IntegrationProfile profile, Operation ended, AppAccount account, string wanted, List<RecordChange> changes, DateTimeOffset now)
    {
        var approval = new ApprovalRecord
        {
            Id = Ids.NewestFirst(now),
            Kind = ApprovalKind.Recreate,
            Status = ApprovalStatus.Pending,
            Target = ended.Target,
            Detail = $"remove {ended.Target} from {profile.Manifest.AppName} and make the account again, to {wanted}",
            UserId = account.UserId,
            AccountKey = account.Key,
            OperationId = ended.Id,
            RequestedBy = ended.RequestedBy.Actor,
            RequestedAt = now,
        };
        changes.Add(TypedRecords.Insert(ApprovalRecord.Row(approval.Id), approval));
        changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.ApprovalRequested, ended, Provenance.System.Actor, now, approval.Detail)));
    }

    private const string OvertakenReason = "A newer wish asks for something else.";

    private static AppAccount Reached(Operation operation, RunOutcome outcome, AppAccount account, DateTimeOffset now)
    {
        if (outcome.Observed is not null)
        {
            return account.Move(ProvisioningState.Onboarded, now);
        }

        // Nobody had to be made for a person who is not active: the wish was withdrawn before anything came of it.
        return operation.Kind switch
        {
            OperationKind.Deprovision => account.Move(ProvisioningState.Deleted, now),
            OperationKind.Provision => account.Move(ProvisioningState.ProvisioningAwaiting, now).Move(ProvisioningState.Deleted, now),
            _ => account.Move(ProvisioningState.Onboarded, now).Move(ProvisioningState.Deleted, now),
        };
    }

    private TimeSpan? Delay(IntegrationProfile profile, Operation operation, RunOutcome outcome)
    {
        if (outcome.Failure is null || outcome.Final || outcome.Cancelled || outcome.Overtaken)
        {
            return null;
        }

        // While the app as a whole is down nobody's attempts are used up: the circuit says when the next one is tried.
        var own = rules.For(profile.Integration.Retry);
        return IsFree(operation, outcome)
            ? TimeSpan.Zero
            : own.DelayAfter(outcome.Failure.Code, operation.Attempt - operation.FreeAttempts, Random.Shared.NextDouble())
                ?? (outcome.Unsettled && FailureCodes.Of(outcome.Failure.Code).Retryable ? own.MaxDelay : null);
    }

    private static bool IsFree(Operation operation, RunOutcome outcome) =>
        outcome is { Down: true, Failure: { } failure } && operation.Kind != OperationKind.Validate && FailureCodes.Of(failure.Code).Infrastructure;

    private Operation Retried(IntegrationProfile profile, Operation operation, RunOutcome outcome, DateTimeOffset now)
    {
        var due = now + (Delay(profile, operation, outcome) ?? TimeSpan.Zero);
        return operation with
        {
            FreeAttempts = operation.FreeAttempts + (IsFree(operation, outcome) ? 1 : 0),
            Status = OperationStatus.Retrying,
            DueAt = due,
            Failure = outcome.Failure,
            QueueRow = Rows.RetryPlace(due, operation.Priority, operation.Id),
        };
    }

    private static Operation Requeued(Operation operation) => operation with
    {
        Status = OperationStatus.Queued,
        QueueRow = Rows.QueuePlace(operation.Priority, operation.DueAt, operation.Id),
    };

    private static Operation Ended(Operation operation, RunOutcome outcome, DateTimeOffset now) => operation with
    {
        Status = outcome.Overtaken || outcome.Cancelled ? OperationStatus.Cancelled
            : outcome.Halted is not null ? OperationStatus.Halted
            : outcome.Failure is null ? OperationStatus.Succeeded : OperationStatus.Failed,
        CancelReason = outcome.Overtaken ? OvertakenReason : outcome.Halted ?? operation.CancelReason,
        EndedAt = now,
        Failure = outcome.Failure,
        AppliedGeneration = outcome.Failure is null && !outcome.Overtaken ? outcome.Generation : null,
        Changes = outcome.Changes,
        QueueRow = null,
    };

    private static ActivityKind EndEvent(Operation ended) => ended.Status switch
    {
        OperationStatus.Succeeded => OperationEvents.Succeeded(ended.Kind),
        OperationStatus.Cancelled => ActivityKind.OperationCancelled,
        _ => OperationEvents.Failed(ended.Kind),
    };

    private static string? EndDetail(Operation ended) => ended.Status switch
    {
        OperationStatus.Succeeded => ended.Changes.Count == 0 ? "nothing to change" : string.Join("; ", ended.Changes),
        OperationStatus.Cancelled => ended.CancelReason,
        _ => Describe(ended.Failure),
    };

    private static string? Describe(Failure? failure) => failure is null ? null : $"{failure.Code}: {failure.Detail}";
}
