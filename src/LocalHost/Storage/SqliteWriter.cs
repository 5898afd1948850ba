using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>Hears what became of the transaction that a work item took part in. Called on the writer's thread; must not throw.</summary>
internal interface ITransactionListener
{
    /// <summary>The transaction is durable; whoever waits for the work item has not been told yet.</summary>
    void Committed();

    /// <summary>The transaction was rolled back. The work item may run again.</summary>
    void RolledBack();
}

/// <summary>The one connection that writes. Work items get it inside a transaction that they share with others.</summary>
internal sealed class SqliteWriter : SqliteSession
{
    /// <summary>"IdLC", which tells <c>file(1)</c> and a curious person whose database this is.</summary>
    internal const int ApplicationId = 0x49644C43;

    private readonly List<ITransactionListener> _listeners = [];

    internal SqliteWriter(string path)
        : base(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE)
    {
        // The page size only takes effect while the file is empty; a checkpoint is the database's own decision. The WAL
        // keeps the room that it had (size limit): to write over it costs an fsync, to make it anew the file system's
        // journal too. The page cache is small on purpose: a commit that moved pages about when it balanced a tree makes
        // SQLite look through all of its cached pages (the rest is in the system's cache).
        Configure(
            $"""
            PRAGMA busy_timeout=5000;
            PRAGMA page_size=4096;
            PRAGMA journal_mode=WAL;
            PRAGMA synchronous=FULL;
            PRAGMA temp_store=memory;
            PRAGMA secure_delete=FAST;
            PRAGMA cache_size=-16384;
            PRAGMA foreign_keys=ON;
            PRAGMA wal_autocheckpoint=0;
            PRAGMA journal_size_limit={GroupCommitter.MostWalBytes};
            PRAGMA application_id={ApplicationId};
            """);
    }

    /// <summary>How many rows the last INSERT, UPDATE or DELETE changed.</summary>
    public int Changes => raw.sqlite3_changes(Connection);

    /// <summary>True once the running work item has begun a statement that can change the database.</summary>
    internal bool HasWritten { get; set; }

    internal bool InTransaction => raw.sqlite3_get_autocommit(Connection) == 0;

    /// <inheritdoc/>
    public override void Execute(string sql)
    {
        HasWritten = true;
        base.Execute(sql);
    }

    /// <summary>Asks to be told what becomes of the transaction. The order of calls is kept.</summary>
    /// <param name="listener">Who is told.</param>
    public void Enlist(ITransactionListener listener)
    {
        // An item that fails after this must roll back, so that its listener is not told "committed".
        HasWritten = true;
        _listeners.Add(listener);
    }

    internal void Begin()
    {
        using var statement = Prepare("BEGIN IMMEDIATE");
        statement.Run();
    }

    internal void Commit()
    {
        using (var statement = Prepare("COMMIT"))
        {
            statement.Run();
        }

        foreach (var listener in _listeners)
        {
            listener.Committed();
        }

        _listeners.Clear();
    }

    internal void RollBack()
    {
        // Some errors (disk full, I/O) make SQLite roll back by itself: https://sqlite.org/lang_transaction.html.
        if (InTransaction)
        {
            using var statement = Prepare("ROLLBACK");
            statement.Run();
        }

        foreach (var listener in _listeners)
        {
            listener.RolledBack();
        }

        _listeners.Clear();
    }

    /// <summary>Counts the pages written to the WAL since the last call.</summary>
    /// <returns>The number of pages.</returns>
    internal int TakePagesWritten() =>
        raw.sqlite3_db_status(Connection, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, resetFlg: 1) == raw.SQLITE_OK ? pages : 0;

    private protected override void Lent(SqliteStatement statement) => HasWritten |= !statement.IsReadOnly;
}
