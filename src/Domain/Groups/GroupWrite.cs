using IdLcm.Domain.Scim;

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
