using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>SQLite refused a call.</summary>
/// <param name="code">The extended result code (https://sqlite.org/rescode.html).</param>
/// <param name="message">SQLite's own words and what was being done. Never holds bound values.</param>
internal sealed class SqliteFailureException(int code, string message) : Exception(message)
{
    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    /// <summary>
    /// True when the database itself could not be used (full, I/O error, locked by another program, corrupt), false
    /// when the statement was at fault.
    /// </summary>
    public bool IsUnavailable => (Code & 0xff) is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_BUSY or raw.SQLITE_LOCKED
        or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_NOMEM or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
        or raw.SQLITE_PERM or raw.SQLITE_PROTOCOL;

    /// <summary>Builds the exception for the connection's last error.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="code">What the call returned.</param>
    /// <param name="doing">What was being done.</param>
    /// <returns>The exception.</returns>
    public static SqliteFailureException From(sqlite3 connection, int code, string doing)
    {
        var extended = raw.sqlite3_extended_errcode(connection);
        return new(
            (extended & 0xff) == (code & 0xff) ? extended : code,
            $"SQLite error {code} ({raw.sqlite3_errmsg(connection).utf8_to_string()}): {doing}");
    }
}
