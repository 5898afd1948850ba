using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Sync;

/// <summary>Keeps plans: their numbers as a record, their lines in blobs.</summary>
/// <param name="store">The record store.</param>
/// <param name="blobs">The blob store.</param>
public sealed class SyncPlans(IRecordStore store, IBlobStore blobs)
{
    private const string Prefix = "sp:";

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

    /// <summary>Reads lines of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="first">The index of the first line, from 0.</param>
    /// <param name="count">The most lines.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The lines; null when they are past their retention.</returns>
    public async Task<IReadOnlyList<SyncEntry>?> LinesAsync(SyncPlanRecord plan, int first, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var lines = new List<SyncEntry>(count);
        for (var chunk = first / SyncPlanRecord.ChunkSize; chunk < plan.Chunks.Count && lines.Count < count; chunk++)
        {
            if (await ChunkAsync(plan.Chunks[chunk], cancellationToken) is not { } read)
            {
                return null;
            }

            lines.AddRange(read.Skip(Math.Max(0, first - (chunk * SyncPlanRecord.ChunkSize))).Take(count - lines.Count));
        }

        return lines;
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
                }

                if (old.Count > 0 && !(await store.CommitAsync(partition, [TypedRecords.Write(Row(id), plan.Value with { Chunks = chunks }, plan.ETag)], cancellationToken)).Committed)
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
