using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Storage;

public class SqliteRecordStoreTests : RecordStoreSuite
{
    private readonly DataDirectory _directory = new();
    private SqliteDatabase? _database;

    public override ValueTask DisposeAsync()
    {
        _database?.Dispose();
        _directory.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected override Task<IRecordStore> OpenAsync()
    {
        _database = SqliteDatabase.Open(_directory.Path);
        return Task.FromResult<IRecordStore>(new SqliteRecordStore(_database, CacheBytes));
    }

    private protected virtual long CacheBytes => SqliteRecordStore.DefaultCacheBytes;

    [Fact]
    public async Task A_page_ends_early_rather_than_hold_more_than_a_few_megabytes()
    {
        for (var i = 0; i < 12; i++)
        {
            await Store.CommitAsync(Partition, [RecordChange.Insert($"r{i:D2}", new byte[RecordLimits.MaxRecordBytes])], Cancellation);
        }

        var page = await Store.QueryAsync(Partition, RowRange.All, RecordLimits.MaxPageSize, continuation: null, Cancellation);

        Assert.Equal(8, page.Records.Count);
        Assert.NotNull(page.Continuation);
        Assert.Equal(12, (await AllAsync(RowRange.All)).Count);
    }

    [Theory]
    [InlineData("not base64 !")]
    [InlineData("")]
    [InlineData("4pyT")]
    public async Task A_continuation_that_the_store_did_not_give_out_is_refused(string continuation) =>
        await Assert.ThrowsAsync<RecordLimitException>(
            async () => await Store.QueryAsync(Partition, RowRange.All, 10, continuation, Cancellation));

    [Fact]
    public async Task Records_and_etags_survive_a_restart_and_new_etags_are_new()
    {
        var etag = await PutAsync("a", "1");
        var deleted = await PutAsync("b", "2");
        await Store.CommitAsync(Partition, [RecordChange.Delete("b", deleted)], Cancellation);
        _database!.Dispose();

        var reopened = await OpenAsync();

        Assert.Equal(etag, (await reopened.GetAsync(Partition, "a", Cancellation))!.ETag);
        var again = await reopened.CommitAsync(Partition, [RecordChange.Insert("b", Bytes("2"))], Cancellation);
        Assert.DoesNotContain(again.ETags[0], new[] { etag, deleted });
    }

    [Fact]
    public async Task The_caller_may_use_its_buffer_again_after_the_commit()
    {
        var buffer = Bytes("mine");
        await Store.CommitAsync(Partition, [RecordChange.Insert("a", buffer)], Cancellation);
        Array.Clear(buffer);
        Assert.Equal("mine", Text(await Store.GetAsync(Partition, "a", Cancellation)));
    }
}

/// <summary>The suite again, with every read from SQLite.</summary>
public sealed class SqliteRecordStoreWithoutCacheTests : SqliteRecordStoreTests
{
    private protected override long CacheBytes => 0;
}
