using System.Diagnostics;
using IdLcm.LocalHost.Storage;
using SQLitePCL;

namespace IdLcm.Bench;

/// <summary>
/// The yardstick of durable commits: one thread, one connection, prepared statements, WAL, full sync, a transaction for
/// each commit of rows with the given sizes.
/// </summary>
internal static class BareSqlite
{
    /// <summary>Commits for a while.</summary>
    /// <param name="directory">Where the database goes.</param>
    /// <param name="rows">The rows of one commit: key and value are made as long as theirs.</param>
    /// <param name="duration">For how long.</param>
    public static Measurement Run(string directory, IReadOnlyList<(int KeyLength, int ValueLength)> rows, TimeSpan duration)
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
        var values = rows.Select(row => new byte[Math.Max(1, row.ValueLength)]).ToArray();
        foreach (var value in values)
        {
            Random.Shared.NextBytes(value);
        }

        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var before = Stopwatch.GetTimestamp();
            Step(begin);
            for (var i = 0; i < rows.Count; i++)
            {
                Check(raw.sqlite3_bind_text(insert, 1, Key(i, rows[i].KeyLength)));
                Check(raw.sqlite3_bind_int64(insert, 2, latencies.Count));
                Check(raw.sqlite3_bind_blob(insert, 3, values[i]));
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

    /// <summary>Keys of different kinds lie apart, and within a kind anywhere, as hashes and identifiers do.</summary>
    private static string Key(int kind, int length) =>
        string.Create(Math.Max(length, 18), kind, static (text, k) =>
        {
            text.Fill('0');
            text[0] = (char)('a' + k);
            text[1] = ':';
            Random.Shared.NextInt64().TryFormat(text[2..], out _, "x16");
        });

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
