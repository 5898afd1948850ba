using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>One commit to one partition, as it runs on the writer's thread.</summary>
internal sealed class RecordCommit(
    string partition, IReadOnlyList<RecordChange> changes, PartitionIds partitions, RecordVersions versions, RecordCache cache, PageCache? pages)
    : ITransactionListener
{
    private readonly StoredRecord?[] _written = new StoredRecord?[changes.Count];
    private long? _newPartition;
    private int _begun;
    private bool _partitionBegun;

    /// <summary>Checks every precondition and only then writes, so that a conflict leaves nothing to undo.</summary>
    /// <param name="writer">The writer, in a transaction.</param>
    /// <returns>The outcome.</returns>
    public CommitResult Run(SqliteWriter writer)
    {
        var id = partitions.Find(writer, partition);
        var writes = false;
        foreach (var change in changes)
        {
            if (!Holds(writer, id, change))
            {
                StoreMetrics.Conflict();
                return CommitResult.Conflict(change.Row);
            }

            writes |= change.Kind is ChangeKind.Insert or ChangeKind.Upsert;
        }

        if (id is null && !writes)
        {
            return new CommitResult(Committed: true, new string?[changes.Count], ConflictingRow: null);
        }

        writer.Enlist(this);
        pages?.BeginChange(partition);
        _partitionBegun = true;
        var target = id ?? (_newPartition = PartitionIds.Add(writer, partition)).Value;
        var etags = new string?[changes.Count];
        for (var i = 0; i < changes.Count; i++)
        {
            etags[i] = Apply(writer, target, i);
        }

        return new CommitResult(Committed: true, etags, ConflictingRow: null);
    }

    /// <inheritdoc/>
    public void Committed()
    {
        if (_newPartition is { } id)
        {
            partitions.Remember(partition, id);
        }

        for (var i = 0; i < _begun; i++)
        {
            if (changes[i].Kind != ChangeKind.Check)
            {
                cache.EndChange(partition, changes[i].Row, _written[i]);
            }
        }

        EndPartition();
    }

    /// <inheritdoc/>
    public void RolledBack()
    {
        for (var i = 0; i < _begun; i++)
        {
            if (changes[i].Kind != ChangeKind.Check)
            {
                cache.EndChange(partition, changes[i].Row, committed: null);
            }
        }

        _begun = 0;
        _newPartition = null;
        EndPartition();
    }

    private void EndPartition()
    {
        if (_partitionBegun)
        {
            _partitionBegun = false;
            pages?.EndChange(partition);
        }
    }

    private static bool Holds(SqliteWriter writer, long? id, RecordChange change) => change.Kind switch
    {
        ChangeKind.Upsert or ChangeKind.DeleteIfExists => true,
        ChangeKind.Insert => VersionOf(writer, id, change.Row) is null,
        _ => VersionOf(writer, id, change.Row) is { } version && version == RecordVersions.Parse(change.ETag),
    };

    private static long? VersionOf(SqliteWriter writer, long? id, string row)
    {
        if (id is null)
        {
            return null;
        }

        using var statement = writer.Prepare("SELECT version FROM records WHERE partition = ?1 AND row = ?2");
        return statement.Bind(1, id.Value).Bind(2, row).Step() ? statement.GetInt64(0) : null;
    }

    private string? Apply(SqliteWriter writer, long id, int index)
    {
        var change = changes[index];
        if (change.Kind != ChangeKind.Check)
        {
            cache.BeginChange(partition, change.Row);
        }

        _begun = index + 1;
        switch (change.Kind)
        {
            case ChangeKind.Check:
                return change.ETag;

            case ChangeKind.Delete or ChangeKind.DeleteIfExists:
                using (var statement = writer.Prepare("DELETE FROM records WHERE partition = ?1 AND row = ?2"))
                {
                    statement.Bind(1, id).Bind(2, change.Row).Run();
                }

                _written[index] = null;
                return null;

            default:
                var version = versions.Next();
                using (var statement = writer.Prepare(
                    "INSERT INTO records(partition, row, version, value) VALUES(?1, ?2, ?3, ?4) "
                    + "ON CONFLICT(partition, row) DO UPDATE SET version = excluded.version, value = excluded.value"))
                {
                    statement.Bind(1, id).Bind(2, change.Row).Bind(3, version).Bind(4, change.Value.Span).Run();
                }

                // The cache needs bytes of its own: the caller may use its buffer again.
                var etag = RecordVersions.Format(version);
                _written[index] = new StoredRecord(change.Row, change.Value.ToArray(), etag);
                return etag;
        }
    }
}
