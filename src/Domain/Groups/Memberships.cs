using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>What a member of a group is.</summary>
public enum MemberKind
{
    /// <summary>A user.</summary>
    User,

    /// <summary>Another group: its own members are not members thereby.</summary>
    Group,
}

/// <summary>A member of a group.</summary>
/// <param name="Id">The SCIM id.</param>
/// <param name="Kind">What it is.</param>
public readonly record struct GroupMember(string Id, MemberKind Kind);

/// <summary>
/// The membership rows: one by group and one by member, always written in the same commit, so that coming, going and
/// being deleted cost the same at any size.
/// </summary>
/// <param name="store">The record store.</param>
internal sealed class Memberships(IRecordStore store)
{
    /// <summary>Of how many groups a deletion removes the member in its own commit.</summary>
    private const int MaxLeftAtOnce = 25;

    private static readonly byte[] UserMark = "U"u8.ToArray();
    private static readonly byte[] GroupMark = "G"u8.ToArray();

    /// <summary>The changes that make a membership.</summary>
    public static IEnumerable<RecordChange> Join(string groupId, GroupMember member)
    {
        var mark = member.Kind == MemberKind.User ? UserMark : GroupMark;
        return [RecordChange.Upsert(Rows.GroupMember(groupId, member.Id), mark), RecordChange.Upsert(Rows.MemberGroup(member.Id, groupId), mark)];
    }

    /// <summary>The changes that end a membership.</summary>
    public static IEnumerable<RecordChange> Leave(string groupId, string memberId) =>
        [RecordChange.DeleteIfExists(Rows.GroupMember(groupId, memberId)), RecordChange.DeleteIfExists(Rows.MemberGroup(memberId, groupId))];

    /// <summary>Reads a row of <c>gm:</c>.</summary>
    public static GroupMember Read(StoredRecord row, int prefixLength) =>
        new(row.Row[prefixLength..], row.Value.Span is [(byte)'G', ..] ? MemberKind.Group : MemberKind.User);

    /// <summary>Adds the changes that take a member out of its groups, as many as the commit bears.</summary>
    public async Task LeaveAllAsync(string partition, string memberId, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(partition, Rows.GroupsState, cancellationToken) is null)
        {
            return;
        }

        var prefix = Rows.MemberGroup(memberId, "");
        var page = await store.QueryAsync(partition, RowRange.Prefix(prefix), MaxLeftAtOnce, null, cancellationToken);
        foreach (var row in page.Records)
        {
            var groupId = row.Row[prefix.Length..];
            changes.AddRange(Leave(groupId, memberId));
            if (await store.GetAsync(partition, Rows.Group(groupId), cancellationToken) is not null)
            {
                changes.Add(GroupRecords.Stamp(groupId, now));
            }
        }
    }

    /// <summary>Ends whatever memberships a deleted member still has.</summary>
    public async Task SweepAsync(string partition, string memberId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changes = new List<RecordChange>();
            await LeaveAllAsync(partition, memberId, changes, now, cancellationToken);
            if (changes.Count == 0)
            {
                return;
            }

            await store.CommitAsync(partition, changes, cancellationToken);
        }
    }
}
