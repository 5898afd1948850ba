using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Activity;

/// <summary>
/// The erasure of personal data. A block that lost some keeps its hash, so that the chain holds, and loses its salt, so that
/// nobody can guess from the hash what was there. What is left of it is proved by an event of the same commit, which becomes
/// part of the chain.
/// </summary>
public sealed partial class ActivityLog
{
    private const string ErasedTarget = "Activity block ";
    private const string ErasedDetail = "personal data erased; what is left has SHA-256 ";

    /// <summary>Rewrites events, sealed ones too.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="redact">Gives an event without what is to be erased; the same event where there is nothing.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels between blocks; going on later does the rest.</param>
    /// <returns>How many blocks were rewritten.</returns>
    internal async Task<int> EraseAsync(
        string integrationId, Func<ActivityEvent, ActivityEvent> redact, Provenance by, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        await SealAsync(integrationId, cancellationToken);
        var partition = PartitionOf(integrationId);
        var first = (await store.FindAsync<ActivityHead>(partition, Anchor, cancellationToken))?.Value.Sequence ?? 0;
        var last = await LastBlockAsync(integrationId, cancellationToken);
        var rewritten = 0;
        for (var sequence = first + 1; sequence <= last; sequence++)
        {
            rewritten += await Optimistic.RunAsync(() => TryEraseAsync(partition, sequence, redact, by, now, cancellationToken), cancellationToken) ? 1 : 0;
        }

        return rewritten;
    }

    private async Task<(bool Committed, bool Rewritten)> TryEraseAsync(
        string partition, long sequence, Func<ActivityEvent, ActivityEvent> redact, Provenance by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await store.FindAsync<ActivityBlock>(partition, BlockRow(sequence), cancellationToken) is not { } found)
        {
            // Retention removed it meanwhile.
            return (true, false);
        }

        List<ActivityEvent> left = [.. found.Value.Events.Select(redact)];
        if (left.SequenceEqual(found.Value.Events))
        {
            return (true, false);
        }

        var erased = found.Value with { Events = left, Salt = null, Erased = true };
        var proof = ActivityEvent.Of(now, by.Actor, ActivityKind.PersonErased, $"{ErasedTarget}{sequence}", ErasedDetail + Left(erased));
        return ((await store.CommitAsync(partition, [TypedRecords.Write(BlockRow(sequence), erased, found.ETag), Append(proof)], cancellationToken)).Committed, true);
    }

    /// <summary>The first block that was rewritten without an event that proves it, or null.</summary>
    private async Task<long?> UnprovedErasureAsync(string partition, Erasures erasures, CancellationToken cancellationToken)
    {
        string? continuation = null;
        while (erasures.First() is not null)
        {
            // The proof may not be sealed yet.
            var page = await store.QueryAsync(partition, RowRange.Prefix(Inbox), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                erasures.Note(DomainJson.Decode<ActivityEvent>(record.Value));
            }

            continuation = page.Continuation;
            if (continuation is null)
            {
                break;
            }
        }

        return erasures.First();
    }

    private static string Left(ActivityBlock block) => HashOf(block.Sequence, block.PreviousHash, null, block.Events);

    /// <summary>The blocks that were rewritten, and what the chain says is left of them.</summary>
    private sealed class Erasures
    {
        private readonly SortedDictionary<long, string> left = [];
        private readonly Dictionary<long, string> proved = [];

        public void Note(ActivityBlock block)
        {
            if (block.Erased)
            {
                left[block.Sequence] = Left(block);
            }

            foreach (var item in block.Events)
            {
                Note(item);
            }
        }

        public void Note(ActivityEvent item)
        {
            if (item is { Event: ActivityKind.PersonErased, Detail: { } detail } && detail.StartsWith(ErasedDetail, StringComparison.Ordinal)
                && item.Target.StartsWith(ErasedTarget, StringComparison.Ordinal) && long.TryParse(item.Target.AsSpan(ErasedTarget.Length), out var sequence))
            {
                proved[sequence] = detail[ErasedDetail.Length..];
            }
        }

        public long? First()
        {
            foreach (var (sequence, hash) in left)
            {
                if (proved.GetValueOrDefault(sequence) != hash)
                {
                    return sequence;
                }
            }

            return null;
        }
    }
}
