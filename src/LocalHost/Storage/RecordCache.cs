using System.Runtime.InteropServices;
using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// Recently used records, bounded by bytes. Every answer is the last committed version: from the moment a transaction
/// touches a row until its outcome is known the row is <em>pending</em>, and readers go to SQLite, where a commit
/// becomes visible at once.
/// </summary>
/// <remarks>
/// A reader that missed reads SQLite and then offers what it found. In between the row may have been changed, and even
/// dropped from the cache again, so the offer carries a ticket: the number of changes begun so far in the row's stripe.
/// An offer whose ticket is out of date is declined. Nothing is offered for a row that is pending.
/// </remarks>
internal sealed class RecordCache
{
    private const int Shards = 16;
    private const int StripesOfShard = 64;

    // Measured: entry, dictionary slot, record and array headers.
    private const int Overhead = 220;

    private readonly Shard[] _shards = new Shard[Shards];

    /// <summary>Creates an empty cache.</summary>
    /// <param name="capacity">The most bytes to hold, keys and bookkeeping included; 0 for no cache.</param>
    public RecordCache(long capacity)
    {
        for (var i = 0; i < Shards; i++)
        {
            _shards[i] = new Shard(capacity / Shards);
        }
    }

    /// <summary>Finds a record.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row.</param>
    /// <param name="ticket">On a miss, what to pass to <see cref="Offer"/>; -1 when nothing should be offered.</param>
    /// <returns>The record, or null on a miss.</returns>
    public StoredRecord? Find(string partition, string row, out long ticket)
    {
        var key = new RecordKey(partition, row);
        return ShardOf(key, out var stripe).Find(key, stripe, out ticket);
    }

    /// <summary>Offers a record that was read from SQLite after a miss.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="record">The record.</param>
    /// <param name="ticket">What <see cref="Find"/> gave before the read.</param>
    public void Offer(string partition, StoredRecord record, long ticket)
    {
        if (ticket >= 0)
        {
            var key = new RecordKey(partition, record.Row);
            ShardOf(key, out var stripe).Offer(key, record, stripe, ticket);
        }
    }

    /// <summary>Marks a row as being changed by a transaction. Each call is ended by one <see cref="EndChange"/>.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row.</param>
    public void BeginChange(string partition, string row)
    {
        var key = new RecordKey(partition, row);
        ShardOf(key, out var stripe).BeginChange(key, stripe);
    }

    /// <summary>Ends a change: the row is as given, or, when nothing is given, unknown.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row.</param>
    /// <param name="committed">The committed record; null when the row was deleted or the change rolled back.</param>
    public void EndChange(string partition, string row, StoredRecord? committed)
    {
        var key = new RecordKey(partition, row);
        ShardOf(key, out _).EndChange(key, committed);
    }

    private Shard ShardOf(RecordKey key, out int stripe)
    {
        var hash = (uint)key.GetHashCode();
        stripe = (int)(hash / Shards % StripesOfShard);
        return _shards[hash % Shards];
    }

    private readonly record struct RecordKey(string Partition, string Row)
    {
        public bool Equals(RecordKey other) => Row == other.Row && Partition == other.Partition;

        public override int GetHashCode() => HashCode.Combine(string.GetHashCode(Row, StringComparison.Ordinal), string.GetHashCode(Partition, StringComparison.Ordinal));
    }

    private sealed class Entry(RecordKey key)
    {
        public RecordKey Key { get; } = key;

        public StoredRecord? Record { get; set; }

        public int Pending { get; set; }

        public int Bytes { get; set; }

        public Entry? Newer { get; set; }

        public Entry? Older { get; set; }
    }

    /// <summary>A part of the cache with a lock and a least-recently-used order of its own.</summary>
    private sealed class Shard(long capacity)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<RecordKey, Entry> _entries = [];
        private readonly long[] _changes = new long[StripesOfShard];
        private Entry? _newest;
        private Entry? _oldest;
        private long _bytes;

        public StoredRecord? Find(RecordKey key, int stripe, out long ticket)
        {
            lock (_gate)
            {
                if (!_entries.TryGetValue(key, out var entry))
                {
                    ticket = _changes[stripe];
                    return null;
                }

                ticket = -1;
                if (entry.Pending > 0)
                {
                    return null;
                }

                if (entry != _newest)
                {
                    Unlink(entry);
                    LinkNewest(entry);
                }

                return entry.Record;
            }
        }

        public void Offer(RecordKey key, StoredRecord record, int stripe, long ticket)
        {
            lock (_gate)
            {
                if (_changes[stripe] == ticket && !_entries.ContainsKey(key))
                {
                    Keep(new Entry(key), record);
                }
            }
        }

        public void BeginChange(RecordKey key, int stripe)
        {
            lock (_gate)
            {
                _changes[stripe]++;
                ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
                entry ??= new Entry(key);
                Forget(entry);
                entry.Pending++;
            }
        }

        public void EndChange(RecordKey key, StoredRecord? committed)
        {
            lock (_gate)
            {
                var entry = _entries[key];
                if (--entry.Pending > 0)
                {
                    return;
                }

                _entries.Remove(key);
                if (committed is not null)
                {
                    Keep(entry, committed);
                }
            }
        }

        private void Keep(Entry entry, StoredRecord record)
        {
            var bytes = Overhead + (2 * (entry.Key.Partition.Length + entry.Key.Row.Length)) + record.Value.Length;
            if (bytes > capacity / 4)
            {
                return;
            }

            entry.Record = record;
            entry.Bytes = bytes;
            _entries[entry.Key] = entry;
            _bytes += bytes;
            LinkNewest(entry);
            while (_bytes > capacity)
            {
                var oldest = _oldest!;
                Forget(oldest);
                _entries.Remove(oldest.Key);
            }
        }

        private void Forget(Entry entry)
        {
            if (entry.Record is not null)
            {
                Unlink(entry);
                _bytes -= entry.Bytes;
                entry.Record = null;
            }
        }

        private void LinkNewest(Entry entry)
        {
            entry.Older = _newest;
            entry.Newer = null;
            if (_newest is not null)
            {
                _newest.Newer = entry;
            }

            _newest = entry;
            _oldest ??= entry;
        }

        private void Unlink(Entry entry)
        {
            if (entry.Newer is null)
            {
                _newest = entry.Older;
            }
            else
            {
                entry.Newer.Older = entry.Older;
            }

            if (entry.Older is null)
            {
                _oldest = entry.Newer;
            }
            else
            {
                entry.Older.Newer = entry.Newer;
            }
        }
    }
}
