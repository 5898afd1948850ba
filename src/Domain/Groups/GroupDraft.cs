using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>A write while it is put together.</summary>
internal sealed class GroupDraft(IntegrationProfile profile, string groupId, Provenance provenance, DateTimeOffset now)
{
    /// <summary>The most members of whom a commit holds the changes.</summary>
    public const int MaxDirectMembers = 28;

    /// <summary>The same where the app has to follow for each of them.</summary>
    public const int MaxDirectAccess = 7;

    private const int MaxNamed = 5;

    private readonly List<GroupMember> adds = [];
    private readonly List<string> removes = [];

    public IntegrationProfile Profile { get; } = profile;

    public string GroupId { get; } = groupId;

    public DateTimeOffset Now { get; } = now;

    public Provenance By { get; } = provenance;

    public Versioned<GroupsState>? State { get; set; }

    public List<RecordChange> Changes { get; } = [];

    public bool GivesAccess { get; set; }

    public bool ServesAll { get; set; }

    public bool Sweep { get; set; }

    /// <summary>How many come and how many go; of a sweep, those who go are not counted.</summary>
    public (int Added, int Removed) Moves => (adds.Count, removes.Count);

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
        var found = await RecordReads.ForEachAsync(memberIds, FindAsync);
        foreach (var (memberId, (isKnown, kind)) in memberIds.Zip(found))
        {
            if (kind is { } comes)
            {
                adds.Add(new GroupMember(memberId, comes));
            }
            else if (!isKnown)
            {
                (unknown ??= []).Add(memberId);
            }
        }

        return unknown is null ? null : new GroupWrite(
            GroupWriteKind.Invalid,
            Detail: $"There is no user or other group {string.Join(", ", unknown.Take(MaxNamed).Select(id => $"'{(id.Length > 64 ? id[..64] : id)}'"))}{(unknown.Count > MaxNamed ? $" and {unknown.Count - MaxNamed} others" : "")} that could be a member. Nothing was changed.");

        // What comes, or nothing for whoever is a member already and for a user who was deleted.
        async ValueTask<(bool IsKnown, MemberKind? Kind)> FindAsync(string memberId)
        {
            if (!IntegrationStore.IsWellFormed(memberId) || memberId == GroupId)
            {
                return (false, null);
            }

            if (!known && await store.GetAsync(Profile.Partition, Rows.GroupMember(GroupId, memberId), cancellationToken) is not null)
            {
                return (true, null);
            }

            var kind = await reader.KindOfAsync(Profile.Partition, memberId, cancellationToken);
            return (kind is not null || await store.GetAsync(Profile.Partition, Rows.DeletedUser(memberId), cancellationToken) is not null, kind);
        }
    }

    /// <summary>Notes all who are members afterwards, those who are already too.</summary>
    public async Task<GroupWrite?> KeepAsync(GroupReader reader, IReadOnlyList<string> memberIds, CancellationToken cancellationToken)
    {
        adds.Clear();
        var kinds = await RecordReads.ForEachAsync(memberIds, memberId => reader.KindOfAsync(Profile.Partition, memberId, cancellationToken));
        foreach (var (memberId, kind) in memberIds.Zip(kinds))
        {
            if (kind is { } stays)
            {
                adds.Add(new GroupMember(memberId, stays));
            }
        }

        return null;
    }

    /// <summary>Notes who goes and is there.</summary>
    public async Task RemoveAsync(IRecordStore store, IEnumerable<string> memberIds, CancellationToken cancellationToken)
    {
        string[] asked = [.. memberIds.Where(IntegrationStore.IsWellFormed)];
        var found = await RecordReads.ForEachAsync(asked, memberId => store.GetAsync(Profile.Partition, Rows.GroupMember(GroupId, memberId), cancellationToken));
        removes.AddRange(asked.Where((_, i) => found[i] is not null));
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
                if (!await GroupAccess.ServeAsync(store, Profile, member.Id, By, Changes, Now, cancellationToken))
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
                await GroupAccess.ServeAsync(store, Profile, memberId, By, Changes, Now, cancellationToken);
            }
        }

        return true;
    }

    public GroupChangeSet ToChangeSet() => new()
    {
        RequestedBy = By,
        Sweep = Sweep,
        GivesAccess = GivesAccess,
        ServesAll = ServesAll,
        Adds = adds,
        Removes = Sweep ? [] : removes,
    };
}
