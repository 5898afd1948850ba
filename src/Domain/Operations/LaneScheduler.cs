using System.Collections.Concurrent;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Admits operations from the queue of a lane, the most urgent first, as many at a time as the connector bears. An
/// admission is one commit; starting the workflow after it is idempotent and repeated until the attempt has begun.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="workflows">The workflow engine.</param>
/// <param name="feed">Told of every admission.</param>
/// <param name="settlement">Ends operations whose workflow has ended without them.</param>
/// <param name="rules">How long failed operations wait.</param>
/// <param name="clock">The clock.</param>
public sealed class LaneScheduler(
    IRecordStore store,
    IntegrationStore integrations,
    IntegrationProfiles profiles,
    IWorkflowClient workflows,
    ChangeFeed feed,
    Settlement settlement,
    RetryRules rules,
    TimeProvider clock)
{
    private static readonly int[] AnyPriority = [.. Enumerable.Range(OperationPriority.Emergency, OperationPriority.Last + 1)];

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);

    /// <summary>Admits what may run now.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between admissions.</param>
    /// <returns>When the next waiting attempt is due, or null when none waits.</returns>
    public async Task<DateTimeOffset?> PumpAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var turn = turns.GetOrAdd(integrationId, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            // Each request raises the lane's signal: while the lane stands still, that costs no look at the records.
            if (await profiles.FindRecentAsync(integrationId, cancellationToken) is { Integration.Paused: not null })
            {
                return null;
            }

            while (true)
            {
                var (admitted, nextDue) = await AdmitOneAsync(integrationId, cancellationToken);
                if (admitted is null)
                {
                    return nextDue;
                }

                feed.Publish(new LiveChange(integrationId, admitted));
                await StartAsync(new OperationRun(integrationId, admitted.Id, admitted.Attempt), admitted.Kind, cancellationToken);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Repeats the start of admitted operations that have not begun, and ends those whose workflow is gone.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="afterRestart">True right after the process started: nothing can be about to begin.</param>
    /// <param name="cancellationToken">Cancels between operations.</param>
    /// <returns>A task that ends when all were looked at.</returns>
    public async Task RelayAsync(string integrationId, bool afterRestart, CancellationToken cancellationToken = default)
    {
        var lane = await store.FindAsync<Lane>(Rows.Partition(integrationId), Rows.Lane, cancellationToken);
        foreach (var lease in lane?.Value.Leases ?? [])
        {
            if (!afterRestart && clock.GetUtcNow() - lease.AdmittedAt < StartPatience)
            {
                continue;
            }

            var instance = await workflows.GetAsync(lease.OperationId, cancellationToken);
            if (instance?.Status is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated)
            {
                await settlement.AbandonedAsync(integrationId, lease, instance.Output, cancellationToken);
            }
            else if (instance is null || !lease.Begun)
            {
                await StartAsync(new OperationRun(integrationId, lease.OperationId, lease.Attempt), lease.Kind, cancellationToken);
            }
        }
    }

    private async Task StartAsync(OperationRun run, OperationKind kind, CancellationToken cancellationToken)
    {
        if (!await workflows.RaiseEventAsync(run.OperationId, OperationWorkflow.AdmittedEvent, run, cancellationToken))
        {
            await workflows.StartAsync(OperationWorkflow.NameOf(kind), run.OperationId, run, cancellationToken);
        }
    }

    private Task<(Operation? Admitted, DateTimeOffset? NextDue)> AdmitOneAsync(string integrationId, CancellationToken cancellationToken) =>
        Optimistic.RunAsync<(Operation?, DateTimeOffset?)>(
            async () =>
            {
                var profile = await profiles.FindAsync(integrationId, cancellationToken);
                if (profile is null || profile.Integration.Paused is not null || profile.Integration.ServiceAccount is null
                    || (await integrations.WorkspaceAsync(cancellationToken)).Paused is not null)
                {
                    return (true, (null, null));
                }

                var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken)
                    ?? throw new InvalidDataException($"Integration {integrationId} has no lane record.");
                if (lane.Value.Leases.Count >= profile.Manifest.Concurrency || lane.Value.Leases.Any(lease => lease.Kind.ChangesCredential()))
                {
                    return (true, (null, null));
                }

                var longest = rules.For(profile.Integration.Retry).LongestDelay;
                if (lane.Value.UnsettledOperationId is { } unsettled
                    && await store.FindAsync<Operation>(profile.Partition, Rows.Operation(unsettled), cancellationToken) is { Value: { Ended: false, QueueRow: { } only } waiting })
                {
                    // Whatever signs in now may use the wrong secret, and wrong ones lock accounts.
                    return Waiting.IsOver(waiting.DueAt, longest, clock.GetUtcNow()) ? await AdmitAsync(profile, lane, only, cancellationToken) : (true, (null, waiting.DueAt));
                }

                var circuit = lane.Value.Circuit;
                var held = circuit?.OpenedAt is not null;
                var probes = held && lane.Value.Leases.Count == 0
                    && (circuit!.ProbeAt is not { } probeAt || Waiting.IsOver(probeAt, TimeSpan.FromSeconds(profile.Integration.Circuit.MaxProbeSeconds), clock.GetUtcNow()));

                // A validation is how a person finds out that the app is there again; it and a sync change nothing in it.
                int[] admitted = held && !probes ? [OperationPriority.Validation]
                    : profile.Integration.ObserveOnly is not null ? [OperationPriority.Validation, OperationPriority.Background]
                    : AnyPriority;
                var (row, nextDue) = await FirstAsync(profile.Partition, admitted, longest, cancellationToken);
                nextDue = held && !probes && (nextDue is null || circuit!.ProbeAt < nextDue) ? circuit!.ProbeAt : nextDue;
                return row is null ? (true, (null, nextDue)) : await AdmitAsync(profile, lane, row, cancellationToken);
            },
            cancellationToken);

    /// <summary>The most urgent row whose time has come; the first come among equals.</summary>
    private async Task<(string? Row, DateTimeOffset? NextDue)> FirstAsync(string partition, int[] admitted, TimeSpan longest, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        string? best = null;
        foreach (var range in ReferenceEquals(admitted, AnyPriority) ? [RowRange.Prefix(Rows.Queue)] : admitted.Select(p => RowRange.Prefix($"{Rows.Queue}{p}:")))
        {
            var queued = await store.QueryAsync(partition, range, 1, null, cancellationToken);
            best ??= queued.Records.Count > 0 ? queued.Records[0].Row : null;
        }

        var retries = await store.QueryAsync(partition, RowRange.Prefix(Rows.Retries), 64, null, cancellationToken);
        DateTimeOffset? nextDue = null;
        foreach (var record in retries.Records)
        {
            var parts = record.Row.Split(':');
            if (!admitted.Contains(parts[2][0] - '0'))
            {
                continue;
            }

            var due = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(parts[1], 16));
            if (!Waiting.IsOver(due, longest, now))
            {
                nextDue ??= due;
                continue;
            }

            // Compared as places of the queue: by priority, then by how long each has been waiting.
            if (best is null || string.CompareOrdinal(PlaceOf(record.Row), PlaceOf(best)) < 0)
            {
                best = record.Row;
            }
        }

        return (best, nextDue);
    }

    private static string PlaceOf(string row)
    {
        if (row.StartsWith(Rows.Queue, StringComparison.Ordinal))
        {
            return row;
        }

        var parts = row.Split(':', 4);
        return $"{Rows.Queue}{parts[2]}:{parts[1]}:{parts[3]}";
    }

    private async Task<(bool Committed, (Operation? Admitted, DateTimeOffset? NextDue))> AdmitAsync(
        IntegrationProfile profile, Versioned<Lane> lane, string row, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var operationId = row[(row.LastIndexOf(':') + 1)..];
        var found = await store.FindAsync<Operation>(profile.Partition, Rows.Operation(operationId), cancellationToken);
        if (found is null || found.Value.Ended || found.Value.QueueRow != row)
        {
            await store.CommitAsync(profile.Partition, [RecordChange.DeleteIfExists(row)], cancellationToken);
            return (false, default);
        }

        if (found.Value.Kind.ChangesCredential() && lane.Value.Leases.Count > 0)
        {
            // It is the next one, and begins when what runs as the account has ended: that raises the lane's signal.
            return (true, (null, null));
        }

        var operation = found.Value with
        {
            Status = OperationStatus.Running,
            StartedAt = found.Value.StartedAt ?? now,
            Attempt = found.Value.Attempt + 1,
            QueueRow = null,
        };
        var lease = new LaneLease(operation.Id, operation.Attempt, lane.Value.LastFence + 1, now, Begun: false, operation.Kind);
        var changes = new List<RecordChange>
        {
            RecordChange.DeleteIfExists(row),
            TypedRecords.Write(Rows.Lane, lane.Value with { LastFence = lease.Fence, Leases = [.. lane.Value.Leases, lease] }, lane.ETag),
            TypedRecords.Write(Rows.Operation(operation.Id), operation, found.ETag),

            // Whoever pauses the integration between the look at it and this commit must win: its queue stays as it is.
            RecordChange.Check(Rows.Integration, profile.ETag),
        };
        if (operation.AccountKey is { } key)
        {
            var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken);
            if (account?.Value.OpenOperationId != operation.Id)
            {
                // No account waits for it, so it must not hold up the lane.
                var orphan = found.Value with { Status = OperationStatus.Cancelled, EndedAt = now, QueueRow = null, CancelReason = "No account waits for it any more." };
                await store.CommitAsync(
                    profile.Partition,
                    [RecordChange.DeleteIfExists(row), TypedRecords.Write(Rows.Operation(operation.Id), orphan, found.ETag)],
                    cancellationToken);
                return (false, default);
            }

            changes.Add(TypedRecords.Write(Rows.Account(key), account.Value.Move(AccountGoals.Ongoing(operation.Kind), now), account.ETag));
        }

        if (operation.Attempt == 1 && OperationEvents.InProgress(operation.Kind) is { } inProgress)
        {
            changes.Add(ActivityLog.Append(OperationEvents.Make(inProgress, operation, Provenance.System.Actor, now)));
        }

        var committed = (await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed;
        return (committed, (operation, null));
    }
}
