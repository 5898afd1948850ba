using System.Text;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>
/// Brings the records of accounts up to what a sync saw, one account a commit. Bears being run again: what was applied
/// is found applied. An account that an operation touched since the read began is left to that operation.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="profile">The integration.</param>
/// <param name="readSince">When the read of the app began.</param>
/// <param name="clock">The clock.</param>
internal sealed class SyncApply(IRecordStore store, IntegrationProfile profile, DateTimeOffset readSince, TimeProvider clock)
{
    /// <summary>Records an account as the app shows it: a known one is updated, an unknown one becomes an unmatched user.</summary>
    public Task<bool> SeenAsync(ObservedAccount seen, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                var key = Ids.KeyOf(seen.Identifier);
                var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken);
                if (account?.Value.Observed?.SeenAt == seen.SeenAt)
                {
                    // This very row is recorded already, by a run that was killed before it could say so.
                    return (true, true);
                }

                if (account is not null && (IsTouched(account.Value) || account.Value.ReservedFor is not null))
                {
                    return (true, false);
                }

                var owner = account is null ? null : await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken);
                var changes = owner is { Value.DeletedAt: null }
                    ? Update(account!, owner, seen)
                    : await AddAsync(key, account, seen, cancellationToken);
                return changes is null ? (true, false) : ((await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed, true);
            },
            cancellationToken);

    /// <summary>Records an account as gone. An unmatched user goes with it; one that an identity provider wants stays, as a drift to be seen.</summary>
    public Task<bool> GoneAsync(string key, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken);
                if (account?.Value is { State: ProvisioningState.Deleted, OpenOperationId: null, DiedAt: null } recorded && recorded.StateChangedAt >= readSince)
                {
                    // Recorded already, by a run that was killed before it could say so: an operation would have proved the end.
                    return (true, true);
                }

                if (account is null || IsTouched(account.Value) || account.Value.State != ProvisioningState.Onboarded)
                {
                    return (true, false);
                }

                var now = clock.GetUtcNow();
                var owner = await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken);
                var isMissing = owner?.Value is { Owned: true } wanted && AccountGoals.Of(profile, wanted, account.Value, now) == AccountGoal.Active;
                var gone = account.Value.Move(ProvisioningState.Deleted, now) with
                {
                    Observed = null, Applied = null, DeleteDueAt = null, Grants = [], MissingSince = isMissing ? now : null,
                };
                var changes = new List<RecordChange> { TypedRecords.Write(Rows.Account(key), gone, account.ETag) };
                if (isMissing)
                {
                    changes.Add(ActivityLog.Append(ActivityEvent.Of(now, Provenance.System.Actor, ActivityKind.AccountMissing, account.Value.Identifier, "a complete read of the app does not show the account, and nobody here took it away", account.Value.UserId)));
                }

                if (owner?.Value is { Owned: false, DeletedAt: null } unmatched)
                {
                    var resource = Scim.ScimResource.FromStored(unmatched.Resource.Span, profile.UserType);
                    changes.AddRange(UserRecords.Bury(unmatched with { DeletedAt = now, ModifiedAt = now, Generation = unmatched.Generation + 1 }, owner.ETag));
                    changes.Add(RecordChange.DeleteIfExists(Rows.UserName(resource.UserName!)));
                    changes.AddRange(UserClaims.IndexRows(resource, unmatched.Id).Select(RecordChange.DeleteIfExists));
                }

                return ((await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed, true);
            },
            cancellationToken);

    /// <summary>Notes that a list showed an account again that was proved deleted, or that the next one did not.</summary>
    public Task<SyncApplied> SightedAsync(string key, bool seen, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken);
                if (account?.Value is not { State: ProvisioningState.Deleted, DiedAt: { } died } || (seen && died >= readSince))
                {
                    return (true, SyncApplied.None);
                }

                var noted = account.Value with { SeenAgainAt = seen ? account.Value.SeenAgainAt ?? clock.GetUtcNow() : null };
                var result = await store.CommitAsync(profile.Partition, [TypedRecords.Write(Rows.Account(key), noted, account.ETag)], cancellationToken);
                return (result.Committed, SyncApplied.None);
            },
            cancellationToken);

    private bool IsTouched(AppAccount account) =>
        account.OpenOperationId is not null || account.StateChangedAt >= readSince || account.Observed?.SeenAt >= readSince;

    private List<RecordChange> Update(Versioned<AppAccount> account, Versioned<UserRecord> owner, ObservedAccount seen)
    {
        var now = clock.GetUtcNow();
        var known = account.Value;
        var observed = SyncComparison.Merge(known.Observed, seen);
        var updated = known with { Observed = observed, Identifier = seen.Identifier };
        if (known.State is null or ProvisioningState.Deleted or ProvisioningState.ProvisioningFailed)
        {
            updated = updated.Move(ProvisioningState.Onboarded, now) with { DiedAt = null, SeenAgainAt = null, MissingSince = null };
        }

        updated = Access.GrantHistory.Follow(updated, null, Access.GrantHistory.Found);
        var changes = new List<RecordChange> { TypedRecords.Write(Rows.Account(known.Key), updated, account.ETag) };
        if (!owner.Value.Owned || DesiredAccount.RolesOf(profile, Scim.ScimResource.FromStored(owner.Value.Resource.Span, profile.UserType)).Count == 0)
        {
            changes.AddRange(ExclusiveRoles.Seen(profile, observed, owner.Value.Id));
        }

        if (!owner.Value.Owned)
        {
            // Nobody wishes anything of an unmatched user: it is what the app shows.
            var before = Scim.ScimResource.FromStored(owner.Value.Resource.Span, profile.UserType);
            var resource = ImportedUser.Resource(profile, observed);
            if (!resource.Attributes.Equals(before.Attributes))
            {
                var changed = owner.Value with { Generation = owner.Value.Generation + 1, Resource = resource.ToStored(), ModifiedAt = now, Active = observed.Active };
                changes.Add(UserRecords.Write(changed, owner.ETag));
                var oldRows = UserClaims.IndexRows(before, changed.Id);
                var newRows = UserClaims.IndexRows(resource, changed.Id);
                changes.AddRange(oldRows.Except(newRows).Select(RecordChange.DeleteIfExists));
                changes.AddRange(newRows.Except(oldRows).Select(row => RecordChange.Upsert(row, default)));
                changes.AddRange(Matching.MatchIndex.Rows(profile, observed, changed.Id));
            }
        }

        return changes;
    }

    private async Task<List<RecordChange>?> AddAsync(string key, Versioned<AppAccount>? account, ObservedAccount seen, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var resource = ImportedUser.Resource(profile, seen);
        var nameRow = Rows.UserName(resource.UserName!);
        if (await store.GetAsync(profile.Partition, nameRow, cancellationToken) is not null)
        {
            // Another user has this name while its account is a different one: the identity provider's wish comes first.
            return null;
        }

        var user = new UserRecord
        {
            Id = Ids.NewUserId(now),
            Generation = 1,
            Resource = resource.ToStored(),
            Owned = false,
            CreatedAt = now,
            ModifiedAt = now,
            AccountKey = key,
            Active = seen.Active,
        };
        var fresh = (account?.Value ?? new AppAccount { Key = key, Identifier = seen.Identifier, UserId = user.Id }) with
        {
            UserId = user.Id,
            Identifier = seen.Identifier,
            Observed = seen,
            Applied = null,
            LastFailure = null,
            SatisfiedGeneration = 1,
            DiedAt = null,
            SeenAgainAt = null,
            MissingSince = null,
            DeleteDueAt = null,
        };
        fresh = Access.GrantHistory.Follow(fresh with { Grants = [] }, null, Access.GrantHistory.Found);
        fresh = fresh.State == ProvisioningState.Onboarded ? fresh : fresh.Move(ProvisioningState.Onboarded, now);
        return
        [
            UserRecords.Write(user, null),
            TypedRecords.Write(Rows.Account(key), fresh, account?.ETag),
            RecordChange.Insert(nameRow, Encoding.ASCII.GetBytes(user.Id)),
            .. UserClaims.IndexRows(resource, user.Id).Select(row => RecordChange.Insert(row, default)),
            .. Matching.MatchIndex.Rows(profile, seen, user.Id),
            .. ExclusiveRoles.Seen(profile, seen, user.Id),
        ];
    }
}
