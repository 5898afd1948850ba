using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>What became of a write of a group.</summary>
public enum GroupWriteKind
{
    /// <summary>A new resource.</summary>
    Created,

    /// <summary>Attributes or members changed.</summary>
    Changed,

    /// <summary>Everything was already so.</summary>
    Unchanged,

    /// <summary>The resource is deleted.</summary>
    Deleted,

    /// <summary>There is no such resource.</summary>
    NotFound,

    /// <summary>The version is not the one that the client named.</summary>
    VersionMismatch,

    /// <summary>The request names somebody who is not there, or lacks a name.</summary>
    Invalid,
}

/// <summary>The result of a write of a group.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Group">The group as it is now, where there is one.</param>
/// <param name="Detail">For a refused write, why, in a sentence for the client.</param>
public sealed record GroupWrite(GroupWriteKind Kind, Group? Group = null, string? Detail = null);

/// <summary>What a request makes of a group.</summary>
/// <param name="Resource">The attributes afterwards, without members.</param>
/// <param name="ReplacesMembers">True when all members go before the new ones come.</param>
/// <param name="Adds">Who is a member afterwards; each id once.</param>
/// <param name="Removes">Who is not; each id once, none of them among those that come.</param>
public sealed record GroupChange(ScimResource Resource, bool ReplacesMembers, IReadOnlyList<string> Adds, IReadOnlyList<string> Removes);

/// <summary>
/// The identity provider's side of groups. A change of few members is one commit that no other such change stands in the
/// way of; a change of many is one commit too, of a change set that is rolled forward afterwards.
/// </summary>
/// <remarks>
/// A member that nobody knows refuses the whole request (<c>invalidValue</c>): to drop it silently would leave the
/// identity provider believing in a membership that is not there. A member that was deleted meanwhile is passed over:
/// identity providers tell of deletions and of memberships in no particular order. Adding twice and removing who is not
/// there succeed (as Microsoft Entra ID expects).
/// </remarks>
/// <param name="store">The record store.</param>
/// <param name="roll">Rolls change sets forward.</param>
/// <param name="work">Told of new change sets.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class GroupService(IRecordStore store, GroupRoll roll, GroupWork work, LaneSignal signal, TimeProvider clock)
{
    private const int MaxDirectMembers = 28;
    private const int MaxDirectAccess = 7;
    private const int MaxNamed = 5;

    private readonly GroupReader reader = new(store);
    private readonly Memberships memberships = new(store);

    /// <summary>Creates a group.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource without members.</param>
    /// <param name="members">The ids of its members; each once.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<GroupWrite> CreateAsync(
        IntegrationProfile profile, ScimResource resource, IReadOnlyList<string> members, Provenance provenance, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(
            async () =>
            {
                if (Problem(resource) is { } problem)
                {
                    return (true, new GroupWrite(GroupWriteKind.Invalid, Detail: problem));
                }

                var now = clock.GetUtcNow();
                var group = new GroupRecord
                {
                    Id = Ids.NewUserId(now),
                    Generation = 1,
                    DisplayName = resource.DisplayName!,
                    Resource = resource.ToStored(),
                    CreatedAt = now,
                    ModifiedAt = now,
                    ModifiedBy = provenance.Actor,
                };
                var draft = new Draft(profile, group.Id, provenance, now);
                draft.Changes.Add(RecordChange.Insert(Rows.Group(group.Id), GroupRecords.Encode(group)));
                draft.Changes.Add(GroupRecords.Stamp(group.Id, now));
                draft.Changes.AddRange(IndexRows(resource, group.Id).Select(row => RecordChange.Insert(row, default)));
                draft.State = await store.FindAsync<GroupsState>(profile.Partition, Rows.GroupsState, cancellationToken);
                draft.GivesAccess = GroupAccess.RolesOf(profile, group.Id, group.DisplayName).Count > 0;
                if (await draft.AddAsync(reader, store, members, known: false, cancellationToken) is { } unknown)
                {
                    return (true, unknown);
                }

                if (draft.State is null && !draft.IsLarge)
                {
                    draft.Changes.Add(TypedRecords.Insert(Rows.GroupsState, new GroupsState()));
                }

                if (!await CommitAsync(draft, cancellationToken))
                {
                    return (false, new GroupWrite(GroupWriteKind.Created));
                }

                return (true, new GroupWrite(GroupWriteKind.Created, await reader.FindAsync(profile, group.Id, cancellationToken)));
            },
            cancellationToken);

    /// <summary>Changes a group.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="change">Gives the change; called again when another write came between. May throw to refuse.</param>
    /// <param name="versions">The versions that the client accepts (If-Match); null for any.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<GroupWrite> ChangeAsync(
        IntegrationProfile profile,
        string id,
        Func<Group, ScimResource, ValueTask<GroupChange>> change,
        Predicate<string>? versions,
        Provenance provenance,
        CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(() => TryChangeAsync(profile, id, change, versions, provenance, cancellationToken), cancellationToken);

    /// <summary>Deletes a group. Its members stay, without what it gave them.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="versions">The versions that the client accepts (If-Match); null for any.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<GroupWrite> DeleteAsync(
        IntegrationProfile profile, string id, Predicate<string>? versions, Provenance provenance, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(() => TryDeleteAsync(profile, id, versions, provenance, cancellationToken), cancellationToken);

    /// <summary>Lets the app follow a change of what a group gives: every member's wish is served again.</summary>
    /// <param name="profile">The integration, with the mapping as it is now.</param>
    /// <param name="id">The group.</param>
    /// <param name="provenance">Who changed the mapping.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when there is such a group.</returns>
    public async Task<bool> ReapplyAsync(IntegrationProfile profile, string id, Provenance provenance, CancellationToken cancellationToken = default)
    {
        var write = await Optimistic.RunAsync(
            async () =>
            {
                var (group, draft, refused) = await BeginAsync(profile, id, null, provenance, cancellationToken);
                if (refused is not null || draft is null)
                {
                    return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
                }

                draft.ServesAll = true;
                draft.GivesAccess = true;
                draft.Changes.Add(RecordChange.Replace(Rows.Group(id), GroupRecords.Encode(group!.Record with { Generation = group.Record.Generation + 1 }), group.ETag));
                return (await CommitAsync(draft, cancellationToken), new GroupWrite(GroupWriteKind.Changed, group));
            },
            cancellationToken);
        return write.Kind != GroupWriteKind.NotFound;
    }

    private async Task<(bool Committed, GroupWrite Write)> TryChangeAsync(
        IntegrationProfile profile,
        string id,
        Func<Group, ScimResource, ValueTask<GroupChange>> change,
        Predicate<string>? versions,
        Provenance provenance,
        CancellationToken cancellationToken)
    {
        var (group, draft, refused) = await BeginAsync(profile, id, versions, provenance, cancellationToken);
        if (refused is not null || draft is null)
        {
            return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
        }

        var before = ScimResource.FromStored(group!.Record.Resource.Span, ScimSchemas.GroupType, id);
        var asked = await change(group, before);
        var after = asked.Resource;
        if (Problem(after) is { } problem)
        {
            return (true, new GroupWrite(GroupWriteKind.Invalid, group, problem));
        }

        var isRenamed = !after.Attributes.Equals(before.Attributes);
        var gave = GroupAccess.RolesOf(profile, id, group.Record.DisplayName);
        var gives = GroupAccess.RolesOf(profile, id, after.DisplayName);
        draft.GivesAccess = gave.Count > 0 || gives.Count > 0;
        draft.ServesAll = !gave.Order(StringComparer.OrdinalIgnoreCase).SequenceEqual(gives.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
        if (await GatherAsync(draft, asked, cancellationToken) is { } unknown)
        {
            return (true, unknown with { Group = group });
        }

        if (!isRenamed && !draft.ChangesMembers)
        {
            return (true, new GroupWrite(GroupWriteKind.Unchanged, group));
        }

        if (isRenamed || draft.IsLarge)
        {
            var record = group.Record with
            {
                Generation = group.Record.Generation + 1,
                DisplayName = after.DisplayName!,
                Resource = after.ToStored(),
                ModifiedAt = draft.Now,
                ModifiedBy = provenance.Actor,
            };
            draft.Changes.Add(RecordChange.Replace(Rows.Group(id), GroupRecords.Encode(record), group.ETag));
            var (oldRows, newRows) = (IndexRows(before, id), IndexRows(after, id));
            draft.Changes.AddRange(oldRows.Except(newRows).Select(RecordChange.DeleteIfExists));
            draft.Changes.AddRange(newRows.Except(oldRows).Select(row => RecordChange.Upsert(row, default)));
        }
        else
        {
            // Whoever begins a change set writes the group, so that none comes between unseen.
            draft.Changes.Add(RecordChange.Check(Rows.Group(id), group.ETag));
        }

        if (draft.ChangesMembers || versions is not null)
        {
            var stamp = GroupRecords.Stamp(id, draft.Now);
            draft.Changes.Add(versions is null ? stamp
                : group.StampETag is null ? RecordChange.Insert(stamp.Row, stamp.Value)
                : RecordChange.Replace(stamp.Row, stamp.Value, group.StampETag));
        }

        if (!await CommitAsync(draft, cancellationToken))
        {
            return (false, new GroupWrite(GroupWriteKind.Changed));
        }

        return (true, new GroupWrite(GroupWriteKind.Changed, await reader.FindAsync(profile, id, cancellationToken) ?? group));
    }

    private async Task<(bool Committed, GroupWrite Write)> TryDeleteAsync(
        IntegrationProfile profile, string id, Predicate<string>? versions, Provenance provenance, CancellationToken cancellationToken)
    {
        var (group, draft, refused) = await BeginAsync(profile, id, versions, provenance, cancellationToken);
        if (refused is not null || draft is null)
        {
            return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
        }

        var resource = ScimResource.FromStored(group!.Record.Resource.Span, ScimSchemas.GroupType, id);
        draft.GivesAccess = GroupAccess.RolesOf(profile, id, group.Record.DisplayName).Count > 0;
        draft.Changes.Add(RecordChange.Delete(Rows.Group(id), group.ETag));
        draft.Changes.AddRange(IndexRows(resource, id).Select(RecordChange.DeleteIfExists));
        draft.Changes.Add(Listed.Groups.Removed(id));

        // Somebody who is coming in now writes the stamp, and this commit is decided again.
        draft.Changes.Add(group.StampETag is null
            ? RecordChange.Insert(Rows.GroupStamp(id), default)
            : RecordChange.Delete(Rows.GroupStamp(id), group.StampETag));
        var prefix = Rows.GroupMember(id, "");
        var limit = draft.GivesAccess ? MaxDirectAccess : MaxDirectMembers;
        var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), limit + 1, null, cancellationToken);
        if (page.Records.Count > limit)
        {
            draft.Sweep = true;
        }
        else
        {
            foreach (var row in page.Records)
            {
                await draft.RemoveAsync(store, row.Row[prefix.Length..], cancellationToken);
            }
        }

        if (!await CommitAsync(draft, cancellationToken))
        {
            return (false, new GroupWrite(GroupWriteKind.Deleted));
        }

        await memberships.SweepAsync(profile.Partition, id, draft.Now, cancellationToken);
        return (true, new GroupWrite(GroupWriteKind.Deleted, group));
    }

    /// <summary>Reads the group, checks the version and finishes what is pending; without draft and refusal it has to be tried again.</summary>
    private async Task<(Group? Group, Draft? Draft, GroupWrite? Refused)> BeginAsync(
        IntegrationProfile profile, string id, Predicate<string>? versions, Provenance provenance, CancellationToken cancellationToken)
    {
        if (await reader.FindAsync(profile, id, cancellationToken) is not { } group)
        {
            return (null, null, new GroupWrite(GroupWriteKind.NotFound));
        }

        if (versions?.Invoke(group.Version) == false)
        {
            return (group, null, new GroupWrite(GroupWriteKind.VersionMismatch, group));
        }

        var state = await store.FindAsync<GroupsState>(profile.Partition, Rows.GroupsState, cancellationToken);
        if (state?.Value.Pending.Contains(id, StringComparer.Ordinal) == true)
        {
            await roll.RollAsync(profile, id, cancellationToken);
            return (group, null, null);
        }

        return (group, new Draft(profile, id, provenance, clock.GetUtcNow()) { State = state }, null);
    }

    /// <summary>Finds out who really comes and goes.</summary>
    private async Task<GroupWrite?> GatherAsync(Draft draft, GroupChange asked, CancellationToken cancellationToken)
    {
        if (!asked.ReplacesMembers)
        {
            if (await draft.AddAsync(reader, store, asked.Adds, known: false, cancellationToken) is { } refused)
            {
                return refused;
            }

            foreach (var memberId in asked.Removes)
            {
                await draft.RemoveAsync(store, memberId, cancellationToken);
            }

            return null;
        }

        var current = (await reader.MembersAsync(draft.Profile, draft.GroupId, cancellationToken)).Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        if (await draft.AddAsync(reader, store, [.. asked.Adds.Where(id => !current.Contains(id))], known: true, cancellationToken) is { } unknown)
        {
            return unknown;
        }

        current.ExceptWith(asked.Adds);
        if (current.Count + draft.MemberCount > ScimLimits.Default.MembersPerRequest)
        {
            draft.Sweep = true;
            return await draft.KeepAsync(reader, asked.Adds, cancellationToken);
        }

        foreach (var memberId in current)
        {
            await draft.RemoveAsync(store, memberId, cancellationToken);
        }

        return null;
    }

    private async Task<bool> CommitAsync(Draft draft, CancellationToken cancellationToken)
    {
        if (draft.IsLarge)
        {
            var state = draft.State?.Value ?? new GroupsState();
            draft.Changes.Add(RecordChange.Insert(Rows.GroupChangeSet(draft.GroupId), GroupChangeSets.Encode(draft.ToChangeSet())));
            draft.Changes.Add(TypedRecords.Insert(Rows.GroupProgress(draft.GroupId), new GroupProgress(0, 0, null)));
            draft.Changes.Add(TypedRecords.Write(Rows.GroupsState, state with { Pending = [.. state.Pending, draft.GroupId] }, draft.State?.ETag));
        }
        else if (!await draft.WriteMembersAsync(store, cancellationToken))
        {
            return false;
        }

        if (!(await store.CommitAsync(draft.Profile.Partition, draft.Changes, cancellationToken)).Committed)
        {
            return false;
        }

        if (draft.IsLarge)
        {
            work.Raise(draft.Profile.Integration.Id);
        }
        else if (draft.GivesAccess && draft.ChangesMembers)
        {
            signal.Raise(draft.Profile.Integration.Id);
        }

        return true;
    }

    private static string? Problem(ScimResource resource) =>
        string.IsNullOrWhiteSpace(resource.DisplayName) ? "The attribute 'displayName' is required." : null;

    private static List<string> IndexRows(ScimResource resource, string id)
    {
        var rows = new List<string>(2) { Rows.Index('d', resource.DisplayName!, id) };
        if (resource.ExternalId is { Length: > 0 } externalId)
        {
            rows.Add(Rows.Index('f', externalId, id));
        }

        return rows;
    }

    /// <summary>A write while it is put together.</summary>
    private sealed class Draft(IntegrationProfile profile, string groupId, Provenance provenance, DateTimeOffset now)
    {
        private readonly List<GroupMember> adds = [];
        private readonly List<string> removes = [];

        public IntegrationProfile Profile { get; } = profile;

        public string GroupId { get; } = groupId;

        public DateTimeOffset Now { get; } = now;

        public Versioned<GroupsState>? State { get; set; }

        public List<RecordChange> Changes { get; } = [];

        public bool GivesAccess { get; set; }

        public bool ServesAll { get; set; }

        public bool Sweep { get; set; }

        public int MemberCount => adds.Count + removes.Count;

        public bool ChangesMembers => MemberCount > 0 || Sweep || ServesAll;

        public bool IsLarge => Sweep || ServesAll || MemberCount > (GivesAccess ? MaxDirectAccess : MaxDirectMembers);

        /// <summary>Notes who comes and is not there yet.</summary>
        /// <param name="reader">Reads memberships.</param>
        /// <param name="store">The record store.</param>
        /// <param name="memberIds">Who comes.</param>
        /// <param name="known">True when none of them is a member now.</param>
        /// <param name="cancellationToken">Cancels the reads.</param>
        /// <returns>A refusal, or null.</returns>
        public async Task<GroupWrite?> AddAsync(
            GroupReader reader, IRecordStore store, IReadOnlyList<string> memberIds, bool known, CancellationToken cancellationToken)
        {
            List<string>? unknown = null;
            foreach (var memberId in memberIds)
            {
                if (!IntegrationStore.IsWellFormed(memberId) || memberId == GroupId)
                {
                    (unknown ??= []).Add(memberId);
                }
                else if (!known && await store.GetAsync(Profile.Partition, Rows.GroupMember(GroupId, memberId), cancellationToken) is not null)
                {
                    continue;
                }
                else if (await reader.KindOfAsync(Profile.Partition, memberId, cancellationToken) is { } kind)
                {
                    adds.Add(new GroupMember(memberId, kind));
                }
                else if (await store.GetAsync(Profile.Partition, Rows.DeletedUser(memberId), cancellationToken) is null)
                {
                    (unknown ??= []).Add(memberId);
                }
            }

            return unknown is null ? null : new GroupWrite(
                GroupWriteKind.Invalid,
                Detail: $"There is no user or other group {string.Join(", ", unknown.Take(MaxNamed).Select(id => $"'{(id.Length > 64 ? id[..64] : id)}'"))}{(unknown.Count > MaxNamed ? $" and {unknown.Count - MaxNamed} others" : "")} that could be a member. Nothing was changed.");
        }

        /// <summary>Notes all who are members afterwards, those who are already too.</summary>
        public async Task<GroupWrite?> KeepAsync(GroupReader reader, IReadOnlyList<string> memberIds, CancellationToken cancellationToken)
        {
            adds.Clear();
            foreach (var memberId in memberIds)
            {
                if (await reader.KindOfAsync(Profile.Partition, memberId, cancellationToken) is { } kind)
                {
                    adds.Add(new GroupMember(memberId, kind));
                }
            }

            return null;
        }

        public async Task RemoveAsync(IRecordStore store, string memberId, CancellationToken cancellationToken)
        {
            if (IntegrationStore.IsWellFormed(memberId)
                && await store.GetAsync(Profile.Partition, Rows.GroupMember(GroupId, memberId), cancellationToken) is not null)
            {
                removes.Add(memberId);
            }
        }

        /// <summary>Adds the changes of the members themselves.</summary>
        /// <returns>False when one of them has gone meanwhile.</returns>
        public async Task<bool> WriteMembersAsync(IRecordStore store, CancellationToken cancellationToken)
        {
            foreach (var member in adds)
            {
                Changes.AddRange(Memberships.Join(GroupId, member));
                if (GivesAccess && member.Kind == MemberKind.User)
                {
                    if (!await GroupAccess.ServeAsync(store, Profile, member.Id, provenance, Changes, Now, cancellationToken))
                    {
                        return false;
                    }

                    continue;
                }

                var row = member.Kind == MemberKind.User ? Rows.User(member.Id) : Rows.Group(member.Id);
                if (await store.GetAsync(Profile.Partition, row, cancellationToken) is not { } record)
                {
                    return false;
                }

                Changes.Add(RecordChange.Check(row, record.ETag));
            }

            foreach (var memberId in removes)
            {
                Changes.AddRange(Memberships.Leave(GroupId, memberId));
                if (GivesAccess)
                {
                    await GroupAccess.ServeAsync(store, Profile, memberId, provenance, Changes, Now, cancellationToken);
                }
            }

            return true;
        }

        public GroupChangeSet ToChangeSet() => new()
        {
            RequestedBy = provenance,
            Sweep = Sweep,
            GivesAccess = GivesAccess,
            ServesAll = ServesAll,
            Adds = adds,
            Removes = Sweep ? [] : removes,
        };
    }
}
