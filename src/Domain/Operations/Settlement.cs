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

        var settled = lane.Value with { Leases = [.. lane.Value.Leases.Where(l => l.OperationId != operation.Id)] };
        if (operation.Ended && operation.Kind != OperationKind.Validate)
        {
            settled = settled with { LatestFailed = operation.Status is OperationStatus.Failed or OperationStatus.Halted, LatestEndedAt = now };
        }

        if (operation.Kind == OperationKind.Sync)
        {
            settled = settled with { LastSyncedAt = now };
        }

        changes.Add(TypedRecords.Write(Rows.Lane, settled, lane.ETag));
        return ((await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed, operation);
    }

    private async Task<Operation> SettleIntegrationAsync(
        IntegrationProfile profile, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (outcome.CalledOff)
        {
            return Requeued(operation);
        }

        if (operation.Kind == OperationKind.Sync)
        {
            return SettleSync(operation, outcome, changes, now);
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

    private Operation SettleSync(Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now)
    {
        if (Delay(operation, outcome) is not null)
        {
            var waiting = Retried(operation, outcome, now);
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
            settled = settled with { Observed = outcome.Observed };
        }

        var newer = outcome.UserId is not null && (outcome.UserId != user.Value.Id || outcome.Generation != user.Value.Wish);
        var goal = AccountGoals.Of(profile, user.Value);
        if (outcome.CalledOff || (Delay(operation, outcome) is not null && (!newer || AccountGoals.KindFor(settled.State, goal) == operation.Kind)))
        {
            var waiting = outcome.CalledOff ? Requeued(operation) : Retried(operation, outcome, now);
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
            };
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
        var goal = AccountGoals.Of(profile, user);
        if ((!newer && ended.CancelReason != OvertakenReason) || AccountGoals.KindFor(account.State, goal) is not { } kind)
        {
            return ended;
        }

        var intake = new Intake(store, profile, ended.RequestedBy, now);
        account = intake.Open(account, kind, goal == AccountGoal.Active ? OperationPriority.Normal : OperationPriority.Leaver, user, now);
        changes.AddRange(intake.Changes);
        return ended with { SuccessorId = intake.OperationId };
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

    private TimeSpan? Delay(Operation operation, RunOutcome outcome) =>
        outcome.Failure is null || outcome.Final || outcome.Cancelled || outcome.Overtaken
            ? null
            : rules.DelayAfter(outcome.Failure.Code, operation.Attempt, Random.Shared.NextDouble());

    private Operation Retried(Operation operation, RunOutcome outcome, DateTimeOffset now)
    {
        var due = now + (Delay(operation, outcome) ?? TimeSpan.Zero);
        return operation with
        {
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
