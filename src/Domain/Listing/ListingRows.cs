using System.Runtime.CompilerServices;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Listing;

/// <summary>How lists and their pending deletions lie in the store.</summary>
internal static class ListingRows
{
    /// <summary>The rows of a list from an id on.</summary>
    public static RowRange From(Listed kind, string id) => RowRange.Prefix(kind.Prefix) with { From = kind.Prefix + id };

    /// <summary>The ids that were deleted and are not folded into their block yet, in order.</summary>
    public static async IAsyncEnumerable<string> DeltasAsync(
        IRecordStore store, string partition, Listed kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(kind.DeltaPrefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                yield return row.Row[kind.DeltaPrefix.Length..];
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Ids of resources made at a moment or later are higher than this, those made before are lower.</summary>
    public static string Boundary(DateTimeOffset at)
    {
        // A UUID version 7 begins with 48 bits of Unix milliseconds (RFC 9562 section 5.7).
        var time = at.ToUnixTimeMilliseconds().ToString("x12");
        return $"{time[..8]}-{time[8..]}";
    }
}
