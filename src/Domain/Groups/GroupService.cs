using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

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
/// <param name="profiles">The integrations, read again when a write has to be decided again: its mapping may have changed.</param>
/// <param name="roll">Rolls change sets forward.</param>
/// <param name="work">Told of new change sets.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class GroupService(IRecordStore store, IntegrationProfiles profiles, GroupRoll roll, GroupWork work, LaneSignal signal, TimeProvider clock)
{
    private readonly GroupReader reader = new(store);
    private readonly GroupWriter writer = new(store, new GroupReader(store), roll, work, signal, clock);
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
        DecideAsync(
            profile,
            async profile =>
            {
                if (GroupWriter.Problem(resource) is { } problem)
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
                var draft = new GroupDraft(profile, group.Id, provenance, now);
                draft.Changes.Add(RecordChange.Insert(Rows.Group(group.Id), GroupRecords.Encode(group)));
                draft.Changes.Add(GroupRecords.Stamp(group.Id, now));
                draft.Changes.AddRange(GroupWriter.IndexRows(resource, group.Id).Select(row => RecordChange.Insert(row, default)));
                draft.State = await store.FindAsync<GroupsState>(profile.Partition, Rows.GroupsState, cancellationToken);
                draft.GivesAccess = !GroupAccess.GrantsOf(profile, group.Id, group.DisplayName).IsEmpty;
                if (await draft.AddAsync(reader, store, members, known: false, cancellationToken) is { } unknown)
                {
                    return (true, unknown);
                }

                if (draft.State is null && !draft.IsLarge)
                {
                    draft.Changes.Add(TypedRecords.Insert(Rows.GroupsState, new GroupsState()));
                }

                draft.Changes.Add(GroupEvents.Created(draft, group.DisplayName));

                if (!await writer.CommitAsync(draft, cancellationToken))
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
        DecideAsync(profile, current => TryChangeAsync(current, id, change, versions, provenance, cancellationToken), cancellationToken);

    /// <summary>Deletes a group. Its members stay, without what it gave them.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="versions">The versions that the client accepts (If-Match); null for any.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<GroupWrite> DeleteAsync(
        IntegrationProfile profile, string id, Predicate<string>? versions, Provenance provenance, CancellationToken cancellationToken = default) =>
        DecideAsync(profile, current => TryDeleteAsync(current, id, versions, provenance, cancellationToken), cancellationToken);

    /// <summary>Lets the app follow a change of what a group gives: every member's wish is served again.</summary>
    /// <param name="profile">The integration, with the mapping as it is now.</param>
    /// <param name="id">The group.</param>
    /// <param name="provenance">Who changed the mapping.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when there is such a group.</returns>
    public async Task<bool> ReapplyAsync(IntegrationProfile profile, string id, Provenance provenance, CancellationToken cancellationToken = default)
    {
        var write = await DecideAsync(
            profile,
            async current =>
            {
                var (group, draft, refused) = await writer.BeginAsync(current, id, null, provenance, cancellationToken);
                if (refused is not null || draft is null)
                {
                    return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
                }

                draft.ServesAll = true;
                draft.GivesAccess = true;
                draft.Changes.Add(RecordChange.Replace(Rows.Group(id), GroupRecords.Encode(group!.Record with { Generation = group.Record.Generation + 1 }), group.ETag));
                return (await writer.CommitAsync(draft, cancellationToken), new GroupWrite(GroupWriteKind.Changed, group));
            },
            cancellationToken);
        return write.Kind != GroupWriteKind.NotFound;
    }

    /// <summary>Decides a write, again whenever another came between: then by the integration's mapping as it is by then.</summary>
    private Task<GroupWrite> DecideAsync(
        IntegrationProfile profile, Func<IntegrationProfile, Task<(bool Committed, GroupWrite Write)>> attempt, CancellationToken cancellationToken)
    {
        var current = profile;
        return Optimistic.RunAsync(
            async () =>
            {
                var (committed, write) = await attempt(current);
                if (!committed)
                {
                    current = await profiles.FindAsync(profile.Integration.Id, cancellationToken) ?? current;
                }

                return (committed, write);
            },
            cancellationToken);
    }

    private async Task<(bool Committed, GroupWrite Write)> TryChangeAsync(
        IntegrationProfile profile,
        string id,
        Func<Group, ScimResource, ValueTask<GroupChange>> change,
        Predicate<string>? versions,
        Provenance provenance,
        CancellationToken cancellationToken)
    {
        var (group, draft, refused) = await writer.BeginAsync(profile, id, versions, provenance, cancellationToken);
        if (refused is not null || draft is null)
        {
            return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
        }

        var before = ScimResource.FromStored(group!.Record.Resource.Span, ScimSchemas.GroupType, id);
        var asked = await change(group, before);
        var after = asked.Resource;
        if (GroupWriter.Problem(after) is { } problem)
        {
            return (true, new GroupWrite(GroupWriteKind.Invalid, group, problem));
        }

        var isRenamed = !after.Attributes.Equals(before.Attributes);
        var gave = GroupAccess.GrantsOf(profile, id, group.Record.DisplayName);
        var gives = GroupAccess.GrantsOf(profile, id, after.DisplayName);
        draft.GivesAccess = !gave.IsEmpty || !gives.IsEmpty;
        draft.ServesAll = !gave.GivesTheSameAs(gives);
        if (await writer.GatherAsync(draft, asked, cancellationToken) is { } unknown)
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
            var (oldRows, newRows) = (GroupWriter.IndexRows(before, id), GroupWriter.IndexRows(after, id));
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

        draft.Changes.Add(GroupEvents.Changed(draft, group.Record.DisplayName, after.DisplayName!, isRenamed));
        if (!await writer.CommitAsync(draft, cancellationToken))
        {
            return (false, new GroupWrite(GroupWriteKind.Changed));
        }

        return (true, new GroupWrite(GroupWriteKind.Changed, await reader.FindAsync(profile, id, cancellationToken) ?? group));
    }

    private async Task<(bool Committed, GroupWrite Write)> TryDeleteAsync(
        IntegrationProfile profile, string id, Predicate<string>? versions, Provenance provenance, CancellationToken cancellationToken)
    {
        var (group, draft, refused) = await writer.BeginAsync(profile, id, versions, provenance, cancellationToken);
        if (refused is not null || draft is null)
        {
            return (refused is not null, refused ?? new GroupWrite(GroupWriteKind.NotFound));
        }

        var resource = ScimResource.FromStored(group!.Record.Resource.Span, ScimSchemas.GroupType, id);
        draft.GivesAccess = !GroupAccess.GrantsOf(profile, id, group.Record.DisplayName).IsEmpty;
        draft.Changes.Add(RecordChange.Delete(Rows.Group(id), group.ETag));
        draft.Changes.AddRange(GroupWriter.IndexRows(resource, id).Select(RecordChange.DeleteIfExists));
        draft.Changes.Add(Listed.Groups.Removed(id));

        // Somebody who is coming in now writes the stamp, and this commit is decided again.
        draft.Changes.Add(group.StampETag is null
            ? RecordChange.Insert(Rows.GroupStamp(id), default)
            : RecordChange.Delete(Rows.GroupStamp(id), group.StampETag));
        var prefix = Rows.GroupMember(id, "");
        var limit = draft.GivesAccess ? GroupDraft.MaxDirectAccess : GroupDraft.MaxDirectMembers;
        var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), limit + 1, null, cancellationToken);
        if (page.Records.Count > limit)
        {
            draft.Sweep = true;
        }
        else
        {
            await draft.RemoveAsync(store, page.Records.Select(row => row.Row[prefix.Length..]), cancellationToken);
        }

        draft.Changes.Add(GroupEvents.Deleted(draft, group.Record.DisplayName));
        if (!await writer.CommitAsync(draft, cancellationToken))
        {
            return (false, new GroupWrite(GroupWriteKind.Deleted));
        }

        await memberships.SweepAsync(profile.Partition, id, draft.Now, cancellationToken);
        return (true, new GroupWrite(GroupWriteKind.Deleted, group));
    }
}
