using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Groups;

/// <summary>Reads groups and memberships, with change sets that are still rolled forward laid over the rows.</summary>
/// <param name="store">The record store.</param>
public sealed partial class GroupReader(IRecordStore store)
{
    private const int MaxTries = 5;

    private static readonly byte[] NothingPending = DomainJson.Encode(new GroupsState());

    /// <summary>Reads a group.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The group, or null where there is none.</returns>
    public async ValueTask<Group?> FindAsync(IntegrationProfile profile, string id, CancellationToken cancellationToken = default) =>
        IntegrationStore.IsWellFormed(id) ? await store.FindGroupAsync(profile.Partition, id, cancellationToken) : null;

    /// <summary>Finds groups by an index; the caller compares the value itself.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="index">d for displayName, f for externalId.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The candidates.</returns>
    public async Task<IReadOnlyList<Group>> FindByIndexAsync(
        IntegrationProfile profile, char index, string value, CancellationToken cancellationToken = default)
    {
        var prefix = Rows.IndexPrefix(index, value);
        var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), RecordLimits.MaxPageSize, null, cancellationToken);
        var groups = new List<Group>(page.Records.Count);
        foreach (var record in page.Records)
        {
            if (await store.FindGroupAsync(profile.Partition, record.Row[prefix.Length..], cancellationToken) is { } group)
            {
                groups.Add(group);
            }
        }

        return groups;
    }

    /// <summary>Completes a group that was read as a row of the list.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="row">The row.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The group.</returns>
    public ValueTask<Group> ReadAsync(IntegrationProfile profile, StoredRecord row, CancellationToken cancellationToken = default) =>
        GroupRecords.WithStampAsync(store, profile.Partition, row, cancellationToken);

    /// <summary>Reads every member of a group, in the order of their ids.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The group.</param>
    /// <param name="cancellationToken">Cancels between pages.</param>
    /// <returns>The members.</returns>
    public async Task<IReadOnlyList<GroupMember>> MembersAsync(IntegrationProfile profile, string id, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = await store.FindGroupAsync(profile.Partition, id, cancellationToken);
            var pending = await store.FindChangeSetAsync(profile.Partition, id, cancellationToken);
            var members = await RowsAsync(profile.Partition, id, cancellationToken);
            if (pending is { } overlay)
            {
                members = await OverlayAsync(profile.Partition, members, overlay.Set, cancellationToken);
            }

            // A change in between would show some of it and not the rest.
            var after = await store.FindGroupAsync(profile.Partition, id, cancellationToken);
            if (before?.Version == after?.Version || attempt == MaxTries)
            {
                return members;
            }
        }
    }

    /// <summary>Whether somebody is a member of a group.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The group.</param>
    /// <param name="memberId">The member.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>True when so.</returns>
    public async ValueTask<bool> IsMemberAsync(IntegrationProfile profile, string id, string memberId, CancellationToken cancellationToken = default)
    {
        if (!IntegrationStore.IsWellFormed(id) || !IntegrationStore.IsWellFormed(memberId))
        {
            return false;
        }

        if (await IsPendingAsync(profile.Partition, id, cancellationToken)
            && await store.FindChangeSetAsync(profile.Partition, id, cancellationToken) is { Set: var set })
        {
            if (set.Adding(memberId))
            {
                return await ExistsAsync(profile.Partition, memberId, cancellationToken);
            }

            if (set.Removing(memberId))
            {
                return false;
            }
        }

        return await store.GetAsync(profile.Partition, Rows.GroupMember(id, memberId), cancellationToken) is not null;
    }

    /// <summary>Reads the groups that somebody is a direct member of. Costs one read of a cached record where there are no groups at all.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="memberId">The member.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The groups, in the order of their ids.</returns>
    public async ValueTask<IReadOnlyList<GroupRecord>> GroupsOfAsync(IntegrationProfile profile, string memberId, CancellationToken cancellationToken = default)
    {
        var partition = profile.Partition;
        var state = await store.GetAsync(partition, Rows.GroupsState, cancellationToken);
        if (state is null)
        {
            return [];
        }

        // The pending change sets first: what is rolled forward meanwhile is then in the rows as well.
        Dictionary<string, bool>? overlaid = null;
        foreach (var (groupId, set) in await PendingAsync(partition, state, cancellationToken))
        {
            if (set.Adding(memberId) || set.Removing(memberId))
            {
                (overlaid ??= new(StringComparer.Ordinal))[groupId] = set.Adding(memberId);
            }
        }

        var prefix = Rows.MemberGroup(memberId, "");
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(prefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            ids.AddRange(page.Records.Select(row => row.Row[prefix.Length..]));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        if (overlaid is not null)
        {
            ids = [.. ids.Where(id => overlaid.GetValueOrDefault(id, true)).Union(overlaid.Where(o => o.Value).Select(o => o.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }

        if (ids.Count == 0)
        {
            return [];
        }

        var groups = new List<GroupRecord>(ids.Count);
        foreach (var id in ids)
        {
            // The rows of a deleted group go a little later than the group.
            if (await store.GetAsync(partition, Rows.Group(id), cancellationToken) is { } row)
            {
                groups.Add(GroupRecords.Decode(row.Value));
            }
        }

        return groups;
    }

    private async Task<IReadOnlyList<(string GroupId, GroupChangeSet Set)>> PendingAsync(string partition, StoredRecord state, CancellationToken cancellationToken)
    {
        // Every read of a user comes through here, and nearly always nothing is pending.
        if (state.Value.Span.SequenceEqual(NothingPending))
        {
            return [];
        }

        var pending = DomainJson.Decode<GroupsState>(state.Value).Pending;
        var sets = new List<(string GroupId, GroupChangeSet Set)>(pending.Count);
        foreach (var groupId in pending)
        {
            if (await store.FindChangeSetAsync(partition, groupId, cancellationToken) is { Set: var set })
            {
                sets.Add((groupId, set));
            }
        }

        return sets;
    }

    /// <summary>The name by which people know a member.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="member">The member.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The display name, else the user name; null where it was deleted meanwhile.</returns>
    public async ValueTask<string?> NameOfAsync(IntegrationProfile profile, GroupMember member, CancellationToken cancellationToken = default)
    {
        var row = await store.GetAsync(profile.Partition, member.Kind == MemberKind.User ? Rows.User(member.Id) : Rows.Group(member.Id), cancellationToken);
        if (row is null || member.Kind == MemberKind.Group)
        {
            return row is null ? null : GroupRecords.Decode(row.Value).DisplayName;
        }

        var user = ScimResource.FromStored(UserRecords.Decode(row.Value).Resource.Span, profile.UserType);
        return user.DisplayName ?? user.UserName;
    }

    /// <summary>Whether a group has a change set that is not rolled forward yet.</summary>
    internal async ValueTask<bool> IsPendingAsync(string partition, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(partition, Rows.GroupsState, cancellationToken) is { } state
        && DomainJson.Decode<GroupsState>(state.Value).Pending.Contains(id, StringComparer.Ordinal);

    /// <summary>Finds what a member id stands for.</summary>
    internal async ValueTask<MemberKind?> KindOfAsync(string partition, string memberId, CancellationToken cancellationToken) =>
        await store.GetAsync(partition, Rows.User(memberId), cancellationToken) is not null ? MemberKind.User
        : await store.GetAsync(partition, Rows.Group(memberId), cancellationToken) is not null ? MemberKind.Group
        : null;

    private async ValueTask<bool> ExistsAsync(string partition, string memberId, CancellationToken cancellationToken) =>
        await KindOfAsync(partition, memberId, cancellationToken) is not null;

    private async Task<List<GroupMember>> RowsAsync(string partition, string id, CancellationToken cancellationToken)
    {
        var prefix = Rows.GroupMember(id, "");
        var members = new List<GroupMember>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(prefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                members.Add(Memberships.Read(row, prefix.Length));
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return members;
    }

    private async Task<List<GroupMember>> OverlayAsync(string partition, List<GroupMember> members, GroupChangeSet set, CancellationToken cancellationToken)
    {
        members.RemoveAll(m => set.Removing(m.Id));
        var present = members.Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        GroupMember[] coming = [.. set.Adds.Where(m => !present.Contains(m.Id))];
        var exist = await RecordReads.ForEachAsync(coming, m => ExistsAsync(partition, m.Id, cancellationToken));
        members.AddRange(coming.Where((_, i) => exist[i]));
        members.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        return members;
    }
}
