using System.Security.Cryptography;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Activity;

/// <summary>The hash chain: sealing, and what retention removes of it.</summary>
public sealed partial class ActivityLog
{
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
            changes.Add(Append(ActivityEvent.Of(now, Provenance.System.Actor, ActivityKind.ActivityTrimmed, "Activity", $"blocks {from} to {last!.Sequence}, the last with hash {last.Hash}")));
            removed += (await store.CommitAsync(partition, changes, cancellationToken)).Committed ? count : 0;
        }
    }

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
        var salt = RandomNumberGenerator.GetHexString(32, lowercase: true);
        return (new ActivityBlock(sequence, head.Hash, events, HashOf(sequence, head.Hash, salt, events), salt), events.Count);
    }

    private static string HashOf(long sequence, string previousHash, string? salt, IReadOnlyList<ActivityEvent> events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(salt is null ? $"{sequence}\n{previousHash}\n" : $"{sequence}\n{previousHash}\n{salt}\n"));
        foreach (var item in events)
        {
            hash.AppendData(DomainJson.Encode(item));
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
