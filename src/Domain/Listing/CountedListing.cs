using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Listing;

/// <summary>A page of a list.</summary>
/// <param name="Total">How many resources there are in all.</param>
/// <param name="Rows">The page's rows, in order.</param>
public sealed record ListingPage(long Total, IReadOnlyList<StoredRecord> Rows);

/// <summary>
/// Reads lists of resources: by index through counted blocks, so that neither the total nor a far page is found by
/// skipping, and by id. All of it comes from the store; several processes see the same.
/// </summary>
/// <param name="store">The record store.</param>
public sealed class CountedListing(IRecordStore store)
{
    private const int MaxTries = 5;

    private readonly ConcurrentDictionary<(string Partition, char Kind), Table> tables = new();

    /// <summary>Reads a page by index.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="kind">Which list.</param>
    /// <param name="startIndex">The index of the first, from 1.</param>
    /// <param name="count">The most to return; 0 for the total alone.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page.</returns>
    public async Task<ListingPage> PageAsync(string partition, Listed kind, long startIndex, int count, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var record = await store.GetAsync(partition, kind.StateRow, cancellationToken);
            var table = TableOf(partition, kind, record);
            var sealedCounts = await SubtractAsync(partition, kind, table, cancellationToken);
            var sealedTotal = sealedCounts is null ? table.Total : sealedCounts.Sum(c => (long)c);
            var (tail, tailTotal) = await TailAsync(partition, kind, table.SealedTo, Math.Max(0, startIndex - 1 - sealedTotal), count, cancellationToken);
            var rows = startIndex > sealedTotal || count == 0
                ? tail
                : await SealedPageAsync(partition, kind, table, sealedCounts, startIndex - 1, count, cancellationToken);

            // A block that was sealed or recounted in between belongs to another moment than the rest.
            if ((await store.GetAsync(partition, kind.StateRow, cancellationToken))?.ETag == record?.ETag || attempt == MaxTries)
            {
                return new ListingPage(sealedTotal + tailTotal, rows);
            }
        }
    }

    /// <summary>Reads rows in order, from an id on.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="kind">Which list.</param>
    /// <param name="afterId">The last id already seen, or null.</param>
    /// <param name="pageSize">How many the caller expects to use.</param>
    /// <param name="cancellationToken">Cancels between pages.</param>
    /// <returns>The rows.</returns>
    public async IAsyncEnumerable<StoredRecord> ScanAsync(
        string partition, Listed kind, string? afterId, int pageSize = RecordLimits.MaxPageSize, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var range = afterId is null ? RowRange.Prefix(kind.Prefix) : RowRange.PrefixAfter(kind.Prefix, kind.Prefix + afterId);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, Math.Clamp(pageSize, 1, RecordLimits.MaxPageSize), continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                yield return row;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>The counts of the blocks less what was deleted from them and not folded in yet; null where nothing was.</summary>
    private async ValueTask<int[]?> SubtractAsync(string partition, Listed kind, Table table, CancellationToken cancellationToken)
    {
        int[]? counts = null;
        await foreach (var id in ListingRows.DeltasAsync(store, partition, kind, cancellationToken))
        {
            if (string.CompareOrdinal(id, table.SealedTo) < 0)
            {
                counts ??= [.. table.Counts];
                counts[table.BlockOf(id)]--;
            }
        }

        return counts;
    }

    private async Task<(IReadOnlyList<StoredRecord> Page, long Total)> TailAsync(
        string partition, Listed kind, string from, long skip, int count, CancellationToken cancellationToken)
    {
        var page = new List<StoredRecord>();
        long total = 0;
        string? continuation = null;
        do
        {
            var read = await store.QueryAsync(partition, ListingRows.From(kind, from), RecordLimits.MaxPageSize, continuation, cancellationToken);
            for (var i = Math.Max(0, skip - total); i < read.Records.Count && page.Count < count; i++)
            {
                page.Add(read.Records[(int)i]);
            }

            total += read.Records.Count;
            continuation = read.Continuation;
        }
        while (continuation is not null);
        return (page, total);
    }

    private async Task<IReadOnlyList<StoredRecord>> SealedPageAsync(
        string partition, Listed kind, Table table, int[]? counts, long skip, int count, CancellationToken cancellationToken)
    {
        var block = table.Find(skip, counts, out var before);
        var inBlock = (int)(skip - before);
        var page = new List<StoredRecord>(Math.Min(count, RecordLimits.MaxPageSize));
        var range = ListingRows.From(kind, block == 0 ? "" : table.First[block]);
        string? continuation = null;
        do
        {
            var read = await store.QueryAsync(
                partition, range, Math.Min(RecordLimits.MaxPageSize, inBlock + count - page.Count), continuation, cancellationToken);
            for (var i = Math.Min(inBlock, read.Records.Count); i < read.Records.Count; i++)
            {
                page.Add(read.Records[i]);
            }

            inBlock = Math.Max(0, inBlock - read.Records.Count);
            continuation = read.Continuation;
        }
        while (continuation is not null && page.Count < count);
        return page;
    }

    private Table TableOf(string partition, Listed kind, StoredRecord? record)
    {
        if (record is null)
        {
            return Table.Empty;
        }

        if (tables.TryGetValue((partition, kind.Name), out var known) && known.ETag == record.ETag)
        {
            return known;
        }

        return tables[(partition, kind.Name)] = new Table(DomainJson.Decode<ListingState>(record.Value), record.ETag);
    }

    /// <summary>The blocks, ready to be searched.</summary>
    private sealed class Table
    {
        private readonly long[] before;

        public Table(ListingState state, string? etag)
        {
            ETag = etag;
            First = state.First;
            Counts = state.Count;
            SealedTo = state.SealedTo;
            before = new long[Counts.Count];
            for (var i = 0; i < before.Length; i++)
            {
                before[i] = Total;
                Total += Counts[i];
            }
        }

        public static Table Empty { get; } = new(new ListingState(), null);

        public string? ETag { get; }

        public IReadOnlyList<string> First { get; }

        public IReadOnlyList<int> Counts { get; }

        public string SealedTo { get; }

        public long Total { get; }

        public int BlockOf(string id)
        {
            var (low, high) = (0, First.Count - 1);
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                (low, high) = string.CompareOrdinal(First[middle], id) <= 0 ? (middle, high) : (low, middle - 1);
            }

            return low;
        }

        /// <summary>The block that holds the entry after <paramref name="skip"/> others.</summary>
        public int Find(long skip, int[]? counts, out long blockStart)
        {
            if (counts is null)
            {
                var found = Array.BinarySearch(before, skip);
                var block = found >= 0 ? found : ~found - 1;

                // Of blocks that start at the same place, all but the last are empty.
                while (block + 1 < before.Length && before[block + 1] <= skip)
                {
                    block++;
                }

                blockStart = before[block];
                return block;
            }

            blockStart = 0;
            for (var i = 0; i < counts.Length; i++)
            {
                if (blockStart + counts[i] > skip)
                {
                    return i;
                }

                blockStart += counts[i];
            }

            return counts.Length - 1;
        }
    }
}
