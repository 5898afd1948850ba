using System.Collections.Concurrent;

namespace IdLcm.LocalHost.Storage;

/// <summary>Partition keys as small integers, which every row carries in place of the text. They are never taken back.</summary>
internal sealed class PartitionIds
{
    private readonly ConcurrentDictionary<string, long> _known = new(StringComparer.Ordinal);

    /// <summary>Finds the number of a partition.</summary>
    /// <param name="session">Where to look if it is not in memory.</param>
    /// <param name="partition">The partition key.</param>
    /// <returns>The number, or null where nothing was ever written.</returns>
    public long? Find(SqliteSession session, string partition)
    {
        if (_known.TryGetValue(partition, out var known))
        {
            return known;
        }

        using var statement = session.Prepare("SELECT id FROM record_partitions WHERE name = ?1");
        if (!statement.Bind(1, partition).Step())
        {
            return null;
        }

        var id = statement.GetInt64(0);

        // The writer may be looking at its own uncommitted row; only readers see what is certain to stay.
        if (session is SqliteReader)
        {
            Remember(partition, id);
        }

        return id;
    }

    /// <summary>Gives a partition its number.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="partition">The partition key, which has none.</param>
    /// <returns>The number, to be remembered once it is committed.</returns>
    public static long Add(SqliteWriter writer, string partition)
    {
        using var statement = writer.Prepare("INSERT INTO record_partitions(name) VALUES(?1) RETURNING id");
        statement.Bind(1, partition).Step();
        return statement.GetInt64(0);
    }

    /// <summary>Keeps a committed number in memory.</summary>
    /// <param name="partition">The partition key.</param>
    /// <param name="id">Its number.</param>
    public void Remember(string partition, long id) => _known[partition] = id;
}
