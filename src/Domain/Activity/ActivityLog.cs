using System.Globalization;
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
    private const int BlockPage = 20;
    private const long MaxCursorBlock = 0xF_FFFF;

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
    public Task<ActivityPage> ListAsync(
        string integrationId, Func<ActivityEvent, bool> matches, int limit, string? cursor, CancellationToken cancellationToken = default) =>
        ListAsync(integrationId, matches, limit, cursor, int.MaxValue, cancellationToken);

    /// <summary>Reads events, newest first, and looks at so many of them at the most.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="matches">Which events.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="cursor">What the page before returned.</param>
    /// <param name="maxExamined">The most to look at: the page ends then, with a cursor, however few matched.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page.</returns>
    public async Task<ActivityPage> ListAsync(
        string integrationId, Func<ActivityEvent, bool> matches, int limit, string? cursor, int maxExamined, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(matches);
        var found = new List<ActivityEvent>();
        var examined = 0;
        var last = cursor;
        await foreach (var (item, block) in WalkAsync(integrationId, cursor, cancellationToken))
        {
            var isWanted = matches(item);
            if (examined++ == maxExamined || (isWanted && found.Count == limit))
            {
                return new ActivityPage(found, last);
            }

            if (isWanted)
            {
                found.Add(item);
            }

            last = CursorOf(item, block);
        }

        return new ActivityPage(found, null);
    }

    /// <summary>Reads every event in newest-first order, from an event on.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cursor">What a page returned; null for all.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The events.</returns>
    public async IAsyncEnumerable<ActivityEvent> ReadNewestFirstAsync(
        string integrationId, string? cursor, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var (item, _) in WalkAsync(integrationId, cursor, cancellationToken))
        {
            yield return item;
        }
    }

    /// <summary>Walks through the events with the number of the block of each; 0 for those that are not sealed yet.</summary>
    private async IAsyncEnumerable<(ActivityEvent Event, long Block)> WalkAsync(
        string integrationId, string? cursor, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var partition = PartitionOf(integrationId);
        var (before, block) = PlaceOf(cursor);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (block == 0)
        {
            // Inbox first: an event sealed between the two reads is met twice, never missed, and given once by its id.
            var inbox = await store.ScanAsync(partition, RowRange.Prefix(Inbox), cancellationToken).Select(record => DomainJson.Decode<ActivityEvent>(record.Value)).ToListAsync(cancellationToken);
            foreach (var item in Enumerable.Reverse(inbox))
            {
                seen.Add(item.Id);
                if (IsBefore(item, before))
                {
                    yield return (item, 0);
                }
            }
        }

        // A page that ended in a block goes on there, however many blocks are newer; all that was not sealed yet came before.
        var range = block == 0 ? RowRange.Prefix(Blocks) : RowRange.Prefix(Blocks) with { From = BlockRow(block) };
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, BlockPage, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var read = DomainJson.Decode<ActivityBlock>(record.Value);
                foreach (var item in read.Events.Reverse())
                {
                    if ((block > read.Sequence || IsBefore(item, before)) && !seen.Contains(item.Id))
                    {
                        yield return (item, read.Sequence);
                    }
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private static bool IsBefore(ActivityEvent item, string? before) => before is null || string.CompareOrdinal(item.Id, before) < 0;

    /// <summary>Where a page ended: the event and, while it can be written in five digits, the block that holds it.</summary>
    private static string CursorOf(ActivityEvent item, long block) => block is > 0 and <= MaxCursorBlock ? $"{item.Id}-{block:x5}" : item.Id;

    private static (string? Before, long Block) PlaceOf(string? cursor) =>
        cursor?.LastIndexOf('-') is > 0 and var at && at == cursor.Length - 6 && long.TryParse(cursor.AsSpan(at + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var block)
            ? (cursor[..at], block)
            : (cursor, 0);

    private static string BlockRow(long sequence) => $"{Blocks}{0xFFFF_FFFF_FFFFL - sequence:x12}";
}
