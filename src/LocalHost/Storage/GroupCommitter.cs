using System.Diagnostics;
using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// The writer's thread. It runs all work that has gathered while the previous commit was syncing in one transaction,
/// so that many callers share one fsync, and one caller alone waits for no more than its own.
/// </summary>
internal sealed class GroupCommitter : IDisposable
{
    private const int MaxItems = 512;
    private const long MaxWeight = 16 * 1024 * 1024;

    // 128 MiB of 4 KiB pages: a hot page goes to the database file once instead of with every commit.
    private const int CheckpointPages = 32768;

    // The checkpointer cannot keep up: the writer waits for the disk rather than let the WAL grow without end.
    private const int MostPages = 2 * CheckpointPages;

    /// <summary>About how large the WAL may become: the most pages, each with its frame's header.</summary>
    internal const long MostWalBytes = MostPages * (4096L + 24);

    // When nobody writes, less is worth a checkpoint: it keeps the WAL, and a start after a kill, short.
    private const int IdleCheckpointPages = 256;
    private static readonly TimeSpan IdleBeforeCheckpoint = TimeSpan.FromSeconds(1);

    // Callers that were just told come back within this part of a commit's time, or are not waited for.
    private const int GatherPart = 4;
    private static readonly TimeSpan MaxGather = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _arrived = new(initialState: false);
    private readonly Queue<WriteItem> _queue = new();
    private readonly List<WriteItem> _group = new(MaxItems);
    private readonly string _path;
    private readonly Thread _thread;
    private readonly Checkpointer _checkpointer;
    private SqliteWriter? _writer;
    private bool _stopping;
    private bool _waiting;
    private int _queued;
    private int _pages;
    private int _previousItems;
    private TimeSpan _previousDuration;

    public GroupCommitter(string path)
    {
        _path = path;
        _writer = new SqliteWriter(path);
        _checkpointer = new Checkpointer(path);
        _thread = new Thread(Run) { IsBackground = true, Name = "idlcm-writer" };
        _thread.Start();
    }

    /// <summary>Queues work.</summary>
    /// <param name="item">The work.</param>
    public void Add(WriteItem item)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _queue.Enqueue(item);
            _queued = _queue.Count;
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
        }

        _arrived.Set();
    }

    /// <summary>Finishes what is queued, empties the WAL and closes the connection.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            _waiting = false;
        }

        _arrived.Set();
        _thread.Join();
        _arrived.Dispose();
    }

    private void Run()
    {
        while (TakeGroup())
        {
            var started = Stopwatch.GetTimestamp();
            CommitGroup();
            _previousItems = _group.Count;
            _previousDuration = Stopwatch.GetElapsedTime(started);
            foreach (var item in _group)
            {
                item.Complete();
            }

            _group.Clear();
            CheckpointWhenDue();
        }

        _checkpointer.Dispose();
        _ = _writer?.Checkpoint(truncate: true);
        _writer?.Dispose();
    }

    private bool TakeGroup()
    {
        Gather();
        while (true)
        {
            lock (_gate)
            {
                long weight = 0;
                while (_group.Count < MaxItems && weight < MaxWeight && _queue.TryDequeue(out var item))
                {
                    if (item.TryBegin())
                    {
                        _group.Add(item);
                        weight += item.Weight;
                    }
                }

                _queued = _queue.Count;
                if (_group.Count > 0)
                {
                    return true;
                }

                if (_stopping)
                {
                    return false;
                }

                _waiting = true;
            }

            if (_pages < IdleCheckpointPages)
            {
                _arrived.WaitOne();
            }
            else if (!_arrived.WaitOne(IdleBeforeCheckpoint))
            {
                Checkpoint();
            }
        }
    }

    /// <summary>
    /// Gives the callers of a large group the moment they need to come back. Without it they would split in two
    /// halves, of which one always waits for the fsync of the other.
    /// </summary>
    private void Gather()
    {
        if (_previousItems < 3)
        {
            return;
        }

        var limit = _previousDuration / GatherPart;
        limit = limit < MaxGather ? limit : MaxGather;
        var started = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _queued) < _previousItems && Stopwatch.GetElapsedTime(started) < limit)
        {
            Thread.Yield();
        }
    }

    private void CommitGroup()
    {
        var started = Stopwatch.GetTimestamp();
        var committing = false;
        try
        {
            _writer ??= new SqliteWriter(_path);
            while (!TryRunAll(_writer))
            {
                _writer.RollBack();
            }

            committing = true;
            _writer.Commit();
            StoreMetrics.GroupCommitted(_group.Count, Stopwatch.GetElapsedTime(started));
        }
        catch (SqliteFailureException failure)
        {
            StoreMetrics.GroupFailed();
            Abandon(failure, committing);
        }
    }

    /// <summary>Runs the group in a new transaction.</summary>
    /// <returns>False when an item failed after it had written, so that the others must run again without it.</returns>
    private bool TryRunAll(SqliteWriter writer)
    {
        writer.Begin();
        foreach (var item in _group)
        {
            if (item.HasFailed)
            {
                continue;
            }

            writer.HasWritten = false;
            try
            {
                item.Run(writer);
            }
            catch (Exception failure) when (failure is not SqliteFailureException { IsUnavailable: true })
            {
                item.Fail(failure);
                if (writer.HasWritten)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private void Abandon(SqliteFailureException failure, bool committing)
    {
        foreach (var item in _group)
        {
            if (!item.HasFailed)
            {
                item.Fail(new RecordStoreUnavailableException("The database could not be written; nothing was changed. " + failure.Message, failure));
            }
        }

        try
        {
            _writer?.RollBack();
            if (_writer is { InTransaction: false } writer)
            {
                if (committing)
                {
                    Settle(writer);
                }

                return;
            }
        }
        catch (SqliteFailureException)
        {
            // Handled below: a connection that cannot roll back is replaced.
        }

        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>
    /// Overwrites the frames of a commit that failed in its fsync: they may be complete in the WAL, and a kill before
    /// the next commit would bring to life what the callers were told had not happened.
    /// </summary>
    private static void Settle(SqliteWriter writer)
    {
        try
        {
            writer.Begin();
            writer.Execute($"PRAGMA application_id=0; PRAGMA application_id={SqliteWriter.ApplicationId};");
            writer.Commit();
        }
        catch (SqliteFailureException)
        {
            // Still no space: the WAL holds no complete commit then, or the next successful one overwrites it.
            writer.RollBack();
        }
    }

    private void CheckpointWhenDue()
    {
        _pages += _writer?.TakePagesWritten() ?? 0;
        if (_checkpointer.TakeMoved() || _pages >= MostPages)
        {
            Checkpoint();
        }
        else if (_pages >= CheckpointPages)
        {
            _checkpointer.Ask();
        }
    }

    private void Checkpoint()
    {
        // -1: the checkpointer is at it, or the disk is full; it is tried again.
        if (_writer?.Checkpoint(truncate: false) is not -1)
        {
            _pages = 0;
        }
    }
}
