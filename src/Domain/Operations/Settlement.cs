using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;

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
public sealed partial class Settlement(
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

        if (found.Value.Kind.ChangesCredential() && outcome.Failure is { Code: FailureCode.Cancelled or FailureCode.Timeout }
            && await store.FindAsync<Posture.ServiceCredential>(profile.Partition, Posture.ServiceCredential.Row, cancellationToken) is { Value.IsUnproved: true })
        {
            // Whoever stopped it wants nothing more to change; which secret the app takes has to be found out all the same.
            outcome = new RunOutcome { Failure = new Failure(FailureCode.Timeout, "It was stopped before a sign-in proved which secret the app takes."), Unsettled = true };
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

        if (operation.Status == OperationStatus.Succeeded
            && (operation.Kind == OperationKind.Deprovision || (operation.Kind == OperationKind.Update && outcome is { WasRead: true, Observed: { Active: false } })))
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

        if (operation.AccountKey is null)
        {
            await SettleTaskAsync(profile, operation, changes, now, cancellationToken);
        }

        // A page that was another one for a moment only proposes nothing; one that stays so holds the queue, and its operation does not fail for long.
        if (operation is { Status: OperationStatus.Failed, Failure.Repair: not null }
            or { Status: OperationStatus.Retrying, Attempt: > 1, Failure.Repair: not null })
        {
            await ProposeAsync(profile, operation, operation.Failure!.Repair!, changes, now, cancellationToken);
        }

        changes.Add(TypedRecords.Write(Rows.Lane, settled, lane.ETag));
        var committed = (await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed;
        if (changes.Exists(change => change.Row == Rows.Integration))
        {
            integrations.Changed();
        }

        return (committed, operation);
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
}
