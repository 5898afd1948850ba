using IdLcm.Domain.Storage;

namespace IdLcm.Bench.Azure;

/// <summary>Lets everything through and remembers the last commit that wrote several rows.</summary>
internal sealed class CommitWatch(IRecordStore inner) : IRecordStore
{
    /// <summary>The last commit.</summary>
    public IReadOnlyList<RecordChange> Last { get; private set; } = [];

    public ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default) => inner.GetAsync(partition, row, cancellationToken);

    public ValueTask<RecordPage> QueryAsync(string partition, RowRange range, int pageSize, string? continuation, CancellationToken cancellationToken = default) =>
        inner.QueryAsync(partition, range, pageSize, continuation, cancellationToken);

    public Task<CommitResult> CommitAsync(string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        Last = changes.Count > 4 ? changes : Last;
        return inner.CommitAsync(partition, changes, cancellationToken);
    }

    public ValueTask<IReadOnlyList<string>> ListPartitionsAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListPartitionsAsync(prefix, cancellationToken);
}
