using System.Globalization;
using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// The numbers behind the ETags: each is given once in the life of the database. They are reserved in blocks, so that
/// a commit need not write a counter; what a stopped process did not use is skipped.
/// </summary>
internal sealed class RecordVersions
{
    private const long Block = 1L << 20;

    private readonly SqliteDatabase _database;
    private long _next;
    private long _reserved;
    private bool _reserving;

    /// <summary>Reserves the first block and waits for it.</summary>
    /// <param name="database">The database; its schema is there.</param>
    public RecordVersions(SqliteDatabase database)
    {
        _database = database;
        _reserved = database.WriteAsync(Reserve).GetAwaiter().GetResult();
        _next = _reserved - Block;
    }

    /// <summary>Writes a version as an ETag.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The ETag.</returns>
    public static string Format(long version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads an ETag.</summary>
    /// <param name="etag">The ETag.</param>
    /// <returns>The version; 0, which no row has, for a text that this store never gave out.</returns>
    public static long Parse(string? etag) =>
        long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>Gives the next version. Called on the writer's thread only.</summary>
    /// <returns>A version that was never given before.</returns>
    public long Next()
    {
        // A block is only used once its reservation is durable; the next one is fetched when half of it is left.
        var reserved = Volatile.Read(ref _reserved);
        if (_next >= reserved)
        {
            throw new InvalidOperationException("The reservation of record versions has failed.");
        }

        if (reserved - _next < Block / 2 && !Volatile.Read(ref _reserving))
        {
            Volatile.Write(ref _reserving, true);
            _ = ExtendAsync();
        }

        return ++_next;
    }

    private static long Reserve(SqliteWriter writer)
    {
        using var statement = writer.Prepare(
            "INSERT INTO record_versions(id, reserved) VALUES(1, ?1) ON CONFLICT(id) DO UPDATE SET reserved = reserved + ?1 RETURNING reserved");
        statement.Bind(1, Block).Step();
        return statement.GetInt64(0);
    }

    private async Task ExtendAsync()
    {
        try
        {
            Volatile.Write(ref _reserved, await _database.WriteAsync(Reserve));
        }
        catch (Exception failure) when (failure is RecordStoreUnavailableException or ObjectDisposedException)
        {
            // Disk full: the next commit asks again, long before the block is used up. Closing: nothing needs versions.
        }
        finally
        {
            Volatile.Write(ref _reserving, false);
        }
    }
}
