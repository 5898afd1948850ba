using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Activity;

/// <summary>A sealed run of events: one link of the hash chain. Row <c>eb:{inverted sequence}</c>, so that key order is newest first.</summary>
/// <param name="Sequence">Its number, from 1.</param>
/// <param name="PreviousHash">The hash of the block before it; 64 zeros for the first.</param>
/// <param name="Events">The events, oldest first.</param>
/// <param name="Hash">SHA-256 over sequence, previous hash, salt and the events' canonical JSON, as they were sealed.</param>
/// <param name="Salt">Random, so that nobody can guess erased events from the hash; null where they were erased, and for blocks sealed before there were salts.</param>
/// <param name="Erased">True when personal data were erased from its events: then a later event of the chain proves what is left.</param>
public sealed record ActivityBlock(
    long Sequence, string PreviousHash, IReadOnlyList<ActivityEvent> Events, string Hash, string? Salt = null, bool Erased = false);

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
public sealed partial class ActivityLog(IRecordStore store, IChainAnchor? anchor = null)
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

    private static bool Before(ActivityEvent item, string? before) => before is null || string.CompareOrdinal(item.Id, before) < 0;

    private static string BlockRow(long sequence) => $"{Blocks}{0xFFFF_FFFF_FFFFL - sequence:x12}";
}
