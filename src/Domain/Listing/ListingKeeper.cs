using System.Collections.Concurrent;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Listing;

/// <summary>
/// Keeps the counted directories up in the background: seals what has settled into blocks, folds deletions into them, and
/// counts blocks again, so that a commit that came later than its id, or any other error, does not last. Several
/// processes may do so at once; each step is one commit that only one of them gets through.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="clock">The clock.</param>
public sealed class ListingKeeper(IRecordStore store, TimeProvider clock)
{
    /// <summary>How many entries a block holds before the next begins: the most that a page has to skip.</summary>
    public const int BlockSize = 250;

    private const int MaxDeltas = RecordLimits.MaxChangesPerCommit - 2;

    /// <summary>Between the moment that an id is made of and its commit: what is read before, and clocks that differ.</summary>
    private static readonly TimeSpan BeforeCommit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ProofAge = TimeSpan.FromMinutes(1);

    /// <summary>However still a directory is, one of its blocks is counted again so often: counting reads all of its rows.</summary>
    private static readonly TimeSpan ProofPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Partition, Listed Kind), (DateTimeOffset At, int Block)> proofs = new();

    /// <summary>How old an id must be before it is sealed. A commit that takes longer than any should is found when its block is counted again.</summary>
    public TimeSpan SealAge { get; } = store.LongestCommit + BeforeCommit;

    /// <summary>Brings the directories of an integration up to date.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="removed">Told the id of each deleted resource before the note of its deletion goes; may be told twice.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when nothing is left to do for now.</returns>
    public async Task KeepAsync(string integrationId, Func<Listed, string, Task>? removed = null, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integrationId);
        foreach (var kind in Listed.All)
        {
            while (await FoldAsync(partition, kind, removed, cancellationToken))
            {
                // As long as whole commits are full of deletions.
            }

            await SealAsync(partition, kind, cancellationToken);
            await ProveAsync(partition, kind, cancellationToken);
        }
    }

    private async Task<bool> FoldAsync(string partition, Listed kind, Func<Listed, string, Task>? removed, CancellationToken cancellationToken)
    {
        var (state, etag) = await ReadAsync(partition, kind, cancellationToken);
        var ids = await DeltasAsync(partition, kind, MaxDeltas, cancellationToken);
        if (ids.Count == 0)
        {
            return false;
        }

        var counts = state.Count.ToArray();
        foreach (var id in ids)
        {
            if (removed is not null)
            {
                await removed(kind, id);
            }

            if (string.CompareOrdinal(id, state.SealedTo) < 0)
            {
                counts[BlockOf(state, id)]--;
            }
        }

        return await CommitAsync(partition, kind, state with { Count = counts }, etag, ids, cancellationToken) && ids.Count == MaxDeltas;
    }

    private async Task SealAsync(string partition, Listed kind, CancellationToken cancellationToken)
    {
        var (state, etag) = await ReadAsync(partition, kind, cancellationToken);
        var boundary = ListingRows.Boundary(clock.GetUtcNow() - SealAge);
        if (string.CompareOrdinal(boundary, state.SealedTo) <= 0)
        {
            return;
        }

        bool IsSealedNow(string id) => string.CompareOrdinal(id, state.SealedTo) >= 0 && string.CompareOrdinal(id, boundary) < 0;
        var before = (await DeltasAsync(partition, kind, int.MaxValue, cancellationToken)).Where(IsSealedNow).ToHashSet(StringComparer.Ordinal);
        var (grown, any) = await GrowAsync(partition, kind, state, boundary, cancellationToken);
        var after = (await DeltasAsync(partition, kind, int.MaxValue, cancellationToken)).Where(IsSealedNow);

        // What was deleted while it was counted may or may not be in the count: then the next turn counts again.
        if (any && before.Count <= MaxDeltas && after.All(before.Contains))
        {
            await CommitAsync(partition, kind, grown, etag, before, cancellationToken);
        }
    }

    private async Task<(ListingState Grown, bool Any)> GrowAsync(
        string partition, Listed kind, ListingState state, string boundary, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (first, count, grewAt) = (state.First.ToList(), state.Count.ToList(), state.GrewAt.ToList());
        var range = new RowRange(kind.Prefix + state.SealedTo, kind.Prefix + boundary);
        var any = false;
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                any = true;
                if (count.Count == 0 || count[^1] >= BlockSize)
                {
                    first.Add(row.Row[kind.Prefix.Length..]);
                    count.Add(0);
                    grewAt.Add(now);
                }

                count[^1]++;
                grewAt[^1] = now;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return (new ListingState { First = first, Count = count, GrewAt = grewAt, SealedTo = boundary }, any);
    }

    /// <summary>Counts again the blocks that grew a while ago, and once a minute one more.</summary>
    private async Task ProveAsync(string partition, Listed kind, CancellationToken cancellationToken)
    {
        var (state, etag) = await ReadAsync(partition, kind, cancellationToken);
        var due = (clock.GetUtcNow() - ProofAge).ToUnixTimeMilliseconds();
        var counts = state.Count.ToArray();
        var grewAt = state.GrewAt.ToArray();
        var changed = false;
        if ((await DeltasAsync(partition, kind, 1, cancellationToken)).Count > 0)
        {
            return;
        }

        var next = NextProof(partition, kind, counts.Length);
        for (var i = 0; i < counts.Length; i++)
        {
            var isDue = grewAt[i] != 0 && grewAt[i] <= due;
            if (isDue || i == next)
            {
                var actual = await CountAsync(partition, kind, state, i, cancellationToken);
                changed |= isDue || actual != counts[i];
                (counts[i], grewAt[i]) = (actual, isDue ? 0 : grewAt[i]);
            }
        }

        if (changed && (await DeltasAsync(partition, kind, 1, cancellationToken)).Count == 0)
        {
            await CommitAsync(partition, kind, state with { Count = counts, GrewAt = grewAt }, etag, [], cancellationToken);
        }
    }

    /// <summary>The block whose turn it is; -1 for none. Directories begin at different moments, so that they are not all counted at once.</summary>
    private int NextProof(string partition, Listed kind, int blocks)
    {
        var now = clock.GetUtcNow();
        var last = proofs.GetOrAdd((partition, kind), _ => (now - (Random.Shared.NextDouble() * ProofPause), -1));
        if (blocks == 0 || now - last.At < ProofPause)
        {
            return -1;
        }

        var next = (last.Block + 1) % blocks;
        proofs[(partition, kind)] = (now, next);
        return next;
    }

    private async Task<int> CountAsync(string partition, Listed kind, ListingState state, int block, CancellationToken cancellationToken)
    {
        var range = new RowRange(
            kind.Prefix + (block == 0 ? "" : state.First[block]),
            kind.Prefix + (block + 1 < state.First.Count ? state.First[block + 1] : state.SealedTo));
        var count = 0;
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, RecordLimits.MaxPageSize, continuation, cancellationToken);
            count += page.Records.Count;
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return count;
    }

    private async Task<(ListingState State, string? ETag)> ReadAsync(string partition, Listed kind, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync<ListingState>(partition, kind.StateRow, cancellationToken);
        return (found?.Value ?? new ListingState(), found?.ETag);
    }

    private async Task<bool> CommitAsync(
        string partition, Listed kind, ListingState state, string? etag, IEnumerable<string> folded, CancellationToken cancellationToken)
    {
        List<RecordChange> changes = [TypedRecords.Write(kind.StateRow, state, etag), .. folded.Select(id => RecordChange.DeleteIfExists(kind.DeltaPrefix + id))];
        return (await store.CommitAsync(partition, changes, cancellationToken)).Committed;
    }

    private async Task<List<string>> DeltasAsync(string partition, Listed kind, int limit, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var id in ListingRows.DeltasAsync(store, partition, kind, cancellationToken))
        {
            ids.Add(id);
            if (ids.Count == limit)
            {
                break;
            }
        }

        return ids;
    }

    private static int BlockOf(ListingState state, string id)
    {
        var block = 0;
        for (var i = 1; i < state.First.Count && string.CompareOrdinal(state.First[i], id) <= 0; i++)
        {
            block = i;
        }

        return block;
    }
}
