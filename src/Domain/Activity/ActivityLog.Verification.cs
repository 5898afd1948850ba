using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Activity;

/// <summary>The proof that nothing was changed.</summary>
public sealed partial class ActivityLog
{
    private const int MaxVerifications = 5;

    /// <summary>Recomputes the whole chain.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>What was found.</returns>
    public async Task<ActivityVerification> VerifyAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var partition = PartitionOf(integrationId);
        for (var tries = 1; ; tries++)
        {
            // Before the head: what is sealed meanwhile must not look like an anchor without a block.
            var anchored = await AnchoredAsync(integrationId, cancellationToken);
            var head = await store.GetAsync(partition, Head, cancellationToken);
            var found = await VerifyAsync(partition, head, anchored, cancellationToken);

            // An event that was sealed while this looked was neither among the sealed ones nor among the others.
            if (found.Intact || tries == MaxVerifications || (await store.GetAsync(partition, Head, cancellationToken))?.ETag == head?.ETag)
            {
                return found;
            }
        }
    }

    private async Task<ActivityVerification> VerifyAsync(
        string partition, StoredRecord? headRecord, Dictionary<long, string> anchored, CancellationToken cancellationToken)
    {
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
        var erasures = new Erasures();
        long events = 0;
        for (var sequence = start.Sequence + 1; sequence <= head.Sequence; sequence++)
        {
            var record = await store.GetAsync(partition, BlockRow(sequence), cancellationToken);
            if (record is null)
            {
                return new ActivityVerification(Intact: false, events, sequence, $"Block {sequence} of {head.Sequence} is missing.");
            }

            var block = DomainJson.Decode<ActivityBlock>(record.Value);
            erasures.Note(block);
            if (block.PreviousHash != previous.Hash || block.Sequence != sequence || (!block.Erased && block.Hash != HashOf(sequence, block.PreviousHash, block.Salt, block.Events)))
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

        if (await UnprovedErasureAsync(partition, erasures, cancellationToken) is { } forged)
        {
            return new ActivityVerification(Intact: false, events, forged, $"Block {forged} of {head.Sequence} was changed, and no erasure proves what is left of it.");
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
}

/// <summary>What a check of the chain found.</summary>
/// <param name="Intact">True when nothing was changed, removed or added.</param>
/// <param name="Events">How many events were proved.</param>
/// <param name="BrokenBlock">The first block that does not fit, or null.</param>
/// <param name="Message">The finding in words.</param>
public sealed record ActivityVerification(bool Intact, long Events, long? BrokenBlock, string Message);
