using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>What every write of a group has in common: how it begins, who comes and goes, and how it is committed.</summary>
/// <param name="store">The record store.</param>
/// <param name="reader">Reads groups.</param>
/// <param name="roll">Rolls change sets forward.</param>
/// <param name="work">Told of new change sets.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
internal sealed class GroupWriter(IRecordStore store, GroupReader reader, GroupRoll roll, GroupWork work, LaneSignal signal, TimeProvider clock)
{
    /// <summary>Reads the group, checks the version and finishes what is pending; without draft and refusal it has to be tried again.</summary>
    public async Task<(Group? Group, GroupDraft? Draft, GroupWrite? Refused)> BeginAsync(
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

        return (group, new GroupDraft(profile, id, provenance, clock.GetUtcNow()) { State = state }, null);
    }

    /// <summary>Finds out who really comes and goes.</summary>
    public async Task<GroupWrite?> GatherAsync(GroupDraft draft, GroupChange asked, CancellationToken cancellationToken)
    {
        if (!asked.ReplacesMembers)
        {
            if (await draft.AddAsync(reader, store, asked.Adds, known: false, cancellationToken) is { } refused)
            {
                return refused;
            }

            await draft.RemoveAsync(store, asked.Removes, cancellationToken);
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

        await draft.RemoveAsync(store, current, cancellationToken);
        return null;
    }

    /// <summary>Commits a draft, and tells those who go on from there.</summary>
    /// <returns>False when another write came between.</returns>
    public async Task<bool> CommitAsync(GroupDraft draft, CancellationToken cancellationToken)
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

        // What the group gives was decided by the mapping. Who changes that lets every member follow who is there by then.
        draft.Changes.Add(RecordChange.Check(Rows.Integration, draft.Profile.ETag));
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

    /// <summary>What the attributes lack, or null.</summary>
    public static string? Problem(ScimResource resource) =>
        string.IsNullOrWhiteSpace(resource.DisplayName) ? "The attribute 'displayName' is required." : null;

    /// <summary>The index rows of a group: by name and by externalId.</summary>
    public static List<string> IndexRows(ScimResource resource, string id)
    {
        var rows = new List<string>(2) { Rows.Index('d', resource.DisplayName!, id) };
        if (resource.ExternalId is { Length: > 0 } externalId)
        {
            rows.Add(Rows.Index('f', externalId, id));
        }

        return rows;
    }
}
