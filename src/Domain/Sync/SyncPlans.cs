using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Sync;

/// <summary>Keeps plans: their numbers as a record, their lines in blobs.</summary>
/// <param name="store">The record store.</param>
/// <param name="blobs">The blob store.</param>
public sealed class SyncPlans(IRecordStore store, IBlobStore blobs)
{
    private const string Prefix = "sp:";
    private const int MaxChunks = 50;

    /// <summary>The row of a plan.</summary>
    /// <param name="id">The plan.</param>
    /// <returns>The key.</returns>
    public static string Row(string id) => Prefix + id;

    /// <summary>Reads a plan.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="id">The plan.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The plan, or null where there is none.</returns>
    public ValueTask<Versioned<SyncPlanRecord>?> FindAsync(string partition, string id, CancellationToken cancellationToken = default) =>
        store.FindAsync<SyncPlanRecord>(partition, Row(id), cancellationToken);

    /// <summary>Reads plans, newest first.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last plan of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The plans, and whether more follow.</returns>
    public async Task<(IReadOnlyList<SyncPlanRecord> Plans, bool More)> ListAsync(
        string partition, int limit, string? afterId, CancellationToken cancellationToken = default)
    {
        var range = afterId is null ? RowRange.Prefix(Prefix) : RowRange.PrefixAfter(Prefix, Row(afterId));
        var page = await store.QueryAsync(partition, range, limit, null, cancellationToken);
        return ([.. page.Records.Select(record => DomainJson.Decode<SyncPlanRecord>(record.Value))], page.Continuation is not null);
    }

    /// <summary>Counts plans, so many at the most.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="max">The most to count.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many there are, and whether all of them were counted.</returns>
    public Task<(int Count, bool IsAll)> CountAsync(string partition, int max, CancellationToken cancellationToken = default) =>
        store.CountAsync(partition, Prefix, max, cancellationToken);

    /// <summary>Finds lines of a plan. A page that finds little ends after some ten thousand lines, with the index to go on from.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="wanted">Which lines.</param>
    /// <param name="first">Where to begin: 0, or the index that the page before ended with. It counts the lines as they were made, those that were erased since included.</param>
    /// <param name="count">The most lines to return.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>The lines, and the index to go on from, null at the end; null instead of lines that are past their retention.</returns>
    public async Task<(IReadOnlyList<SyncEntry>? Lines, int? Next)> FindLinesAsync(
        SyncPlanRecord plan, Func<SyncEntry, bool> wanted, int first, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(wanted);
        var found = new List<SyncEntry>();
        var firstChunk = first / SyncPlanRecord.ChunkSize;
        for (var chunk = firstChunk; chunk < plan.Chunks.Count; chunk++)
        {
            if (chunk - firstChunk == MaxChunks)
            {
                return (found, chunk * SyncPlanRecord.ChunkSize);
            }

            if (await ChunkAsync(plan.Chunks[chunk], cancellationToken) is not { } read)
            {
                return (null, null);
            }

            var start = chunk * SyncPlanRecord.ChunkSize;
            for (var i = Math.Max(0, first - start); i < read.Count; i++)
            {
                if (!wanted(read[i]))
                {
                    continue;
                }

                if (found.Count == count)
                {
                    return (found, start + i);
                }

                found.Add(read[i]);
            }
        }

        return (found, null);
    }

    /// <summary>Reads the lines of one blob.</summary>
    /// <param name="hash">The blob.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The lines; null when they are past their retention.</returns>
    internal async Task<IReadOnlyList<SyncEntry>?> ChunkAsync(string hash, CancellationToken cancellationToken)
    {
        await using var stream = await blobs.OpenAsync(SyncPlanRecord.Container, hash, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer, cancellationToken);
        return DomainJson.Decode<SyncPlanChunk>(buffer.GetBuffer().AsMemory(0, (int)buffer.Length)).Entries;
    }

    /// <summary>Takes the lines of an account out of a plan.</summary>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="id">The plan.</param>
    /// <param name="accountKey">The account.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>A task that ends when they are gone.</returns>
    internal Task EraseAsync(string partition, string id, string accountKey, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                if (await FindAsync(partition, id, cancellationToken) is not { } plan)
                {
                    return (true, false);
                }

                var chunks = plan.Value.Chunks.ToList();
                var old = new List<string>();
                var erased = 0;
                for (var i = 0; i < chunks.Count; i++)
                {
                    if (await ChunkAsync(chunks[i], cancellationToken) is not { } lines || !lines.Any(line => line.Key == accountKey))
                    {
                        continue;
                    }

                    SyncEntry[] left = [.. lines.Where(line => line.Key != accountKey)];
                    var blob = await blobs.PutAsync(SyncPlanRecord.Container, DomainJson.Encode(new SyncPlanChunk(left)), "application/json", cancellationToken);
                    old.Add(chunks[i]);
                    chunks[i] = blob.Hash;
                    erased += lines.Count - left.Length;
                }

                if (old.Count > 0 && !(await store.CommitAsync(partition, [TypedRecords.Write(Row(id), plan.Value with { Chunks = chunks, Lines = plan.Value.Lines - erased }, plan.ETag)], cancellationToken)).Committed)
                {
                    return (false, false);
                }

                foreach (var hash in old.Except(chunks))
                {
                    await blobs.DeleteAsync(SyncPlanRecord.Container, hash, cancellationToken);
                }

                return (true, true);
            },
            cancellationToken);

    /// <summary>Keeps lines in blobs, as they come.</summary>
    /// <param name="entries">The lines.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>The hashes of the blobs, in order, and how many lines they hold.</returns>
    internal async Task<(IReadOnlyList<string> Chunks, int Lines)> KeepAsync(IAsyncEnumerable<SyncEntry> entries, CancellationToken cancellationToken)
    {
        var hashes = new List<string>();
        var lines = 0;
        await foreach (var chunk in entries.Chunk(SyncPlanRecord.ChunkSize).WithCancellation(cancellationToken))
        {
            var blob = await blobs.PutAsync(SyncPlanRecord.Container, DomainJson.Encode(new SyncPlanChunk(chunk)), "application/json", cancellationToken);
            hashes.Add(blob.Hash);
            lines += chunk.Length;
        }

        return (hashes, lines);
    }
}
