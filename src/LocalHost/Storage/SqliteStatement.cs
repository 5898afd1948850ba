using System.Buffers;
using System.Text;
using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// A prepared statement, lent by its session: bind, step, read, and dispose to give it back. Parameters are numbered
/// from 1, columns from 0.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytes = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _handle;
    private readonly string _sql;

    internal SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        _sql = sql;
        var code = raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle);
        if (code != raw.SQLITE_OK)
        {
            throw SqliteFailureException.From(connection, code, sql);
        }

        IsReadOnly = raw.sqlite3_stmt_readonly(_handle) != 0;
    }

    /// <summary>True when the statement cannot change the database.</summary>
    public bool IsReadOnly { get; }

    internal bool IsLent { get; private set; }

    /// <summary>Binds an integer.</summary>
    /// <param name="index">The parameter, from 1.</param>
    /// <param name="value">The value.</param>
    /// <returns>This statement.</returns>
    public SqliteStatement Bind(int index, long value) => Checked(raw.sqlite3_bind_int64(_handle, index, value));

    /// <summary>Binds a text, or NULL.</summary>
    /// <param name="index">The parameter, from 1.</param>
    /// <param name="value">The value.</param>
    /// <returns>This statement.</returns>
    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            return Checked(raw.sqlite3_bind_null(_handle, index));
        }

        // No bytes as a span have no address, which SQLite takes for NULL.
        if (value.Length == 0)
        {
            return Checked(raw.sqlite3_bind_text(_handle, index, ""));
        }

        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (size <= StackBytes)
        {
            Span<byte> bytes = stackalloc byte[StackBytes];
            return Checked(raw.sqlite3_bind_text(_handle, index, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        }

        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            return Checked(raw.sqlite3_bind_text(_handle, index, rented.AsSpan(0, Encoding.UTF8.GetBytes(value, rented))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Binds bytes; they are copied. No bytes bind as an empty blob, not as NULL.</summary>
    /// <param name="index">The parameter, from 1.</param>
    /// <param name="value">The value.</param>
    /// <returns>This statement.</returns>
    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value) => Checked(
        value.IsEmpty ? raw.sqlite3_bind_zeroblob(_handle, index, 0) : raw.sqlite3_bind_blob(_handle, index, value));

    /// <summary>Moves to the next row.</summary>
    /// <returns>False when there is none (any more), also after a statement that returns no rows has been executed.</returns>
    public bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw SqliteFailureException.From(_connection, code, _sql),
        };
    }

    /// <summary>Executes a statement to its end, and readies it for new parameters.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    /// <summary>Readies the statement for another execution; bound parameters stay.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_handle);

    /// <summary>Reads an integer column.</summary>
    /// <param name="column">The column, from 0.</param>
    /// <returns>The value; 0 for NULL.</returns>
    public long GetInt64(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <summary>Reads a text column.</summary>
    /// <param name="column">The column, from 0.</param>
    /// <returns>The value.</returns>
    public string GetString(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_handle, column));

    /// <summary>Reads a text column that may be NULL.</summary>
    /// <param name="column">The column, from 0.</param>
    /// <returns>The value, or null.</returns>
    public string? GetStringOrNull(int column) => IsNull(column) ? null : GetString(column);

    /// <summary>Reads a column's bytes without copying them; valid until the next step or reset.</summary>
    /// <param name="column">The column, from 0.</param>
    /// <returns>The bytes; empty for NULL.</returns>
    public ReadOnlySpan<byte> GetBlob(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>Tells whether a column is NULL.</summary>
    /// <param name="column">The column, from 0.</param>
    /// <returns>True for NULL.</returns>
    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    /// <summary>Gives the statement back to its session.</summary>
    public void Dispose()
    {
        Reset();
        _ = raw.sqlite3_clear_bindings(_handle);
        IsLent = false;
    }

    internal void Lend()
    {
        if (IsLent)
        {
            throw new InvalidOperationException("The statement is still in use by an outer loop: " + _sql);
        }

        IsLent = true;
    }

    internal void Close() => _handle.Dispose();

    private SqliteStatement Checked(int code) =>
        code == raw.SQLITE_OK ? this : throw SqliteFailureException.From(_connection, code, _sql);
}
