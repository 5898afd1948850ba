using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Listing;

/// <summary>
/// A kind of resource that is listed in the order of its ids, which is the order of creation. Live resources have one row
/// each below one prefix and nothing else is there, so that the rows are the list.
/// </summary>
/// <param name="Name">One letter.</param>
/// <param name="Prefix">The prefix of its rows.</param>
public sealed record Listed(char Name, string Prefix)
{
    /// <summary>Users.</summary>
    public static Listed Users { get; } = new('u', Rows.Users);

    /// <summary>Groups.</summary>
    public static Listed Groups { get; } = new('g', Rows.Groups);

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<Listed> All { get; } = [Users, Groups];

    internal string StateRow => $"dir:{Name}";

    internal string DeltaPrefix => $"ld:{Name}:";

    /// <summary>
    /// The change that belongs into every commit that deletes a resource's row: it tells the counted directory that one is
    /// gone. Creating a resource needs no such thing.
    /// </summary>
    /// <param name="id">The resource.</param>
    /// <returns>The change.</returns>
    public RecordChange Removed(string id) => RecordChange.Upsert(DeltaPrefix + id, default);
}

/// <summary>
/// What is known of a list without reading it. Row <c>dir:{kind}</c>. Block <i>i</i> holds the ids from its first one up to
/// that of the next block, the first block everything before, the last block up to <see cref="SealedTo"/>. What comes
/// after is counted when it is asked for.
/// </summary>
internal sealed record ListingState
{
    public IReadOnlyList<string> First { get; init; } = [];

    public IReadOnlyList<int> Count { get; init; } = [];

    /// <summary>When each block last grew, in milliseconds since 1970; 0 once it has been counted again since.</summary>
    public IReadOnlyList<long> GrewAt { get; init; } = [];

    /// <summary>Ids that are lower are in a block.</summary>
    public string SealedTo { get; init; } = "";
}
