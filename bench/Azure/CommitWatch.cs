using IdLcm.Domain.Storage;

namespace IdLcm.Bench.Azure;

/// <summary>Lets everything through, remembers the last commit that wrote a user, and counts what it took.</summary>
internal sealed class CommitWatch(IRecordStore inner) : IRecordStore
{
    public TimeSpan LongestCommit => inner.LongestCommit;

    private int calls;

    /// <summary>The last commit that wrote a user.</summary>
    public IReadOnlyList<RecordChange> Last { get; private set; } = [];

    /// <summary>How often the store was asked, for reads and commits.</summary>
    public int Calls => Volatile.Read(ref calls);

    public ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref calls);
        return inner.GetAsync(partition, row, cancellationToken);
    }

    public ValueTask<RecordPage> QueryAsync(string partition, RowRange range, int pageSize, string? continuation, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref calls);
        return inner.QueryAsync(partition, range, pageSize, continuation, cancellationToken);
    }

    public Task<CommitResult> CommitAsync(string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref calls);
        Last = changes.Any(change => change.Row.StartsWith("u:", StringComparison.Ordinal)) ? changes : Last;
        return inner.CommitAsync(partition, changes, cancellationToken);
    }
}
