using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// Moves most of the WAL into the database file on a thread of its own, beside the writer, which then only has to move
/// what came meanwhile. With many rows nearly every page of the WAL is another page of the file: moved by the writer,
/// they would hold up all callers for as long as they take.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    // What the writer moves itself in about a commit's time.
    private const int SmallRest = 512;
    private const int MaxPasses = 3;

    private readonly string _path;
    private readonly AutoResetEvent _asked = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile bool _moved;
    private volatile bool _busy;

    public Checkpointer(string path)
    {
        _path = path;
        _thread = new Thread(Run) { IsBackground = true, Name = "idlcm-checkpoint" };
        _thread.Start();
    }

    /// <summary>Starts moving, unless it is under way.</summary>
    public void Ask()
    {
        if (_busy)
        {
            return;
        }

        _busy = true;
        _asked.Set();
    }

    /// <summary>Whether most has been moved since the last call, so that the writer can finish.</summary>
    /// <returns>True once after each time.</returns>
    public bool TakeMoved()
    {
        if (!_moved)
        {
            return false;
        }

        _moved = false;
        _busy = false;
        return true;
    }

    /// <summary>Ends the thread; what it was moving is moved first.</summary>
    public void Dispose()
    {
        _stopping = true;
        _asked.Set();
        _thread.Join();
        _asked.Dispose();
    }

    private void Run()
    {
        Connection? connection = null;
        while (true)
        {
            _asked.WaitOne();
            if (_stopping)
            {
                connection?.Dispose();
                return;
            }

            try
            {
                connection ??= new Connection(_path);
                for (var pass = 0; pass < MaxPasses && connection.Checkpoint(truncate: false) > SmallRest; pass++)
                {
                }
            }
            catch (SqliteFailureException)
            {
                // The writer finds the same trouble and tells its callers.
            }

            _moved = true;
        }
    }

    private sealed class Connection : SqliteSession
    {
        public Connection(string path)
            : base(path, raw.SQLITE_OPEN_READWRITE) =>
            Configure("PRAGMA busy_timeout=5000; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-64;");
    }
}
