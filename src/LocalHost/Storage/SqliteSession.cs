using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>A connection with its prepared statements. Used by one thread at a time.</summary>
internal abstract class SqliteSession : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private protected SqliteSession(string path, int flags)
    {
        SqliteLibrary.Initialize();
        var code = raw.sqlite3_open_v2(path, out var connection, flags | raw.SQLITE_OPEN_NOMUTEX, vfs: null);
        Connection = connection;
        if (code != raw.SQLITE_OK)
        {
            var failure = SqliteFailureException.From(connection, code, "opening " + path);
            connection.Dispose();
            throw failure;
        }

        _ = raw.sqlite3_extended_result_codes(connection, 1);
    }

    /// <summary>The connection, for calls that have no statement.</summary>
    protected sqlite3 Connection { get; }

    /// <summary>Lends the prepared statement of a text; it is prepared on first use and kept.</summary>
    /// <param name="sql">One SQL statement, a constant: every distinct text is kept for the life of the session.</param>
    /// <returns>The statement; dispose it after use.</returns>
    public SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = new SqliteStatement(Connection, sql);
            _statements.Add(sql, statement);
        }

        statement.Lend();
        Lent(statement);
        return statement;
    }

    /// <summary>Runs SQL text, which may hold several statements, without keeping them.</summary>
    /// <param name="sql">The text.</param>
    public virtual void Execute(string sql)
    {
        var code = raw.sqlite3_exec(Connection, sql);
        if (code != raw.SQLITE_OK)
        {
            throw SqliteFailureException.From(Connection, code, sql);
        }
    }

    /// <summary>Moves what it can from the WAL into the database file without waiting for readers.</summary>
    /// <param name="truncate">Also empties the WAL file, waiting for readers up to the busy timeout.</param>
    /// <returns>Frames left in the WAL that are not in the database file, or -1 when the checkpoint could not run.</returns>
    internal int Checkpoint(bool truncate)
    {
        var code = raw.sqlite3_wal_checkpoint_v2(
            Connection, "main", truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out var moved);
        return code == raw.SQLITE_OK ? frames - moved : -1;
    }

    /// <summary>Closes the statements and the connection.</summary>
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Close();
        }

        _statements.Clear();
        Connection.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Configure(string pragmas)
    {
        var code = raw.sqlite3_exec(Connection, pragmas);
        if (code != raw.SQLITE_OK)
        {
            var failure = SqliteFailureException.From(Connection, code, "configuring the connection");
            Dispose();
            throw failure;
        }
    }

    private protected virtual void Lent(SqliteStatement statement)
    {
    }
}

/// <summary>A read-only connection. Each statement sees the commits that were acknowledged before its first step.</summary>
internal sealed class SqliteReader : SqliteSession
{
    internal SqliteReader(string path)
        : base(path, raw.SQLITE_OPEN_READONLY) =>
        Configure("PRAGMA busy_timeout=5000; PRAGMA temp_store=memory; PRAGMA cache_size=-8192; PRAGMA query_only=1;");
}
