using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>The groups of many at once.</summary>
public sealed partial class GroupReader
{
    /// <summary>Reads the groups of everybody on a page of the list, in one pass over their rows.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="memberIds">The members, in the order of their ids, with no other between them.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The groups by member, in the order of their ids; who is in none is left out.</returns>
    public async Task<IReadOnlyDictionary<string, List<GroupRecord>>> GroupsOfPageAsync(
        IntegrationProfile profile, IReadOnlyList<string> memberIds, CancellationToken cancellationToken = default)
    {
        var partition = profile.Partition;
        var found = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        if (memberIds.Count > 0 && await store.GetAsync(partition, Rows.GroupsState, cancellationToken) is { } state)
        {
            var pending = await PendingAsync(partition, state, cancellationToken);
            await ReadRowsAsync(partition, memberIds, found, cancellationToken);
            foreach (var (groupId, set) in pending)
            {
                foreach (var memberId in memberIds)
                {
                    if (set.Adding(memberId))
                    {
                        SetOf(found, memberId).Add(groupId);
                    }
                    else if (set.Removing(memberId))
                    {
                        found.GetValueOrDefault(memberId)?.Remove(groupId);
                    }
                }
            }
        }

        var known = new Dictionary<string, GroupRecord?>(StringComparer.Ordinal);
        var groups = new Dictionary<string, List<GroupRecord>>(found.Count, StringComparer.Ordinal);
        foreach (var (memberId, ids) in found)
        {
            foreach (var id in ids)
            {
                if (!known.TryGetValue(id, out var group))
                {
                    var row = await store.GetAsync(partition, Rows.Group(id), cancellationToken);
                    known[id] = group = row is null ? null : GroupRecords.Decode(row.Value);
                }

                if (group is not null)
                {
                    if (!groups.TryGetValue(memberId, out var list))
                    {
                        groups[memberId] = list = [];
                    }

                    list.Add(group);
                }
            }
        }

        return groups;
    }

    private async Task ReadRowsAsync(
        string partition, IReadOnlyList<string> memberIds, Dictionary<string, SortedSet<string>> found, CancellationToken cancellationToken)
    {
        var range = new RowRange(Rows.MemberGroup(memberIds[0], ""), RowRange.Prefix(Rows.MemberGroup(memberIds[^1], "")).To);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                var at = row.Row.LastIndexOf(':');
                SetOf(found, row.Row[Rows.MemberGroups.Length..at]).Add(row.Row[(at + 1)..]);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private static SortedSet<string> SetOf(Dictionary<string, SortedSet<string>> found, string memberId)
    {
        if (!found.TryGetValue(memberId, out var ids))
        {
            found[memberId] = ids = new(StringComparer.Ordinal);
        }

        return ids;
    }
}
