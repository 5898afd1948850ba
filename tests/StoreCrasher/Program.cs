using IdLcm.LocalHost.Storage;
using IdLcm.StoreCrasher;

// A process for the store's tests to kill, to refuse and to run out of disk. It reports on standard output, a line at a time.
try
{
    using var database = SqliteDatabase.Open(args[1]);
    var store = new SqliteRecordStore(database);
    switch (args[0])
    {
        case "commit":
            await NumberedCommits.RunAsync(store, firstNumber: int.Parse(args[2]));
            return 0;

        case "fill":
            return await FullDisk.RunAsync(database, store) ? 0 : 1;

        default:
            return 2;
    }
}
catch (DatabaseInUseException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Message);
    return 3;
}
