using System.Text.Json.Serialization;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>
/// A change of members that one commit does not hold. It is committed as one record, which readers lay over the rows at
/// once, and rolled forward into the rows afterwards. Row <c>gc:{group}</c>; a group has one at a time.
/// </summary>
internal sealed record GroupChangeSet
{
    /// <summary>Who asked.</summary>
    public required Provenance RequestedBy { get; init; }

    /// <summary>True when everybody who is not among those that come goes.</summary>
    public bool Sweep { get; init; }

    /// <summary>True when the app has to follow: the group gives roles, or gave some.</summary>
    public bool GivesAccess { get; init; }

    /// <summary>True when the app has to follow for those who stay, too: what the group gives has changed.</summary>
    public bool ServesAll { get; init; }

    /// <summary>Who is a member afterwards.</summary>
    [JsonIgnore]
    public IReadOnlyList<GroupMember> Adds { get; init; } = [];

    /// <summary>Who is not a member afterwards.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Removes { get; init; } = [];

    private HashSet<string>? added;
    private HashSet<string>? removed;

    /// <summary>Whether somebody is among those who come.</summary>
    public bool Adding(string memberId) => (added ??= Adds.Select(m => m.Id).ToHashSet(StringComparer.Ordinal)).Contains(memberId);

    /// <summary>Whether a row of a member no longer counts.</summary>
    public bool Removing(string memberId) => Sweep
        ? !Adding(memberId)
        : (removed ??= Removes.ToHashSet(StringComparer.Ordinal)).Contains(memberId);
}

/// <summary>How far a change set is rolled forward. Row <c>gp:{group}</c>, written with every batch.</summary>
/// <param name="Phase">0 those who come, 1 those who go, 2 all the others.</param>
/// <param name="Next">The next of the list, in the phases 0 and 1.</param>
/// <param name="After">The last member looked at, in phase 2.</param>
internal sealed record GroupProgress(int Phase, int Next, string? After);

/// <summary>The stored form of change sets: a line of facts, then 16 bytes for each id, so that 20 000 fit into one record.</summary>
internal static class GroupChangeSets
{
    private const int IdBytes = 16;

    public static byte[] Encode(GroupChangeSet set)
    {
        var facts = DomainJson.Encode(set);
        var users = set.Adds.Where(m => m.Kind == MemberKind.User).ToList();
        var groups = set.Adds.Where(m => m.Kind == MemberKind.Group).ToList();
        var counts = System.Text.Encoding.ASCII.GetBytes($"\n{users.Count} {groups.Count} {set.Removes.Count}\n");
        var value = new byte[facts.Length + counts.Length + (IdBytes * (users.Count + groups.Count + set.Removes.Count))];
        facts.CopyTo(value, 0);
        counts.CopyTo(value, facts.Length);
        var at = facts.Length + counts.Length;
        foreach (var id in users.Concat(groups).Select(m => m.Id).Concat(set.Removes))
        {
            Guid.ParseExact(id, "D").TryWriteBytes(value.AsSpan(at), bigEndian: true, out _);
            at += IdBytes;
        }

        return value;
    }

    public static GroupChangeSet Decode(ReadOnlyMemory<byte> value)
    {
        var line = value.Span.IndexOf((byte)'\n');
        var second = line < 0 ? -1 : value.Span[(line + 1)..].IndexOf((byte)'\n');
        if (second < 0)
        {
            throw new InvalidDataException("A stored change set of a group has no members.");
        }

        var counts = System.Text.Encoding.ASCII.GetString(value.Span.Slice(line + 1, second)).Split(' ').Select(int.Parse).ToArray();
        var ids = value[(line + second + 2)..];
        string Id(int index) => new Guid(ids.Span.Slice(index * IdBytes, IdBytes), bigEndian: true).ToString();
        return DomainJson.Decode<GroupChangeSet>(value[..line]) with
        {
            Adds =
            [
                .. Enumerable.Range(0, counts[0]).Select(i => new GroupMember(Id(i), MemberKind.User)),
                .. Enumerable.Range(counts[0], counts[1]).Select(i => new GroupMember(Id(i), MemberKind.Group)),
            ],
            Removes = [.. Enumerable.Range(counts[0] + counts[1], counts[2]).Select(Id)],
        };
    }

    public static async ValueTask<(GroupChangeSet Set, string ETag)?> FindChangeSetAsync(
        this IRecordStore store, string partition, string groupId, CancellationToken cancellationToken)
    {
        var record = await store.GetAsync(partition, Rows.GroupChangeSet(groupId), cancellationToken);
        return record is null ? null : (Decode(record.Value), record.ETag);
    }
}
