using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DataDirectory _directory = new();
    private readonly SqliteDatabase _database;

    public SqliteDatabaseTests()
    {
        _database = SqliteDatabase.Open(_directory.Path);
        _database.EnsureSchema("CREATE TABLE IF NOT EXISTS numbers(n INTEGER PRIMARY KEY)");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Work_that_throws_is_undone_alone()
    {
        // The first item holds the writer's thread until the others have gathered behind it into one group.
        using var gathered = new ManualResetEventSlim();
        var first = _database.WriteAsync(_ =>
        {
            gathered.Wait(Cancellation);
            return 0;
        });
        var good = Enumerable.Range(1, 5).Select(n => InsertAsync(n)).ToList();
        var bad = _database.WriteAsync<int>(writer =>
        {
            Insert(writer, 100);
            throw new InvalidOperationException("after writing");
        });
        var duplicate = _database.WriteAsync(writer =>
        {
            Insert(writer, 200);
            return Insert(writer, 1);
        });
        good.Add(InsertAsync(6));
        gathered.Set();

        await Task.WhenAll(good.Append(first));
        Assert.Equal("after writing", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
        Assert.False((await Assert.ThrowsAsync<SqliteFailureException>(() => duplicate)).IsUnavailable);
        Assert.Equal([1, 2, 3, 4, 5, 6], Numbers());
    }

    [Fact]
    public async Task Work_that_is_still_queued_can_be_cancelled_and_work_that_has_begun_is_finished()
    {
        using var begun = new SemaphoreSlim(0);
        using var proceed = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var running = _database.WriteAsync(
            writer =>
            {
                begun.Release();
                proceed.Wait(Cancellation);
                return Insert(writer, 1);
            },
            cancellationToken: cancellation.Token);
        await begun.WaitAsync(Cancellation);
        var queued = _database.WriteAsync(static writer => Insert(writer, 2), cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        proceed.Set();

        Assert.Equal(1, await running);
        Assert.Equal([1], Numbers());
    }

    [Fact]
    public async Task Listeners_hear_of_the_commit_before_the_caller_and_of_a_roll_back()
    {
        var listener = new Listener();
        await _database.WriteAsync(writer =>
        {
            writer.Enlist(listener);
            return Insert(writer, 1);
        });
        Assert.Equal((1, 0), (listener.Commits, listener.RollBacks));

        await Assert.ThrowsAsync<InvalidOperationException>(() => _database.WriteAsync<int>(writer =>
        {
            writer.Enlist(listener);
            throw new InvalidOperationException();
        }));
        Assert.Equal((1, 1), (listener.Commits, listener.RollBacks));
    }

    [Fact]
    public async Task What_is_queued_when_the_database_is_closed_is_still_committed()
    {
        var writes = Enumerable.Range(1, 50).Select(InsertAsync).ToArray();
        _database.Dispose();
        await Task.WhenAll(writes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => InsertAsync(51));

        using var reopened = SqliteDatabase.Open(_directory.Path);
        Assert.Equal(50, Count(reopened));
    }

    [Fact]
    public async Task Readers_do_not_wait_for_a_transaction_that_is_open()
    {
        await InsertAsync(1);
        using var proceed = new ManualResetEventSlim();
        using var begun = new SemaphoreSlim(0);
        var writing = _database.WriteAsync(writer =>
        {
            Insert(writer, 2);
            begun.Release();
            proceed.Wait(Cancellation);
            return 0;
        });
        await begun.WaitAsync(Cancellation);

        Assert.Equal([1], Numbers());

        proceed.Set();
        await writing;
        Assert.Equal([1, 2], Numbers());
    }

    [Fact]
    public async Task A_database_that_is_full_refuses_and_works_again_when_there_is_room()
    {
        var store = new SqliteRecordStore(_database);
        await store.CommitAsync("p", [RecordChange.Insert("before", new byte[1000])], Cancellation);
        await LimitPagesAsync(40);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            try
            {
                return (await store.CommitAsync("p", [RecordChange.Insert($"large{i}", new byte[200_000])], Cancellation)).Committed;
            }
            catch (RecordStoreUnavailableException)
            {
                return false;
            }
        }));

        Assert.DoesNotContain(true, outcomes);
        Assert.Single((await store.QueryAsync("p", RowRange.All, 100, continuation: null, Cancellation)).Records);
        await LimitPagesAsync(100_000);
        Assert.True((await store.CommitAsync("p", [RecordChange.Insert("large0", new byte[200_000])], Cancellation)).Committed);
        Assert.Equal(200_000, (await store.GetAsync("p", "large0", Cancellation))!.Value.Length);
        Assert.Equal("ok", Integrity(_database));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_a_clear_message()
    {
        using var other = new DataDirectory();
        File.WriteAllText(Path.Combine(other.Path, "idlcm.db"), new string('x', 5000));
        var refusal = Assert.Throws<RecordStoreUnavailableException>(() => SqliteDatabase.Open(other.Path));
        Assert.Contains(other.Path, refusal.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(other.Path, "idlcm.db"));
        SqliteDatabase.Open(other.Path).Dispose();
    }

    [Fact]
    public async Task The_journal_is_a_write_ahead_log_with_full_sync()
    {
        var (journal, synchronous) = await _database.WriteAsync(static writer =>
        {
            using var mode = writer.Prepare("PRAGMA journal_mode");
            mode.Step();
            using var sync = writer.Prepare("PRAGMA synchronous");
            sync.Step();
            return (mode.GetString(0), sync.GetInt64(0));
        });
        Assert.Equal(("wal", 2), (journal, synchronous));
    }

    [Fact]
    public async Task The_database_files_are_the_owners_alone_even_in_an_open_directory()
    {
        using var open = new DataDirectory();
        FileModes.OpenToAll(open.Path);
        using var database = SqliteDatabase.Open(open.Path);
        await database.WriteAsync(static writer =>
        {
            writer.Execute("CREATE TABLE t(n)");
            return 0;
        });
        var files = Directory.GetFiles(open.Path, "idlcm.db*");
        Assert.Equal(3, files.Length);
        FileModes.AssertPrivate(files);
    }

    [Fact]
    public void A_second_owner_in_the_same_process_is_refused()
    {
        var refusal = Assert.Throws<DatabaseInUseException>(() => SqliteDatabase.Open(_directory.Path));
        Assert.Equal(Environment.ProcessId, refusal.OwnerProcessId);
        _database.Dispose();
        SqliteDatabase.Open(_directory.Path).Dispose();
    }

    internal static string Integrity(SqliteDatabase database) => database.Read(static reader =>
    {
        using var statement = reader.Prepare("PRAGMA integrity_check");
        statement.Step();
        return statement.GetString(0);
    });

    private static int Insert(SqliteWriter writer, int n)
    {
        using var statement = writer.Prepare("INSERT INTO numbers(n) VALUES(?1)");
        statement.Bind(1, n).Run();
        return n;
    }

    private static long Count(SqliteDatabase database) => database.Read(static reader =>
    {
        using var statement = reader.Prepare("SELECT count(*) FROM numbers");
        statement.Step();
        return statement.GetInt64(0);
    });

    private Task<int> InsertAsync(int n) => _database.WriteAsync(writer => Insert(writer, n));

    private Task<int> LimitPagesAsync(int pages) => _database.WriteAsync(writer =>
    {
        writer.Execute($"PRAGMA max_page_count={pages}");
        return pages;
    });

    private List<long> Numbers() => _database.Read(static reader =>
    {
        List<long> numbers = [];
        using var statement = reader.Prepare("SELECT n FROM numbers ORDER BY n");
        while (statement.Step())
        {
            numbers.Add(statement.GetInt64(0));
        }

        return numbers;
    });

    private sealed class Listener : ITransactionListener
    {
        public int Commits { get; private set; }

        public int RollBacks { get; private set; }

        public void Committed() => Commits++;

        public void RolledBack() => RollBacks++;
    }
}
