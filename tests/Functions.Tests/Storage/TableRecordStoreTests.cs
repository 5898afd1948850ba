using IdLcm.Domain.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Suites;

namespace IdLcm.Functions.Tests.Storage;

/// <summary>The port's suite on Table Storage.</summary>
public sealed class TableRecordStoreTests(AzuriteServer azurite) : RecordStoreSuite
{
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<IRecordStore> OpenAsync() => Task.FromResult<IRecordStore>(TestStorage.Records(azurite.Options()));

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

    [Fact]
    public async Task A_page_of_a_thousand_rows_says_whether_a_row_follows()
    {
        foreach (var rows in Enumerable.Range(0, 1001).Chunk(90))
        {
            await Store.CommitAsync(Partition, [.. rows.Select(static i => RecordChange.Insert($"r{i:D4}", Bytes("x")))], Cancellation);
        }

        var page = await Store.QueryAsync(Partition, RowRange.All, 1000, continuation: null, Cancellation);
        Assert.Equal(1000, page.Records.Count);
        Assert.NotNull(page.Continuation);
        var rest = await Store.QueryAsync(Partition, RowRange.All, 1000, page.Continuation, Cancellation);
        Assert.Equal("r1000", Assert.Single(rest.Records).Row);
        Assert.Null(rest.Continuation);
        var exact = await Store.QueryAsync(Partition, new RowRange("", "r1000"), 1000, continuation: null, Cancellation);
        Assert.Equal((1000, null), (exact.Records.Count, exact.Continuation));
    }

    [Fact]
    public async Task A_commit_of_a_hundred_changes_conflicts_and_succeeds_like_any_other()
    {
        RecordChange[] changes = [.. Enumerable.Range(0, 99).Select(static i => RecordChange.Upsert($"r{i:D2}", Bytes("x"))), RecordChange.Insert("last", Bytes("x"))];
        Assert.True((await Store.CommitAsync(Partition, changes, Cancellation)).Committed);
        var again = await Store.CommitAsync(Partition, changes, Cancellation);
        Assert.Equal((false, "last"), (again.Committed, again.ConflictingRow));
    }

    [Fact]
    public async Task Another_process_sees_the_same_records_and_etags_and_may_change_them()
    {
        var etag = await PutAsync("a", "1");
        var other = await OpenAsync();
        Assert.Equal(etag, (await other.GetAsync(Partition, "a", Cancellation))!.ETag);
        var changed = await other.CommitAsync(Partition, [RecordChange.Replace("a", Bytes("2"), etag)], Cancellation);
        Assert.True(changed.Committed);
        var late = await Store.CommitAsync(Partition, [RecordChange.Replace("a", Bytes("3"), etag)], Cancellation);
        Assert.Equal((false, "a"), (late.Committed, late.ConflictingRow));
        Assert.True((await Store.CommitAsync(Partition, [RecordChange.Replace("a", Bytes("3"), changed.ETags[0]!)], Cancellation)).Committed);
    }

    [Fact]
    public async Task A_check_by_another_process_does_not_make_an_etag_out_of_date()
    {
        var etag = await PutAsync("guard", "1");
        var other = await OpenAsync();
        Assert.True((await other.CommitAsync(Partition, [RecordChange.Check("guard", etag), RecordChange.Upsert("a", Bytes("x"))], Cancellation)).Committed);
        Assert.True((await Store.CommitAsync(Partition, [RecordChange.Replace("guard", Bytes("2"), etag)], Cancellation)).Committed);
    }

    [Theory]
    [InlineData("not base64 !")]
    [InlineData("")]
    [InlineData("4pyT")]
    public async Task A_continuation_that_the_store_did_not_give_out_is_refused(string continuation) =>
        await Assert.ThrowsAsync<RecordLimitException>(
            async () => await Store.QueryAsync(Partition, RowRange.All, 10, continuation, Cancellation));
}
