using System.Diagnostics;
using IdLcm.LocalHost.Storage;
using SQLitePCL;

namespace IdLcm.Bench.Store;

/// <summary>The yardstick: one thread, one connection, prepared statements, WAL, full sync, a transaction for each commit.</summary>
internal static class BareSqlite
{
    public static Measurement Run(string directory, int run, TimeSpan duration)
    {
        SqliteLibrary.Initialize();
        Check(raw.sqlite3_open(Path.Combine(directory, "bare.db"), out var connection));
        using var owned = connection;
        Check(raw.sqlite3_exec(
            connection,
            """
            PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
            CREATE TABLE IF NOT EXISTS rows(
                id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, row TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL,
                UNIQUE(partition, row));
            """));
        Check(raw.sqlite3_prepare_v2(connection, "BEGIN IMMEDIATE", out var begin));
        Check(raw.sqlite3_prepare_v2(connection, "INSERT INTO rows(partition, row, version, value) VALUES(1, ?1, ?2, ?3)", out var insert));
        Check(raw.sqlite3_prepare_v2(connection, "COMMIT", out var commit));
        List<double> latencies = [];
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var number = latencies.Count;
            var before = Stopwatch.GetTimestamp();
            Step(begin);
            foreach (var key in Workload.Keys(run, number))
            {
                Check(raw.sqlite3_bind_text(insert, 1, key));
                Check(raw.sqlite3_bind_int64(insert, 2, number));
                Check(raw.sqlite3_bind_blob(insert, 3, Workload.Value));
                Step(insert);
            }

            Step(commit);
            latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        begin.Dispose();
        insert.Dispose();
        commit.Dispose();
        return Measurement.Of("bare SQLite, own transactions", 1, latencies, elapsed);
    }

    private static void Step(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement) == raw.SQLITE_DONE ? raw.SQLITE_OK : raw.SQLITE_ERROR);
        Check(raw.sqlite3_reset(statement));
    }

    private static void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite answered {code}.");
        }
    }
}
