using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>When the managed accounts of an integration were last looked at. Row <c>cp-timer</c>.</summary>
/// <param name="Schedule">The schedule that was in force; another one starts afresh.</param>
/// <param name="Since">Since when it is.</param>
/// <param name="NextAt">When they are looked at again.</param>
public sealed record ManagedPasswordLook(SyncSchedule? Schedule, DateTimeOffset Since, DateTimeOffset NextAt)
{
    internal const string Row = "cp-timer";
}

/// <summary>Takes the passwords of people's accounts into the gateway's care, and rotates them by hand and by policy.</summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="rotations">The policies.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class ManagedPasswordService(IRecordStore store, IntegrationProfiles profiles, RotationTimer rotations, LaneSignal signal, TimeProvider clock)
{
    /// <summary>How often a policy looks at the managed accounts of an integration.</summary>
    public static readonly TimeSpan Between = TimeSpan.FromMinutes(10);

    // Whatever is due besides waits for the next look: people's own operations come between.
    private const int MostAtOnce = 20;

    /// <summary>Whether the connector of an integration can set the passwords of people's accounts.</summary>
    /// <param name="profile">The integration.</param>
    /// <returns>True when it can.</returns>
    public static bool Offers(IntegrationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return profile.Manifest.Verbs.Contains(ConnectorVerb.ResetPassword) && profile.Manifest.Verbs.Contains(ConnectorVerb.Login) && profile.Integration.ServiceAccount is not null;
    }

    /// <summary>Reads what is known of the managed password of a person.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>It, or null where the account is not managed.</returns>
    public async Task<ManagedPassword?> FindAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return IntegrationStore.IsWellFormed(userId) ? (await store.FindAsync<ManagedPassword>(profile.Partition, ManagedPassword.Row(userId), cancellationToken))?.Value : null;
    }

    /// <summary>Gives a person's account a new password that only the gateway knows. An account that was not managed is from then on.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation that does it, the open one where one is; or why it was refused.</returns>
    public async Task<Result<string>> RotateAsync(IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(by);
        if (!Offers(profile))
        {
            return Refusal.Conflict("not_offered", $"The connector of {profile.Manifest.AppName} cannot set the password of a person's account.");
        }

        return await Optimistic.RunAsync(() => TryRotateAsync(profile, userId, by, cancellationToken), cancellationToken);
    }

    /// <summary>Opens the rotations of managed accounts that the integration's policy asks for now.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>How many were opened.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration: { Closing: null, ObserveOnly: null } } profile || !Offers(profile)
            || await store.FindAsync<ManagedPasswordLook>(profile.Partition, ManagedPasswordLook.Row, cancellationToken) is var look && look?.Value.NextAt > now
            || await rotations.PolicyAsync(profile, cancellationToken) is var policy && policy?.Window?.Contains(now) == false)
        {
            return 0;
        }

        // Without a policy too the look is noted: the next passes ask for nothing else until it is time again.
        var since = look is not null && look.Value.Schedule == policy?.Schedule ? look.Value.Since : now;
        var opened = 0;
        await foreach (var managed in ListAsync(profile, cancellationToken))
        {
            if (policy is not null && opened < MostAtOnce && Reason(policy, managed, since, now) is { } reason && !await RestsAsync(profile, managed, now, cancellationToken))
            {
                var by = new Provenance($"rotation policy: {reason}", "system");
                var result = await Optimistic.RunAsync(() => TryRotateAsync(profile, managed.UserId, by, cancellationToken), cancellationToken);
                opened += result.Value is null ? 0 : 1;
            }
        }

        var next = new ManagedPasswordLook(policy?.Schedule, since, now + Between);
        await store.CommitAsync(profile.Partition, [TypedRecords.Write(ManagedPasswordLook.Row, next, look?.ETag)], cancellationToken);
        return opened;
    }

    private static string? Reason(RotationPolicy policy, ManagedPassword managed, DateTimeOffset since, DateTimeOffset now)
    {
        if (managed.ChangedAt is not { } changedAt || managed.IsUnproved)
        {
            return "not proved";
        }

        var from = changedAt > since ? changedAt : since;
        return policy.Schedule is { } schedule
            && CronExpression.Parse(schedule.Cron).Next(from, TimeZoneInfo.FindSystemTimeZoneById(schedule.TimeZone)) <= now
            ? "schedule"
            : policy.Reason(changedAt, null, now);
    }

    private async Task<(bool Committed, Result<string> Result)> TryRotateAsync(
        IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken)
    {
        if (!IntegrationStore.IsWellFormed(userId) || await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is not { } user)
        {
            return (true, Refusal.NotFound("no_user", $"There is no user '{userId}'."));
        }

        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken);
        if (account?.Value.Observed is not { Status: "active" } observed || AccountGoals.HasLeft(profile, user.Value))
        {
            var name = ScimResource.FromStored(user.Value.Resource.Span, profile.UserType).UserName;
            return (true, Refusal.Conflict("no_account", $"When it was last read, the app showed no active account of {name}; one that was invited is active once its person accepted. Sync, and try again."));
        }

        if (UserNames.AreSame(observed.Identifier, profile.Integration.ServiceAccount!.UserName))
        {
            return (true, Refusal.Conflict("service_account", "It is the service account: rotate that one's password instead."));
        }

        var found = await store.FindAsync<ManagedPassword>(profile.Partition, ManagedPassword.Row(userId), cancellationToken);
        var (committed, operationId) = await ManagedRotation.TryOpenAsync(store, profile, found, userId, observed.Identifier, by, clock.GetUtcNow(), cancellationToken);
        if (committed)
        {
            signal.Raise(profile.Integration.Id);
        }

        return (committed, operationId);
    }

    /// <summary>Whether an operation is under way, or failed so lately that its reason is still there.</summary>
    private async Task<bool> RestsAsync(IntegrationProfile profile, ManagedPassword managed, DateTimeOffset now, CancellationToken cancellationToken) =>
        await store.FindAsync<Operation>(profile.Partition, Rows.Operation(managed.OperationId), cancellationToken) is { } last
        && (!last.Value.Ended || (last.Value.Status == OperationStatus.Failed && last.Value.EndedAt > now - RotationTimer.PauseAfterFailure));

    private async IAsyncEnumerable<ManagedPassword> ListAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in store.ScanAsync(profile.Partition, RowRange.Prefix(ManagedPassword.Rows), cancellationToken))
        {
            yield return DomainJson.Decode<ManagedPassword>(record.Value);
        }
    }
}
