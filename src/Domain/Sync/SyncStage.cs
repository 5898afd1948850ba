using System.Globalization;
using System.Runtime.CompilerServices;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>
/// What one read of an app shows of its accounts, kept in the record store while the read goes on: in the order of their
/// keys, which is the order of the known accounts, so that both are compared page by page and neither is held as a whole.
/// Rows <c>sr:{operation}:{fencing token}:{account}</c>.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="run">The attempt that reads.</param>
internal sealed class SyncStage(IRecordStore store, ActiveRun run)
{
    private readonly string partition = run.Profile.Partition;
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"{Rows.SyncReads}{run.Operation.Id}:{run.Lease.Fence:x16}:");

    /// <summary>Removes what reads have left whose process was killed.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var lane = await store.FindAsync<Lane>(partition, Rows.Lane, cancellationToken);
        var running = lane?.Value.Leases.Select(lease => lease.OperationId).Where(id => id != run.Operation.Id).ToHashSet(StringComparer.Ordinal) ?? [];
        await DeleteAsync(RowRange.Prefix(Rows.SyncReads), row => !running.Contains(row.Split(':')[1]), cancellationToken);
    }

    /// <summary>Removes everything of this read.</summary>
    public Task ClearAsync(CancellationToken cancellationToken) => DeleteAsync(RowRange.Prefix(prefix), _ => true, cancellationToken);

    /// <summary>Keeps accounts; of those with one key the first of a page.</summary>
    public async Task AddAsync(IEnumerable<ObservedAccount> accounts, CancellationToken cancellationToken)
    {
        var batch = new List<RecordChange>();
        var bytes = 0;
        foreach (var account in accounts.DistinctBy(seen => Ids.KeyOf(seen.Identifier), StringComparer.Ordinal))
        {
            var change = RecordChange.Upsert(prefix + Ids.KeyOf(account.Identifier), DomainJson.Encode(account));
            if (batch.Count == RecordLimits.MaxChangesPerCommit || bytes + change.Value.Length > RecordLimits.MaxCommitBytes)
            {
                await store.CommitAsync(partition, batch, cancellationToken);
                batch.Clear();
                bytes = 0;
            }

            batch.Add(change);
            bytes += change.Value.Length;
        }

        if (batch.Count > 0)
        {
            await store.CommitAsync(partition, batch, cancellationToken);
        }
    }

    /// <summary>Reads the accounts in the order of their keys.</summary>
    public async IAsyncEnumerable<(string Key, ObservedAccount Seen)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in store.ScanAsync(partition, RowRange.Prefix(prefix), cancellationToken))
        {
            yield return (record.Row[prefix.Length..], DomainJson.Decode<ObservedAccount>(record.Value));
        }
    }

    /// <summary>Finds what was read of one account.</summary>
    public async ValueTask<ObservedAccount?> FindAsync(string key, CancellationToken cancellationToken) =>
        (await store.FindAsync<ObservedAccount>(partition, prefix + key, cancellationToken))?.Value;

    private async Task DeleteAsync(RowRange range, Func<string, bool> matches, CancellationToken cancellationToken)
    {
        await foreach (var rows in store.ScanAsync(partition, range, cancellationToken).Select(record => record.Row).Where(matches).Chunk(RecordLimits.MaxChangesPerCommit))
        {
            await store.CommitAsync(partition, [.. rows.Select(RecordChange.DeleteIfExists)], cancellationToken);
        }
    }
}
