using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Operations;

/// <summary>Changes a record as the holder of a lease: an older run of the same attempt changes nothing any more.</summary>
internal static class LeasedRecord
{
    /// <summary>Reads, changes and commits, again where another write came between.</summary>
    /// <typeparam name="T">The stored type.</typeparam>
    /// <param name="store">The record store.</param>
    /// <param name="run">The run that holds the lease.</param>
    /// <param name="row">The record's row in the integration's partition.</param>
    /// <param name="change">Gives the changed record; null came where there was none.</param>
    /// <param name="also">What the commit changes besides, for the record before and after; null for nothing.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The record as it is now.</returns>
    /// <exception cref="OperationCanceledException">Another run of the attempt took over.</exception>
    public static Task<T> ChangeAsync<T>(
        IRecordStore store,
        ActiveRun run,
        string row,
        Func<T?, T> change,
        Func<T?, T, Task<IReadOnlyList<RecordChange>>>? also = null,
        CancellationToken cancellationToken = default)
        where T : class =>
        Optimistic.RunAsync(
            async () =>
            {
                var partition = run.Profile.Partition;
                var lane = await store.FindAsync<Lane>(partition, Rows.Lane, cancellationToken);
                if (lane?.Value.LeaseOf(run.Operation.Id)?.Fence != run.Lease.Fence)
                {
                    throw new OperationCanceledException("Another run of this attempt took over.");
                }

                var found = await store.FindAsync<T>(partition, row, cancellationToken);
                var changed = change(found?.Value);
                IReadOnlyList<RecordChange> more = also is null ? [] : await also(found?.Value, changed);
                var result = await store.CommitAsync(
                    partition, [TypedRecords.Write(row, changed, found?.ETag), RecordChange.Check(Rows.Lane, lane.ETag), .. more], cancellationToken);
                return (result.Committed, changed);
            },
            cancellationToken);
}
