using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>
/// Rolls change sets forward: turns them into membership rows, and opens the operations by which the app follows, a
/// commit at a time. How far it got is part of each commit, so it goes on after a crash at any point, and when two do it
/// at once only one of them gets each step.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class GroupRoll(IRecordStore store, LaneSignal signal, TimeProvider clock)
{
    private const int MemberChanges = 3;
    private const int AccessChanges = 11;

    // One for the progress, one for the check of the change set; the rest is for members.
    private const int Room = RecordLimits.MaxChangesPerCommit - 2;

    /// <summary>Rolls forward everything that is pending in an integration.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when nothing is pending.</returns>
    public async Task RollAsync(IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        var state = await store.FindAsync<GroupsState>(profile.Partition, Rows.GroupsState, cancellationToken);
        foreach (var id in state?.Value.Pending ?? [])
        {
            await RollAsync(profile, id, cancellationToken);
        }
    }

    /// <summary>Rolls forward the change set of one group.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when it is done, by this caller or another.</returns>
    public async Task RollAsync(IntegrationProfile profile, string groupId, CancellationToken cancellationToken = default)
    {
        if (await store.FindChangeSetAsync(profile.Partition, groupId, cancellationToken) is not { } found)
        {
            return;
        }

        for (var more = true; more;)
        {
            // Change sets are large: whether it is still this one is a condition of each commit, and looked up only when one is refused.
            var refused = false;
            more = await Optimistic.RunAsync(
                async () =>
                {
                    var step = await StepAsync(profile, groupId, found.Set, found.ETag, looks: refused, cancellationToken);
                    refused = true;
                    return step;
                },
                cancellationToken);
        }

        if (found.Set.GivesAccess)
        {
            signal.Raise(profile.Integration.Id);
        }
    }

    private async Task<(bool Committed, bool More)> StepAsync(
        IntegrationProfile profile, string groupId, GroupChangeSet set, string etag, bool looks, CancellationToken cancellationToken)
    {
        var row = Rows.GroupProgress(groupId);
        var progress = await store.FindAsync<GroupProgress>(profile.Partition, row, cancellationToken);
        if (progress is null || (looks && (await store.GetAsync(profile.Partition, Rows.GroupChangeSet(groupId), cancellationToken))?.ETag != etag))
        {
            return (true, false);
        }

        var batch = new Batch(profile, groupId, set, clock.GetUtcNow());
        var next = progress.Value.Phase switch
        {
            0 => await AddAsync(batch, progress.Value, cancellationToken),
            1 => await RemoveAsync(batch, progress.Value, cancellationToken),
            _ => await SweepAsync(batch, progress.Value, cancellationToken),
        };
        if (next is not null)
        {
            batch.Changes.Add(TypedRecords.Write(row, next, progress.ETag));
            batch.Changes.Add(RecordChange.Check(Rows.GroupChangeSet(groupId), etag));
            return ((await store.CommitAsync(profile.Partition, batch.Changes, cancellationToken)).Committed, true);
        }

        var state = await store.FindAsync<GroupsState>(profile.Partition, Rows.GroupsState, cancellationToken)
            ?? throw new InvalidDataException($"Integration {profile.Integration.Id} has no state of its groups.");
        var done = state.Value with { Pending = [.. state.Value.Pending.Where(id => id != groupId)] };
        var result = await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Delete(row, progress.ETag),
                RecordChange.Delete(Rows.GroupChangeSet(groupId), etag),
                TypedRecords.Write(Rows.GroupsState, done, state.ETag),
            ],
            cancellationToken);
        return (result.Committed, false);
    }

    private async Task<GroupProgress?> AddAsync(Batch batch, GroupProgress progress, CancellationToken cancellationToken)
    {
        var i = progress.Next;
        IReadOnlyList<(StoredRecord? Row, StoredRecord? Member)> ahead = [];
        for (var first = i; i < batch.Set.Adds.Count && batch.HasRoom; i++)
        {
            if (i - first == ahead.Count)
            {
                first = i;
                ahead = await RecordReads.ForEachAsync([.. batch.Set.Adds.Skip(i).Take(batch.MostMembers)], ReadAsync);
            }

            var member = batch.Set.Adds[i];
            var isMember = ahead[i - first].Member is not null;

            // One without a row was deleted since.
            if ((isMember && !batch.Set.ServesAll) || ahead[i - first].Row is not { } record)
            {
                continue;
            }

            if (batch.Set.GivesAccess && member.Kind == MemberKind.User)
            {
                if (!await GroupAccess.ServeAsync(store, batch.Profile, member.Id, batch.Set.RequestedBy, batch.Changes, batch.Now, cancellationToken))
                {
                    continue;
                }
            }
            else
            {
                batch.Changes.Add(RecordChange.Check(record.Row, record.ETag));
            }

            if (!isMember)
            {
                batch.Changes.AddRange(Memberships.Join(batch.GroupId, member));
            }
        }

        return i < batch.Set.Adds.Count ? progress with { Next = i } : new GroupProgress(1, 0, null);

        async ValueTask<(StoredRecord? Row, StoredRecord? Member)> ReadAsync(GroupMember member) => (
            await store.GetAsync(batch.Partition, member.Kind == MemberKind.User ? Rows.User(member.Id) : Rows.Group(member.Id), cancellationToken),
            await store.GetAsync(batch.Partition, Rows.GroupMember(batch.GroupId, member.Id), cancellationToken));
    }

    private async Task<GroupProgress?> RemoveAsync(Batch batch, GroupProgress progress, CancellationToken cancellationToken)
    {
        var i = progress.Next;
        IReadOnlyList<StoredRecord?> ahead = [];
        for (var first = i; i < batch.Set.Removes.Count && batch.HasRoom; i++)
        {
            if (i - first == ahead.Count)
            {
                first = i;
                ahead = await RecordReads.ForEachAsync(
                    [.. batch.Set.Removes.Skip(i).Take(batch.MostMembers)], id => store.GetAsync(batch.Partition, Rows.GroupMember(batch.GroupId, id), cancellationToken));
            }

            if (ahead[i - first] is not null)
            {
                await LeaveAsync(batch, batch.Set.Removes[i], cancellationToken);
            }
        }

        return i < batch.Set.Removes.Count ? progress with { Next = i }
            : batch.Set.Sweep || batch.Set.ServesAll ? new GroupProgress(2, 0, null)
            : batch.Changes.Count > 0 ? progress with { Next = i }
            : null;
    }

    private async Task<GroupProgress?> SweepAsync(Batch batch, GroupProgress progress, CancellationToken cancellationToken)
    {
        var prefix = Rows.GroupMember(batch.GroupId, "");
        var range = progress.After is null ? RowRange.Prefix(prefix) : RowRange.PrefixAfter(prefix, prefix + progress.After);
        var page = await store.QueryAsync(batch.Partition, range, Room, null, cancellationToken);
        var last = progress.After;
        foreach (var row in page.Records)
        {
            if (!batch.HasRoom)
            {
                return progress with { After = last };
            }

            last = row.Row[prefix.Length..];
            if (batch.Set.Adding(last))
            {
                continue;
            }

            if (batch.Set.Sweep)
            {
                await LeaveAsync(batch, last, cancellationToken);
            }
            else
            {
                await GroupAccess.ServeAsync(store, batch.Profile, last, batch.Set.RequestedBy, batch.Changes, batch.Now, cancellationToken);
            }
        }

        return page.Records.Count == 0 ? null : progress with { After = last };
    }

    private async Task LeaveAsync(Batch batch, string memberId, CancellationToken cancellationToken)
    {
        batch.Changes.AddRange(Memberships.Leave(batch.GroupId, memberId));
        if (batch.Set.GivesAccess)
        {
            await GroupAccess.ServeAsync(store, batch.Profile, memberId, batch.Set.RequestedBy, batch.Changes, batch.Now, cancellationToken);
        }
    }

    private sealed class Batch(IntegrationProfile profile, string groupId, GroupChangeSet set, DateTimeOffset now)
    {
        public List<RecordChange> Changes { get; } = [];

        public IntegrationProfile Profile { get; } = profile;

        public string Partition { get; } = profile.Partition;

        public string GroupId { get; } = groupId;

        public GroupChangeSet Set { get; } = set;

        public DateTimeOffset Now { get; } = now;

        /// <summary>How many members a commit has room for.</summary>
        public int MostMembers => Room / (Set.GivesAccess ? AccessChanges : MemberChanges);

        public bool HasRoom => Changes.Count + (Set.GivesAccess ? AccessChanges : MemberChanges) <= Room;
    }
}
