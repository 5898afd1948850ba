using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace IdLcm.Functions.Storage;

/// <summary>The commit markers of this process: as many for each partition as it ever commits to at the same time.</summary>
/// <param name="table">The table.</param>
/// <param name="clock">Tells which markers of other processes are old.</param>
internal sealed class CommitMarkers(TableClient table, TimeProvider clock)
{
    // Far longer than any commit is tried. A living process that loses an idle marker writes it again.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(2);

    private readonly string _process = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, Partition> _partitions = new(StringComparer.Ordinal);

    /// <summary>Takes a marker that no other commit uses.</summary>
    /// <param name="partition">The partition.</param>
    /// <returns>The marker, to give back.</returns>
    public CommitMarker Take(string partition)
    {
        var markers = _partitions.GetOrAdd(partition, static _ => new Partition());
        return markers.Idle.TryPop(out var idle)
            ? idle
            : new CommitMarker(table, partition, string.Create(CultureInfo.InvariantCulture, $"{CommitMarker.Prefix}{_process}|{Interlocked.Increment(ref markers.Count)}"));
    }

    /// <summary>Gives a marker back. One whose commit has no known outcome is not given back.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="marker">The marker.</param>
    public void Return(string partition, CommitMarker marker) => _partitions[partition].Idle.Push(marker);

    /// <summary>Deletes what processes that ended long ago left in a partition; once in the life of this process.</summary>
    /// <param name="partition">The partition.</param>
    /// <returns>A task that ends when it is done. It does not fail: what is left is harmless.</returns>
    public async Task SweepOnceAsync(string partition)
    {
        if (Interlocked.Exchange(ref _partitions[partition].Swept, 1) == 1)
        {
            return;
        }

        try
        {
            var before = clock.GetUtcNow() - Abandoned;
            var filter = TableClient.CreateQueryFilter(
                $"PartitionKey eq {partition} and RowKey ge {CommitMarker.Prefix} and RowKey lt {CommitMarker.End} and Timestamp lt {before}");
            await foreach (var page in table.QueryAsync<TableEntity>(filter, maxPerPage: 100, select: ["PartitionKey", "RowKey"]).AsPages())
            {
                if (page.Values.Count > 0)
                {
                    await table.SubmitTransactionAsync(
                        [.. page.Values.Select(static marker => new TableTransactionAction(TableTransactionActionType.Delete, marker, marker.ETag))]);
                }
            }
        }
        catch (Exception failure) when (StorageFailures.IsStorageFailure(failure))
        {
            // Another process swept at the same time, or the service is busy: the next process sweeps.
        }
    }

    private sealed class Partition
    {
        public readonly ConcurrentStack<CommitMarker> Idle = new();
        public int Count;
        public int Swept;
    }
}
