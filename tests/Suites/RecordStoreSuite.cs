using System.Globalization;
using System.Text;
using IdLcm.Domain.Storage;

namespace IdLcm.Suites;

/// <summary>What every record store must do. An adapter's tests derive from it.</summary>
public abstract partial class RecordStoreSuite : IAsyncLifetime
{
    private IRecordStore? _store;

    protected IRecordStore Store => _store ?? throw new InvalidOperationException("The store is not open yet.");

    /// <summary>A partition of the test's own, so that the store may be shared.</summary>
    protected string Partition { get; } = "suite:" + Guid.NewGuid().ToString("N");

    protected CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    protected abstract Task<IRecordStore> OpenAsync();

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(StoredRecord? record) => Encoding.UTF8.GetString(record!.Value.Span);

    protected async Task<string> PutAsync(string row, string value)
    {
        var result = await Store.CommitAsync(Partition, [RecordChange.Upsert(row, Bytes(value))], Cancellation);
        Assert.True(result.Committed);
        return result.ETags[0]!;
    }

    protected async Task<List<StoredRecord>> AllAsync(RowRange range, int limit = RecordLimits.MaxPageSize)
    {
        List<StoredRecord> all = [];
        string? continuation = null;
        do
        {
            var page = await Store.QueryAsync(Partition, range, limit, continuation, Cancellation);
            Assert.InRange(page.Records.Count, 0, limit);
            all.AddRange(page.Records);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }

    protected async Task<Dictionary<string, string>> SnapshotAsync() =>
        (await AllAsync(RowRange.All)).ToDictionary(static record => record.Row, static record => record.ETag + "=" + Text(record), StringComparer.Ordinal);

    [Fact]
    public async Task A_row_that_was_never_written_reads_as_null()
    {
        Assert.Null(await Store.GetAsync(Partition, "nothing", Cancellation));
        Assert.Empty(await AllAsync(RowRange.All));
    }

    [Fact]
    public async Task A_commit_is_read_back_at_once_with_its_etags()
    {
        var result = await Store.CommitAsync(
            Partition, [RecordChange.Insert("a", Bytes("1")), RecordChange.Insert("b", Bytes("2"))], Cancellation);

        Assert.True(result.Committed);
        Assert.Null(result.ConflictingRow);
        var a = await Store.GetAsync(Partition, "a", Cancellation);
        var b = await Store.GetAsync(Partition, "b", Cancellation);
        Assert.Equal(("a", "1", result.ETags[0]), (a!.Row, Text(a), a.ETag));
        Assert.Equal(("b", "2", result.ETags[1]), (b!.Row, Text(b), b.ETag));
        Assert.Equal(["a", "b"], (await AllAsync(RowRange.All)).Select(static record => record.Row));
    }

    [Fact]
    public async Task Every_write_of_a_row_gives_it_another_etag_also_when_the_bytes_are_the_same()
    {
        var first = await PutAsync("a", "same");
        var second = await PutAsync("a", "same");
        Assert.NotEqual(first, second);
        Assert.Equal(second, (await Store.GetAsync(Partition, "a", Cancellation))!.ETag);
    }

    [Fact]
    public async Task A_row_that_was_deleted_and_written_again_does_not_get_its_old_etag_back()
    {
        var first = await PutAsync("a", "1");
        await Store.CommitAsync(Partition, [RecordChange.Delete("a", first)], Cancellation);
        await PutAsync("a", "1");

        var late = await Store.CommitAsync(Partition, [RecordChange.Replace("a", Bytes("2"), first)], Cancellation);

        Assert.Equal(CommitResult.Conflict("a").ConflictingRow, late.ConflictingRow);
        Assert.False(late.Committed);
    }

    [Fact]
    public async Task An_insert_needs_a_row_that_is_not_there()
    {
        await PutAsync("a", "old");
        await RefusedAsync("a", RecordChange.Insert("a", Bytes("new")));
    }

    [Fact]
    public async Task A_replace_needs_the_current_etag()
    {
        var old = await PutAsync("a", "1");
        var current = await PutAsync("a", "2");
        await RefusedAsync("a", RecordChange.Replace("a", Bytes("3"), old));
        await RefusedAsync("missing", RecordChange.Replace("missing", Bytes("3"), current));

        var result = await Store.CommitAsync(Partition, [RecordChange.Replace("a", Bytes("3"), current)], Cancellation);

        Assert.True(result.Committed);
        Assert.Equal("3", Text(await Store.GetAsync(Partition, "a", Cancellation)));
    }

    [Fact]
    public async Task An_upsert_needs_nothing()
    {
        await PutAsync("a", "1");
        await PutAsync("a", "2");
        Assert.Equal("2", Text(await Store.GetAsync(Partition, "a", Cancellation)));
    }

    [Fact]
    public async Task A_delete_needs_the_current_etag()
    {
        var old = await PutAsync("a", "1");
        var current = await PutAsync("a", "2");
        await RefusedAsync("a", RecordChange.Delete("a", old));
        await RefusedAsync("missing", RecordChange.Delete("missing", current));

        var result = await Store.CommitAsync(Partition, [RecordChange.Delete("a", current)], Cancellation);

        Assert.True(result.Committed);
        Assert.Equal([null], result.ETags);
        Assert.Null(await Store.GetAsync(Partition, "a", Cancellation));
    }

    [Fact]
    public async Task A_delete_if_exists_succeeds_with_and_without_the_row()
    {
        await PutAsync("a", "1");
        for (var i = 0; i < 2; i++)
        {
            var result = await Store.CommitAsync(Partition, [RecordChange.DeleteIfExists("a")], Cancellation);
            Assert.True(result.Committed);
            Assert.Equal([null], result.ETags);
            Assert.Null(await Store.GetAsync(Partition, "a", Cancellation));
        }
    }

    [Fact]
    public async Task A_check_needs_the_current_etag_and_changes_nothing()
    {
        var old = await PutAsync("guard", "1");
        var current = await PutAsync("guard", "2");
        await RefusedAsync("guard", RecordChange.Check("guard", old), RecordChange.Upsert("a", Bytes("x")));
        await RefusedAsync("missing", RecordChange.Upsert("a", Bytes("x")), RecordChange.Check("missing", current));

        var result = await Store.CommitAsync(
            Partition, [RecordChange.Check("guard", current), RecordChange.Upsert("a", Bytes("x"))], Cancellation);

        Assert.True(result.Committed);
        var guard = await Store.GetAsync(Partition, "guard", Cancellation);
        Assert.Equal((current, "2"), (guard!.ETag, Text(guard)));
    }

    [Fact]
    public async Task A_conflict_names_the_row_and_leaves_every_other_row_of_the_commit_as_it_was()
    {
        var etag = await PutAsync("keep", "1");
        await PutAsync("there", "2");
        await RefusedAsync(
            "there",
            RecordChange.Replace("keep", Bytes("changed"), etag),
            RecordChange.Insert("new", Bytes("new")),
            RecordChange.Insert("there", Bytes("again")),
            RecordChange.DeleteIfExists("keep2"));
    }

    [Fact]
    public async Task Partitions_do_not_see_each_other()
    {
        await PutAsync("a", "here");
        var other = Partition + ":other";
        Assert.Null(await Store.GetAsync(other, "a", Cancellation));
        var result = await Store.CommitAsync(other, [RecordChange.Insert("a", Bytes("there"))], Cancellation);
        Assert.True(result.Committed);
        Assert.Equal("here", Text(await Store.GetAsync(Partition, "a", Cancellation)));
        Assert.Equal("there", Text(await Store.GetAsync(other, "a", Cancellation)));
    }

    [Fact]
    public async Task Sixteen_writers_that_increment_with_etags_lose_nothing()
    {
        const int Writers = 16;
        const int Increments = 15;
        await PutAsync("counter", "0");

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Increments;)
            {
                var read = (await Store.GetAsync(Partition, "counter", Cancellation))!;
                var next = int.Parse(Text(read), CultureInfo.InvariantCulture) + 1;
                var result = await Store.CommitAsync(
                    Partition,
                    [
                        RecordChange.Replace("counter", Bytes(next.ToString(CultureInfo.InvariantCulture)), read.ETag),
                        RecordChange.Insert($"step:{next:D6}", Bytes($"{writer}")),
                    ],
                    Cancellation);
                i += result.Committed ? 1 : 0;
            }
        })));

        Assert.Equal(Writers * Increments, int.Parse(Text(await Store.GetAsync(Partition, "counter", Cancellation)), CultureInfo.InvariantCulture));
        var steps = await AllAsync(RowRange.Prefix("step:"));
        Assert.Equal(Writers * Increments, steps.Count);
        Assert.All(steps.GroupBy(Text), static writer => Assert.Equal(Increments, writer.Count()));
    }

    [Fact]
    public async Task A_cancelled_call_throws_and_changes_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.CommitAsync(Partition, [RecordChange.Insert("a", Bytes("1"))], cancelled.Token));
        Assert.Null(await Store.GetAsync(Partition, "a", Cancellation));
    }

    private async Task RefusedAsync(string row, params RecordChange[] changes)
    {
        var before = await SnapshotAsync();
        var result = await Store.CommitAsync(Partition, changes, Cancellation);
        Assert.False(result.Committed);
        Assert.Equal(row, result.ConflictingRow);
        Assert.Empty(result.ETags);
        Assert.Equal(before, await SnapshotAsync());
    }
}
