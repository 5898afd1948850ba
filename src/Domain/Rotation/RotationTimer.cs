using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;

namespace IdLcm.Domain.Rotation;

/// <summary>When the next rotation by the clock is due. Row <c>rotation-timer</c>.</summary>
/// <param name="Schedule">The schedule that it was computed by; another one starts afresh.</param>
/// <param name="DueAt">When; null when the schedule never comes.</param>
public sealed record RotationDue(SyncSchedule Schedule, DateTimeOffset? DueAt)
{
    /// <summary>Its row.</summary>
    public const string Row = "rotation-timer";
}

/// <summary>Opens the rotations that policies ask for.</summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="operations">The operations.</param>
/// <param name="clock">The clock.</param>
public sealed class RotationTimer(IRecordStore store, IntegrationProfiles profiles, OperationService operations, TimeProvider clock)
{
    /// <summary>After a rotation failed its reason is still there: a policy does not repeat it before this has passed.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromHours(6);

    /// <summary>Opens the rotation of an integration if its policy asks for one now.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The rotation that was opened, or null.</returns>
    public async Task<string?> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration: { ServiceAccount: { LoginMethod: "password" } account, Closing: null, ObserveOnly: null } } profile
            || !profile.Manifest.Verbs.Contains(ConnectorVerb.RotatePassword)
            || await PolicyAsync(profile, cancellationToken) is not { } policy)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var timer = await store.FindAsync<RotationDue>(profile.Partition, RotationDue.Row, cancellationToken);
        var changes = Follow(policy, timer, now, out var scheduled);
        var credential = (await store.FindAsync<ServiceCredential>(profile.Partition, ServiceCredential.Row, cancellationToken))?.Value ?? new ServiceCredential();
        var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken);
        var reason = scheduled ? "schedule" : policy.Reason(PostureReport.ChangedAt(credential, account), lane?.Value.LastLeaverAt, now);
        var may = (policy.Window?.Contains(now) ?? true) && !(credential.FailedAt > now - PauseAfterFailure);
        if (reason is null || !may)
        {
            // A moment of the schedule outside of the window stays due until the window opens.
            if (!scheduled && changes.Count > 0)
            {
                await store.CommitAsync(profile.Partition, changes, cancellationToken);
            }

            return null;
        }

        return await IsOpenAsync(profile, credential, cancellationToken)
            ? null
            : await operations.ChangeCredentialAsync(profile, OperationKind.RotatePassword, new Provenance($"rotation policy: {reason}", "system"), changes, cancellationToken);
    }

    /// <summary>The policy in force for an integration.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The policy, or null for none.</returns>
    public async Task<RotationPolicy?> PolicyAsync(IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var own = await store.FindAsync<RotationPolicy>(profile.Partition, RotationPolicy.Row, cancellationToken);
        return (await WorkspaceAsync(cancellationToken)).For(profile.Integration.Id, own?.Value);
    }

    /// <summary>Reads the policy of the workspace.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The policy.</returns>
    public async Task<WorkspaceRotation> WorkspaceAsync(CancellationToken cancellationToken = default) =>
        (await store.FindAsync<WorkspaceRotation>(ActivityLog.Workspace, RotationPolicies.WorkspaceRow, cancellationToken))?.Value ?? new WorkspaceRotation();

    private static List<RecordChange> Follow(RotationPolicy policy, Versioned<RotationDue>? timer, DateTimeOffset now, out bool due)
    {
        due = false;
        if (policy.Schedule is not { } schedule)
        {
            return timer is null ? [] : [RecordChange.DeleteIfExists(RotationDue.Row)];
        }

        var same = timer?.Value.Schedule == schedule;
        due = same && timer!.Value.DueAt <= now;
        if (same && !due)
        {
            return [];
        }

        var next = CronExpression.Parse(schedule.Cron).Next(now, TimeZoneInfo.FindSystemTimeZoneById(schedule.TimeZone));
        return [TypedRecords.Write(RotationDue.Row, new RotationDue(schedule, next), timer?.ETag)];
    }

    private async Task<bool> IsOpenAsync(IntegrationProfile profile, ServiceCredential credential, CancellationToken cancellationToken) =>
        credential.OperationId is { } id && await operations.FindAsync(profile.Integration.Id, id, cancellationToken) is { Ended: false };
}
