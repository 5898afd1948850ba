using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Sync;

/// <summary>When the next scheduled sync is due. Row <c>sync-timer</c>.</summary>
/// <param name="Schedule">The schedule that it was computed by; another one starts afresh.</param>
/// <param name="DueAt">When; null when the schedule never comes.</param>
public sealed record SyncDue(SyncSchedule Schedule, DateTimeOffset? DueAt);

/// <summary>Opens scheduled syncs. Those that fell due while the gateway was stopped run once.</summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class SyncTimer(IRecordStore store, IntegrationProfiles profiles, LaneSignal signal, TimeProvider clock)
{
    private const string Row = "sync-timer";

    /// <summary>Opens the sync of an integration if it is due, and computes the next.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The sync that was opened, or null.</returns>
    public async Task<string?> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration.Sync.Schedule: { } schedule } profile)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var found = await store.FindAsync<SyncDue>(profile.Partition, Row, cancellationToken);
        var same = found?.Value.Schedule == schedule;
        if (same && (found!.Value.DueAt is null || found.Value.DueAt > now))
        {
            return null;
        }

        var intake = new Intake(store, profile, new Provenance("schedule", "system"), now);
        var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken);

        // A plan that waits for a person would only be superseded by one like it; one sync at a time is enough.
        if (same && lane?.Value is { HaltedPlanId: null } && !lane.Value.Leases.Any(l => l.Kind == OperationKind.Sync)
            && (await store.QueryAsync(profile.Partition, RowRange.Prefix($"{Rows.Queue}{OperationPriority.Background}:"), 1, null, cancellationToken)).Records.Count == 0)
        {
            intake.OpenForIntegration(OperationKind.Sync, OperationPriority.Background);
        }

        intake.Changes.Add(TypedRecords.Write(Row, new SyncDue(schedule, schedule.Next(now)), found?.ETag));
        if (!(await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed || intake.OperationId is null)
        {
            return null;
        }

        signal.Raise(integrationId);
        return intake.OperationId;
    }
}
