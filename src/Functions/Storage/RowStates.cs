using System.Collections.Concurrent;

namespace IdLcm.Functions.Storage;

/// <summary>
/// Remembers the service's ETag of rows that were read or written lately, so that a commit need not read them again.
/// It may be wrong: the service then refuses, and the row is read.
/// </summary>
/// <param name="capacity">About how many rows to remember.</param>
internal sealed class RowStates(int capacity = 40_000)
{
    private volatile ConcurrentDictionary<(string Partition, string Row), RowState> _young = new();
    private volatile ConcurrentDictionary<(string Partition, string Row), RowState> _old = new();
    private int _added;

    /// <summary>What is remembered of a row.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row key at the port.</param>
    /// <returns>The state, or null.</returns>
    public RowState? Find(string partition, string row) =>
        _young.TryGetValue((partition, row), out var state) || _old.TryGetValue((partition, row), out state) ? state : null;

    /// <summary>Remembers a row.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row key at the port.</param>
    /// <param name="state">Its state.</param>
    public void Remember(string partition, string row, RowState state)
    {
        // Two generations: what was not used while the young one filled up is forgotten, without any bookkeeping per row.
        if (Interlocked.Increment(ref _added) % (capacity / 2) == 0)
        {
            _old = _young;
            _young = new();
        }

        _young[(partition, row)] = state;
    }

    /// <summary>Forgets a row.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row key at the port.</param>
    public void Forget(string partition, string row)
    {
        _young.TryRemove((partition, row), out _);
        _old.TryRemove((partition, row), out _);
    }
}
