using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;

namespace IdLcm.StoreCrasher;

/// <summary>Fills the small disk that it runs on, makes room, and goes on; says what happened.</summary>
internal static class FullDisk
{
    private const string Partition = "filling";

    // More than one fits again into the room that the ballast leaves.
    private const int ValueBytes = 64 * 1024;
    private const int BallastBytes = 1024 * 1024;

    public static async Task<bool> RunAsync(SqliteDatabase database, IRecordStore store)
    {
        var ballast = Path.Combine(database.DataDirectory, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[BallastBytes]);

        var acknowledged = await FillAsync(store);
        Console.WriteLine($"full after {acknowledged}");
        var readable = await CountAsync(store) == acknowledged;
        Console.WriteLine(readable ? "all readable" : "lost records");

        File.Delete(ballast);
        var result = await store.CommitAsync(Partition, [RecordChange.Insert("after", new byte[ValueBytes])]);
        Console.WriteLine(result.Committed ? "works again" : "conflict");

        var whole = await CountAsync(store) == acknowledged + 1;
        Console.WriteLine(whole ? "all there" : "lost records");
        var integrity = database.Read(static reader =>
        {
            using var statement = reader.Prepare("PRAGMA integrity_check");
            return statement.Step() ? statement.GetString(0) : "";
        });
        Console.WriteLine("integrity " + integrity);
        return readable && result.Committed && whole && integrity == "ok";
    }

    private static async Task<int> FillAsync(IRecordStore store)
    {
        for (var number = 0; ; number++)
        {
            try
            {
                await store.CommitAsync(Partition, [RecordChange.Insert($"row:{number:D6}", new byte[ValueBytes])]);
            }
            catch (RecordStoreUnavailableException)
            {
                return number;
            }
        }
    }

    private static async Task<int> CountAsync(IRecordStore store)
    {
        var count = 0;
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(Partition, RowRange.All, RecordLimits.MaxPageSize, continuation);
            count += page.Records.Count;
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return count;
    }
}
