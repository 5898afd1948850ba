using System.Globalization;
using System.Text;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class RecordCacheTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_was_read_is_found_again()
    {
        var cache = new RecordCache(1 << 20);
        Assert.Null(cache.Find("p", "a", out var ticket));
        var record = Record("a", 10);
        cache.Offer("p", record, ticket);
        Assert.Same(record, cache.Find("p", "a", out _));
        Assert.Null(cache.Find("q", "a", out _));
    }

    [Fact]
    public void A_read_that_began_before_a_commit_cannot_bring_the_old_record_back()
    {
        var cache = new RecordCache(1 << 20);
        cache.Find("p", "a", out var ticket);
        var old = Record("a", 10);
        cache.BeginChange("p", "a");
        cache.EndChange("p", "a", committed: null);

        cache.Offer("p", old, ticket);

        Assert.Null(cache.Find("p", "a", out _));
    }

    [Fact]
    public void A_row_that_is_being_changed_is_neither_answered_nor_accepted()
    {
        var cache = new RecordCache(1 << 20);
        cache.Find("p", "a", out var ticket);
        cache.Offer("p", Record("a", 10), ticket);

        cache.BeginChange("p", "a");
        Assert.Null(cache.Find("p", "a", out var during));
        cache.Offer("p", Record("a", 10), during);
        Assert.Null(cache.Find("p", "a", out _));

        var committed = Record("a", 11);
        cache.EndChange("p", "a", committed);
        cache.Offer("p", Record("a", 10), during);
        Assert.Same(committed, cache.Find("p", "a", out _));
    }

    [Fact]
    public void Of_two_changes_in_one_transaction_only_the_last_is_shown()
    {
        var cache = new RecordCache(1 << 20);
        cache.BeginChange("p", "a");
        cache.BeginChange("p", "a");
        cache.EndChange("p", "a", Record("a", 1));
        Assert.Null(cache.Find("p", "a", out _));
        var last = Record("a", 2);
        cache.EndChange("p", "a", last);
        Assert.Same(last, cache.Find("p", "a", out _));
    }

    [Fact]
    public void A_change_that_is_rolled_back_leaves_the_row_to_be_read_again()
    {
        var cache = new RecordCache(1 << 20);
        cache.BeginChange("p", "a");
        cache.EndChange("p", "a", committed: null);
        Assert.Null(cache.Find("p", "a", out var ticket));
        var record = Record("a", 10);
        cache.Offer("p", record, ticket);
        Assert.Same(record, cache.Find("p", "a", out _));
    }

    [Fact]
    public void The_bytes_are_bounded_and_what_was_used_last_stays()
    {
        const int Capacity = 16 * 8192;
        var cache = new RecordCache(Capacity);
        var found = 0;
        for (var i = 0; i < 1000; i++)
        {
            cache.Find("p", $"r{i}", out var ticket);
            cache.Offer("p", Record($"r{i}", 700), ticket);
            Assert.NotNull(cache.Find("p", $"r{i}", out _));
        }

        for (var i = 0; i < 1000; i++)
        {
            found += cache.Find("p", $"r{i}", out _) is null ? 0 : 1;
        }

        Assert.InRange(found, 16, Capacity / 700);
        cache.Find("p", "huge", out var huge);
        cache.Offer("p", Record("huge", Capacity / 16), huge);
        Assert.Null(cache.Find("p", "huge", out _));
    }

    [Fact]
    public async Task A_hot_record_is_answered_from_memory()
    {
        using var directory = new DataDirectory();
        using var database = SqliteDatabase.Open(directory.Path);
        var store = new SqliteRecordStore(database);
        await store.CommitAsync("p", [RecordChange.Insert("a", new byte[] { 1 })], Cancellation);
        var first = await store.GetAsync("p", "a", Cancellation);
        Assert.Same(first, await store.GetAsync("p", "a", Cancellation));
    }

    [Fact]
    public async Task Readers_never_see_a_record_older_than_an_acknowledged_commit_or_than_one_they_have_seen()
    {
        const int Rows = 40;
        using var directory = new DataDirectory();
        using var database = SqliteDatabase.Open(directory.Path);

        // Far too small for the rows, so that they are evicted and read back all the time.
        var store = new SqliteRecordStore(database, cacheBytes: 16 * 1500);
        var acknowledged = new int[Rows];
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(row => WriteAsync(row, 0)));
        var writing = true;

        var readers = Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            var random = new Random(reader);
            var seen = new int[Rows];
            var reads = 0;
            while (Volatile.Read(ref writing))
            {
                var row = random.Next(Rows);
                var least = Math.Max(seen[row], Volatile.Read(ref acknowledged[row]));
                var record = reads++ % 16 == 0
                    ? (await store.QueryAsync("p", RowRange.Prefix($"row:{row:D3}"), 1, continuation: null, Cancellation)).Records[0]
                    : await store.GetAsync("p", $"row:{row:D3}", Cancellation);
                var value = int.Parse(Encoding.ASCII.GetString(record!.Value.Span).TrimEnd('.'), CultureInfo.InvariantCulture);
                Assert.InRange(value, least, int.MaxValue);
                seen[row] = value;
            }

            return reads;
        })).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var value = 1; value <= 30; value++)
            {
                for (var row = writer; row < Rows; row += 8)
                {
                    await WriteAsync(row, value);
                }
            }
        })));
        Volatile.Write(ref writing, false);
        Assert.All(await Task.WhenAll(readers), static reads => Assert.True(reads > 30));

        async Task WriteAsync(int row, int value)
        {
            var bytes = Encoding.ASCII.GetBytes($"{value}".PadRight(300, '.'));
            await store.CommitAsync("p", [RecordChange.Upsert($"row:{row:D3}", bytes)], Cancellation);
            Volatile.Write(ref acknowledged[row], value);
        }
    }

    private static StoredRecord Record(string row, int bytes) => new(row, new byte[bytes], "1");
}
