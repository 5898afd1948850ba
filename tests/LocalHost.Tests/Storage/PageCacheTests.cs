using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Tests.Storage;

public sealed class PageCacheTests
{
    private static readonly PageKey Key = new("p", RowRange.Prefix("q:"), 10, null);
    private static readonly RecordPage Nothing = new([], null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_small_page_that_was_read_is_found_again_and_a_big_one_is_not_kept()
    {
        var cache = new PageCache();
        Assert.Null(cache.Find(Key, out var ticket));
        cache.Offer(Key, new RecordPage([new StoredRecord("q:1", new byte[4096], "1")], null), ticket);
        Assert.Null(cache.Find(Key, out _));
        cache.Offer(Key, Nothing, ticket);
        Assert.Same(Nothing, cache.Find(Key, out _));
        Assert.Null(cache.Find(Key with { Limit = 11 }, out _));
    }

    [Fact]
    public void A_read_that_began_before_a_commit_cannot_bring_the_old_page_back()
    {
        var cache = new PageCache();
        cache.Find(Key, out var before);
        cache.BeginChange("p");
        Assert.Null(cache.Find(Key, out var during));
        cache.Offer(Key, Nothing, during);
        cache.EndChange("p");

        cache.Offer(Key, Nothing, before);
        cache.Offer(Key, Nothing, during);

        Assert.Null(cache.Find(Key, out var after));
        cache.Offer(Key, Nothing, after);
        Assert.NotNull(cache.Find(Key, out _));
    }

    [Fact]
    public async Task Whoever_reads_after_a_commit_sees_it_however_many_read_beside_it()
    {
        using var directory = new DataDirectory();
        using var database = SqliteDatabase.Open(directory.Path);
        var store = new SqliteRecordStore(database);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await store.QueryAsync("p", RowRange.Prefix("q:"), 10, null, Cancellation);
                    await store.GetAsync("p", "q:row", Cancellation);
                }
            },
            Cancellation)).ToArray();
        for (var i = 0; i < 300; i++)
        {
            var isThere = i % 2 == 0;
            var change = isThere ? RecordChange.Insert("q:row", new byte[] { 1 }) : RecordChange.DeleteIfExists("q:row");
            Assert.True((await store.CommitAsync("p", [change], Cancellation)).Committed);
            Assert.Equal(isThere ? 1 : 0, (await store.QueryAsync("p", RowRange.Prefix("q:"), 10, null, Cancellation)).Records.Count);
            Assert.Equal(isThere, await store.GetAsync("p", "q:row", Cancellation) is not null);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_commit_that_conflicts_leaves_pages_as_they_are()
    {
        using var directory = new DataDirectory();
        using var database = SqliteDatabase.Open(directory.Path);
        var store = new SqliteRecordStore(database);
        Assert.Empty((await store.QueryAsync("p", RowRange.Prefix("q:"), 10, null, Cancellation)).Records);
        Assert.True((await store.CommitAsync("p", [RecordChange.Insert("q:1", new byte[] { 1 })], Cancellation)).Committed);
        Assert.Single((await store.QueryAsync("p", RowRange.Prefix("q:"), 10, null, Cancellation)).Records);
        Assert.False((await store.CommitAsync("p", [RecordChange.Insert("q:1", new byte[] { 2 }), RecordChange.Insert("q:2", new byte[] { 2 })], Cancellation)).Committed);
        var page = await store.QueryAsync("p", RowRange.Prefix("q:"), 10, null, Cancellation);
        Assert.Equal(1, page.Records.Single().Value.Span[0]);
    }
}
