using System.Security.Cryptography;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Activity;

/// <summary>A sealed run of events: one link of the hash chain. Row <c>eb:{inverted sequence}</c>, so that key order is newest first.</summary>
/// <param name="Sequence">Its number, from 1.</param>
/// <param name="PreviousHash">The hash of the block before it; 64 zeros for the first.</param>
/// <param name="Events">The events, oldest first.</param>
/// <param name="Hash">SHA-256 over sequence, previous hash and the events' canonical JSON.</param>
public sealed record ActivityBlock(long Sequence, string PreviousHash, IReadOnlyList<ActivityEvent> Events, string Hash);

/// <summary>The last link of the chain. Row <c>activity-head</c>.</summary>
/// <param name="Sequence">The number of the last block.</param>
/// <param name="Hash">Its hash.</param>
public sealed record ActivityHead(long Sequence, string Hash);

/// <summary>A page of events, newest first.</summary>
/// <param name="Items">The events.</param>
/// <param name="Cursor">Where the next page begins, or null when this was the last.</param>
public sealed record ActivityPage(IReadOnlyList<ActivityEvent> Items, string? Cursor);

/// <summary>
/// The audit trail of integrations. Events are written in the commit of their change under keys of their own, without
/// any contention; <see cref="SealAsync"/> moves them, seconds later, into hash-chained blocks.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="anchor">Keeps the heads of the chains elsewhere, where there is such a place.</param>
public sealed class ActivityLog(IRecordStore store, IChainAnchor? anchor = null)
{
    private const string Inbox = "e:";
    private const string Blocks = "eb:";
    private const string Head = "activity-head";

    /// <summary>The most events of a block: the commit that seals them deletes each and writes two rows more.</summary>
    public const int MaxBlockEvents = RecordLimits.MaxChangesPerCommit - 2;

    /// <summary>The name of the workspace's own activity, in the place of an integration's id.</summary>
    public const string Workspace = "workspace";

    private const string Anchor = "activity-anchor";

    private static readonly ActivityHead Genesis = new(0, new string('0', 64));

    /// <summary>The change that appends an event, for the commit of what it tells.</summary>
    /// <param name="activityEvent">The event.</param>
    /// <returns>The change.</returns>
    public static RecordChange Append(ActivityEvent activityEvent) =>
        RecordChange.Insert(Inbox + activityEvent.Id, DomainJson.Encode(activityEvent));

    /// <summary>Appends an event by itself.</summary>
    /// <param name="integrationId">The integration, or <see cref="Workspace"/>.</param>
    /// <param name="activityEvent">The event.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task NoteAsync(string integrationId, ActivityEvent activityEvent, CancellationToken cancellationToken = default) =>
        store.CommitAsync(PartitionOf(integrationId), [Append(activityEvent)], cancellationToken);

    /// <summary>
    /// Removes sealed blocks that are older than a moment. The hash of the last one removed stays as the anchor of the
    /// chain, and an event of its own tells of it, so that the rest can still be proved to follow it.
    /// </summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="olderThan">Blocks all of whose events are older are removed.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>How many blocks were removed.</returns>
    public async Task<int> TrimAsync(string integrationId, DateTimeOffset olderThan, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);
        var removed = 0;
        while (true)
        {
            var anchor = await store.FindAsync<ActivityHead>(partition, Anchor, cancellationToken);
            var head = await store.FindAsync<ActivityHead>(partition, Head, cancellationToken);
            var (from, last) = ((anchor?.Value ?? Genesis).Sequence + 1, anchor?.Value);
            var changes = new List<RecordChange>();
            for (var sequence = from; sequence < (head?.Value.Sequence ?? 0) && changes.Count < 50; sequence++)
            {
                var block = await store.FindAsync<ActivityBlock>(partition, BlockRow(sequence), cancellationToken);
                if (block is null || block.Value.Events.Any(item => item.Date >= olderThan))
                {
                    break;
                }

                changes.Add(RecordChange.Delete(BlockRow(sequence), block.ETag));
                last = new ActivityHead(sequence, block.Value.Hash);
            }

            if (changes.Count == 0)
            {
                return removed;
            }

            var count = changes.Count;
            changes.Add(TypedRecords.Write(Anchor, last!, anchor?.ETag));
            changes.Add(Append(new ActivityEvent
            {
                Id = Ids.OldestFirst(now),
                Date = now,
                Actor = Provenance.System.Actor,
                Event = ActivityKind.ActivityTrimmed,
                Target = "Activity",
                Detail = $"blocks {from} to {last!.Sequence}, the last with hash {last.Hash}",
            }));
            removed += (await store.CommitAsync(partition, changes, cancellationToken)).Committed ? count : 0;
        }
    }

    /// <summary>Reads sealed blocks in their order, from one on.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="after">The number of the last block already seen.</param>
    /// <param name="cancellationToken">Cancels between blocks.</param>
    /// <returns>The blocks.</returns>
    public async IAsyncEnumerable<ActivityBlock> ReadBlocksAsync(
        string integrationId, long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);
        var head = await store.FindAsync<ActivityHead>(partition, Head, cancellationToken);
        for (var sequence = after + 1; sequence <= (head?.Value.Sequence ?? 0); sequence++)
        {
            if (await store.FindAsync<ActivityBlock>(partition, BlockRow(sequence), cancellationToken) is { } block)
            {
                yield return block.Value;
            }
        }
    }

    /// <summary>The number of the last sealed block.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The number; 0 before the first.</returns>
    public async Task<long> LastBlockAsync(string integrationId, CancellationToken cancellationToken = default) =>
        (await store.FindAsync<ActivityHead>(PartitionOf(integrationId), Head, cancellationToken))?.Value.Sequence ?? 0;

    private static string PartitionOf(string integrationId) => integrationId == Workspace ? Workspace : Rows.Partition(integrationId);

    /// <summary>Seals what is in the inbox into blocks.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between blocks.</param>
    /// <returns>How many events were sealed.</returns>
    public async Task<int> SealAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);
        var total = 0;
        while (true)
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(Inbox), MaxBlockEvents, null, cancellationToken);
            if (page.Records.Count == 0)
            {
                return total;
            }

            var headRecord = await store.GetAsync(partition, Head, cancellationToken);
            var head = headRecord is null ? Genesis : DomainJson.Decode<ActivityHead>(headRecord.Value);
            var (block, count) = Link(head, page.Records);
            var changes = new List<RecordChange>(count + 2);
            var newHead = DomainJson.Encode(new ActivityHead(block.Sequence, block.Hash));
            changes.Add(headRecord is null ? RecordChange.Insert(Head, newHead) : RecordChange.Replace(Head, newHead, headRecord.ETag));
            changes.Add(RecordChange.Insert(BlockRow(block.Sequence), DomainJson.Encode(block)));
            changes.AddRange(page.Records.Take(count).Select(record => RecordChange.Delete(record.Row, record.ETag)));
            if ((await store.CommitAsync(partition, changes, cancellationToken)).Committed)
            {
                total += count;
                if (anchor is not null)
                {
                    // A head that is not anchored for a fault is covered by the next one: each hash holds all before it.
                    await anchor.AppendAsync(integrationId, new ActivityHead(block.Sequence, block.Hash), cancellationToken);
                }
            }
        }
    }

    /// <summary>Reads events, newest first.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="matches">Which events.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="cursor">What the page before returned.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page.</returns>
    public async Task<ActivityPage> ListAsync(
        string integrationId, Func<ActivityEvent, bool> matches, int limit, string? cursor, CancellationToken cancellationToken = default)
    {
        var found = new List<ActivityEvent>();
        await foreach (var item in ReadNewestFirstAsync(integrationId, cursor, cancellationToken))
        {
            if (!matches(item))
            {
                continue;
            }

            if (found.Count == limit)
            {
                return new ActivityPage(found, found[^1].Id);
            }

            found.Add(item);
        }

        return new ActivityPage(found, null);
    }

    /// <summary>Reads every event in newest-first order, from an event on.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="before">Only events whose id is lower; null for all.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The events.</returns>
    public async IAsyncEnumerable<ActivityEvent> ReadNewestFirstAsync(
        string integrationId, string? before, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);

        // Inbox first: an event sealed between the two reads is met twice, never missed, and given once by its id.
        var inbox = new List<ActivityEvent>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(Inbox), RecordLimits.MaxPageSize, continuation, cancellationToken);
            inbox.AddRange(page.Records.Select(record => DomainJson.Decode<ActivityEvent>(record.Value)));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in Enumerable.Reverse(inbox))
        {
            seen.Add(item.Id);
            if (Before(item, before))
            {
                yield return item;
            }
        }

        continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(Blocks), 20, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                foreach (var item in DomainJson.Decode<ActivityBlock>(record.Value).Events.Reverse())
                {
                    if (Before(item, before) && !seen.Contains(item.Id))
                    {
                        yield return item;
                    }
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Recomputes the whole chain.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>What was found.</returns>
    public async Task<ActivityVerification> VerifyAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);

        // Before the head: what is sealed meanwhile must not look like an anchor without a block.
        var anchored = await AnchoredAsync(integrationId, cancellationToken);
        var headRecord = await store.GetAsync(partition, Head, cancellationToken);
        var head = headRecord is null ? Genesis : DomainJson.Decode<ActivityHead>(headRecord.Value);
        var start = (await store.FindAsync<ActivityHead>(partition, Anchor, cancellationToken))?.Value ?? Genesis;
        if (anchored.TryGetValue(start.Sequence, out var kept) && kept != start.Hash)
        {
            return new ActivityVerification(Intact: false, 0, start.Sequence, $"Block {start.Sequence}, up to which retention removed the chain, is not the one that was anchored.");
        }

        foreach (var removed in anchored.Keys.Where(sequence => sequence <= start.Sequence).ToList())
        {
            anchored.Remove(removed);
        }

        var previous = start;
        long events = 0;
        for (var sequence = start.Sequence + 1; sequence <= head.Sequence; sequence++)
        {
            var record = await store.GetAsync(partition, BlockRow(sequence), cancellationToken);
            if (record is null)
            {
                return new ActivityVerification(Intact: false, events, sequence, $"Block {sequence} of {head.Sequence} is missing.");
            }

            var block = DomainJson.Decode<ActivityBlock>(record.Value);
            if (block.PreviousHash != previous.Hash || block.Sequence != sequence || block.Hash != HashOf(sequence, block.PreviousHash, block.Events))
            {
                return new ActivityVerification(Intact: false, events, sequence, $"Block {sequence} of {head.Sequence} was changed after it was sealed.");
            }

            if (anchored.Remove(sequence, out var hash) && hash != block.Hash)
            {
                return new ActivityVerification(Intact: false, events, sequence, $"Block {sequence} of {head.Sequence} is not the one that was anchored.");
            }

            previous = new ActivityHead(sequence, block.Hash);
            events += block.Events.Count;
        }

        if (anchored.Count > 0)
        {
            var lost = anchored.Keys.Min();
            return new ActivityVerification(Intact: false, events, lost, $"Block {lost} was anchored and is not in the chain, which ends with {head.Sequence}.");
        }

        return previous.Hash == head.Hash
            ? new ActivityVerification(Intact: true, events, null, $"{events} events in {head.Sequence - start.Sequence} blocks, unbroken.{(start.Sequence > 0 ? $" Retention removed the {start.Sequence} blocks before them, the last with hash {start.Hash}." : "")}")
            : new ActivityVerification(Intact: false, events, head.Sequence, "The head of the chain does not match its last block.");
    }

    private async Task<Dictionary<long, string>> AnchoredAsync(string integrationId, CancellationToken cancellationToken)
    {
        var anchored = new Dictionary<long, string>();
        if (anchor is not null)
        {
            await foreach (var head in anchor.ReadAsync(integrationId, cancellationToken))
            {
                anchored.TryAdd(head.Sequence, head.Hash);
            }
        }

        return anchored;
    }

    private static bool Before(ActivityEvent item, string? before) => before is null || string.CompareOrdinal(item.Id, before) < 0;

    private static (ActivityBlock Block, int Count) Link(ActivityHead head, IReadOnlyList<StoredRecord> records)
    {
        var events = new List<ActivityEvent>(records.Count);
        var bytes = 0;
        foreach (var record in records)
        {
            // The block holds the same events again, so it has to stay well below the limit of a record.
            bytes += record.Value.Length;
            if (events.Count > 0 && bytes > RecordLimits.MaxRecordBytes / 2)
            {
                break;
            }

            events.Add(DomainJson.Decode<ActivityEvent>(record.Value));
        }

        var sequence = head.Sequence + 1;
        return (new ActivityBlock(sequence, head.Hash, events, HashOf(sequence, head.Hash, events)), events.Count);
    }

    private static string HashOf(long sequence, string previousHash, IReadOnlyList<ActivityEvent> events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes($"{sequence}\n{previousHash}\n"));
        foreach (var item in events)
        {
            hash.AppendData(DomainJson.Encode(item));
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string BlockRow(long sequence) => $"{Blocks}{0xFFFF_FFFF_FFFFL - sequence:x12}";
}

/// <summary>What a check of the chain found.</summary>
/// <param name="Intact">True when nothing was changed, removed or added.</param>
/// <param name="Events">How many events were proved.</param>
/// <param name="BrokenBlock">The first block that does not fit, or null.</param>
/// <param name="Message">The finding in words.</param>
public sealed record ActivityVerification(bool Intact, long Events, long? BrokenBlock, string Message);
