using System.Diagnostics;
using IdLcm.LocalHost.Storage;
using SQLitePCL;

namespace IdLcm.Bench.Engine;

/// <summary>
/// The yardstick: one thread, one connection, prepared statements, WAL, full sync, and a transaction for each row of
/// the size of a history event.
/// </summary>
internal static class BareCommits
{
    public static double PerSecond(string directory, TimeSpan duration)
    {
        SqliteLibrary.Initialize();
        Check(raw.sqlite3_open(Path.Combine(directory, "bare.db"), out var connection));
        using var owned = connection;
        Check(raw.sqlite3_exec(
            connection,
            """
            PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
            CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY, value TEXT NOT NULL);
            """));
        Check(raw.sqlite3_prepare_v2(connection, "INSERT INTO rows(value) VALUES(?1)", out var insert));
        Check(raw.sqlite3_bind_text(insert, 1, new string('x', 200)));
        var started = Stopwatch.GetTimestamp();
        var count = 0;
        for (; Stopwatch.GetElapsedTime(started) < duration; count++)
        {
            Check(raw.sqlite3_step(insert) == raw.SQLITE_DONE ? raw.SQLITE_OK : raw.SQLITE_ERROR);
            Check(raw.sqlite3_reset(insert));
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        insert.Dispose();
        return count / elapsed.TotalSeconds;
    }

    private static void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite answered {code}.");
        }
    }
}
