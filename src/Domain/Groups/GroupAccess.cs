using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Groups;

/// <summary>What groups give in the app: the mapping of an integration, and what it means for a person.</summary>
public static class GroupAccess
{
    /// <summary>What a group gives.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The group's id.</param>
    /// <param name="displayName">Its name.</param>
    /// <returns>The roles and entitlements; none for a group that is not mapped.</returns>
    public static AccessGrants GrantsOf(IntegrationProfile profile, string id, string? displayName)
    {
        var mappings = profile.Integration.GroupMappings;
        return mappings.Count == 0 ? AccessGrants.None : AccessGrants.Union(mappings.Where(m => m.Names(id, displayName)).Select(m => m.Grants));
    }

    /// <summary>What somebody has through groups.</summary>
    /// <param name="groups">Reads the memberships.</param>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The roles and entitlements; none where no group gives any.</returns>
    public static async ValueTask<AccessGrants> ThroughGroupsAsync(
        GroupReader groups, IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        if (profile.Integration.GroupMappings.Count == 0)
        {
            return AccessGrants.None;
        }

        var memberOf = await groups.GroupsOfAsync(profile, userId, cancellationToken);
        return AccessGrants.Union(memberOf.Select(g => GrantsOf(profile, g.Id, g.DisplayName)));
    }

    /// <summary>What mappings give to somebody, or gave once: who has any of it without being wished it loses it.</summary>
    /// <param name="profile">The integration.</param>
    /// <returns>The roles and entitlements.</returns>
    public static AccessGrants ManagedBy(IntegrationProfile profile) =>
        AccessGrants.Union(profile.Integration.GroupMappings.Select(m => m.Grants).Append(profile.Integration.FormerGrants));

    /// <summary>
    /// Gathers the changes that make the app follow a change of what somebody's groups give: the wish grows, and an
    /// operation serves it. Adds a check of the user's row where nothing needs to follow.
    /// </summary>
    /// <returns>False when there is no such user any more; then nothing is added.</returns>
    internal static async Task<bool> ServeAsync(
        IRecordStore store, IntegrationProfile profile, string userId, Provenance provenance, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is not { } user)
        {
            return false;
        }

        // Roles of somebody who is not active, or whom no identity provider claims, are looked at when that changes.
        if (!user.Value.Active || !user.Value.Owned
            || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken) is not { } account)
        {
            changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
            return true;
        }

        var moved = user.Value with { AccessGeneration = user.Value.AccessGeneration + 1 };
        var intake = new Intake(store, profile, provenance, now);
        intake.Changes.Add(UserRecords.Write(moved, user.ETag));
        await intake.ServeAsync(account.Value, account.ETag, touched: false, moved, cancellationToken);
        changes.AddRange(intake.Changes);
        return true;
    }
}
