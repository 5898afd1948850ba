using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>A SCIM Group resource without its members, which have rows of their own. Row <c>g:{id}</c>.</summary>
public sealed record GroupRecord
{
    /// <summary>The SCIM id: stable for ever, never used again, in order of creation.</summary>
    public required string Id { get; init; }

    /// <summary>Grows with every change of the attributes, and with every change set of the members.</summary>
    public required long Generation { get; init; }

    /// <summary>The name that people see.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The attributes as the identity provider sent them: JSON in UTF-8 without id, meta and members.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Resource { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the attributes last changed.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Who last changed the attributes: the label of the gateway token.</summary>
    public required string ModifiedBy { get; init; }
}

/// <summary>A group as it stands, with what its version is made of.</summary>
/// <param name="Record">The group.</param>
/// <param name="ETag">The ETag of its row.</param>
/// <param name="Stamp">When its members last changed, and a word that is different each time; empty before the first change.</param>
/// <param name="StampETag">The ETag of the stamp, or null.</param>
public sealed record Group(GroupRecord Record, string ETag, string Stamp, string? StampETag)
{
    private const int TimeDigits = 12;

    /// <summary>The SCIM id.</summary>
    public string Id => Record.Id;

    /// <summary>The SCIM version: changes with the attributes and with the members.</summary>
    public string Version => Stamp.Length == 0 ? $"{Record.Generation:x}" : $"{Record.Generation:x}.{Stamp[TimeDigits..]}";

    /// <summary>When the group or its members last changed.</summary>
    public DateTimeOffset ModifiedAt
    {
        get
        {
            if (Stamp.Length < TimeDigits)
            {
                return Record.ModifiedAt;
            }

            var stamped = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(Stamp[..TimeDigits], 16));
            return stamped > Record.ModifiedAt ? stamped : Record.ModifiedAt;
        }
    }

    internal static string NewStamp(DateTimeOffset now) => now.ToUnixTimeMilliseconds().ToString("x12") + RandomNumberGenerator.GetHexString(10, lowercase: true);
}

/// <summary>What the groups of an integration have in common. Row <c>groups</c>, there from the first group on.</summary>
internal sealed record GroupsState
{
    /// <summary>The groups with a change set that is not rolled forward yet.</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];
}

/// <summary>The stored form of groups: one line of facts, then the SCIM attributes as they are.</summary>
internal static class GroupRecords
{
    public static byte[] Encode(GroupRecord group)
    {
        var facts = DomainJson.Encode(group);
        return [.. facts, (byte)'\n', .. group.Resource.Span];
    }

    public static GroupRecord Decode(ReadOnlyMemory<byte> value)
    {
        var end = value.Span.IndexOf((byte)'\n');
        return end < 0
            ? throw new InvalidDataException("A stored group has no attributes.")
            : DomainJson.Decode<GroupRecord>(value[..end]) with { Resource = value[(end + 1)..] };
    }

    public static async ValueTask<Group?> FindGroupAsync(
        this IRecordStore store, string partition, string id, CancellationToken cancellationToken)
    {
        var record = await store.GetAsync(partition, Rows.Group(id), cancellationToken);
        return record is null ? null : await WithStampAsync(store, partition, record, cancellationToken);
    }

    public static async ValueTask<Group> WithStampAsync(IRecordStore store, string partition, StoredRecord record, CancellationToken cancellationToken)
    {
        var group = Decode(record.Value);
        var stamp = await store.GetAsync(partition, Rows.GroupStamp(group.Id), cancellationToken);
        return new Group(group, record.ETag, stamp is null ? "" : Encoding.ASCII.GetString(stamp.Value.Span), stamp?.ETag);
    }

    public static RecordChange Stamp(string groupId, DateTimeOffset now) =>
        RecordChange.Upsert(Rows.GroupStamp(groupId), Encoding.ASCII.GetBytes(Group.NewStamp(now)));
}
