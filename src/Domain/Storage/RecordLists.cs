using System.Runtime.CompilerServices;

namespace IdLcm.Domain.Storage;

/// <summary>Reads lists of records a page at a time.</summary>
public static class RecordLists
{
    private const int ScanPage = 250;

    /// <summary>Reads all records of a range in key order, a page at a time.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">The partition key.</param>
    /// <param name="range">Which rows.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The records.</returns>
    public static async IAsyncEnumerable<StoredRecord> ScanAsync(
        this IRecordStore store, string partition, RowRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, ScanPage, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                yield return record;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Counts records of a prefix, so many at the most, without decoding them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">The partition key.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="max">The most to count.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many there are, and whether all of them were counted.</returns>
    public static async Task<(int Count, bool IsAll)> CountAsync(
        this IRecordStore store, string partition, string prefix, int max, CancellationToken cancellationToken = default)
    {
        var count = 0;
        await foreach (var _ in store.ScanAsync(partition, RowRange.Prefix(prefix), cancellationToken))
        {
            if (count == max)
            {
                return (count, false);
            }

            count++;
        }

        return (count, true);
    }

    /// <summary>Reads records of a prefix in key order; the key of each is the prefix and its id.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="partition">The partition key.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="matches">Which ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The id of the last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The records, and whether more follow.</returns>
    public static async Task<(IReadOnlyList<T> Items, bool More)> ListAsync<T>(
        this IRecordStore store, string partition, string prefix, Func<T, bool> matches, int limit, string? afterId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(matches);
        var range = afterId is null ? RowRange.Prefix(prefix) : RowRange.PrefixAfter(prefix, prefix + afterId);
        var items = new List<T>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, 200, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var item = DomainJson.Decode<T>(record.Value);
                if (!matches(item))
                {
                    continue;
                }

                if (items.Count == limit)
                {
                    return (items, true);
                }

                items.Add(item);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return (items, false);
    }
}
