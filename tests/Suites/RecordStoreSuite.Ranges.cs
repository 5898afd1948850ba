using IdLcm.Domain.Storage;

namespace IdLcm.Suites;

public abstract partial class RecordStoreSuite
{
    private const string AllowedCharacters =
        " !$&'()*+,-.0123456789:;<=>@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    [Fact]
    public async Task Rows_come_in_ordinal_order_whatever_the_order_of_writing()
    {
        string[] rows = ["b", "a", "B", "A", "~", " ", "a-b", "a b", "ab", "a1", "a10", "a2", "_", "Z"];
        foreach (var chunk in rows.Chunk(3))
        {
            await Store.CommitAsync(Partition, [.. chunk.Select(static row => RecordChange.Insert(row, Bytes(row)))], Cancellation);
        }

        var read = await AllAsync(RowRange.All, limit: 4);

        Assert.Equal(rows.Order(StringComparer.Ordinal), read.Select(static record => record.Row));
        Assert.All(read, static record => Assert.Equal(record.Row, Text(record)));
    }

    [Fact]
    public async Task A_range_includes_its_start_and_excludes_its_end()
    {
        await InsertAsync("a", "b", "c", "d");
        Assert.Equal(["b", "c"], await RowsAsync(new RowRange("b", "d")));
        Assert.Equal(["c", "d"], await RowsAsync(new RowRange("c", To: null)));
        Assert.Equal(["a"], await RowsAsync(new RowRange("", "b")));
        Assert.Empty(await RowsAsync(new RowRange("x", To: null)));
        Assert.Empty(await RowsAsync(new RowRange("c", "b")));
    }

    [Fact]
    public async Task A_prefix_range_holds_the_rows_with_the_prefix_and_no_others()
    {
        await InsertAsync("u", "u:", "u:1", "u:~", "u;", "U:1", "v:1", "t:9");
        Assert.Equal(["u:", "u:1", "u:~"], await RowsAsync(RowRange.Prefix("u:")));
        Assert.Equal(["u:1", "u:~"], await RowsAsync(RowRange.PrefixAfter("u:", "u:")));
        Assert.Equal(["u:~"], await RowsAsync(RowRange.PrefixAfter("u:", "u:1")));
        Assert.Equal(8, (await RowsAsync(RowRange.Prefix(""))).Count);
    }

    [Fact]
    public async Task A_continuation_is_null_exactly_when_no_row_follows()
    {
        await InsertAsync("a", "b", "c", "d");
        var first = await Store.QueryAsync(Partition, RowRange.All, 2, continuation: null, Cancellation);
        Assert.Equal(["a", "b"], first.Records.Select(static record => record.Row));
        Assert.NotNull(first.Continuation);

        var last = await Store.QueryAsync(Partition, RowRange.All, 2, first.Continuation, Cancellation);
        Assert.Equal(["c", "d"], last.Records.Select(static record => record.Row));
        Assert.Null(last.Continuation);

        var range = await Store.QueryAsync(Partition, new RowRange("", "c"), 2, continuation: null, Cancellation);
        Assert.Equal(2, range.Records.Count);
        Assert.Null(range.Continuation);
    }

    [Fact]
    public async Task Paging_meets_every_lasting_row_once_and_in_order_while_others_come_and_go()
    {
        var lasting = Enumerable.Range(0, 120).Select(static i => $"row:{i * 10:D6}").ToArray();
        foreach (var chunk in lasting.Chunk(60))
        {
            await InsertAsync(chunk);
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                var passing = $"row:{(random.Next(120) * 10) + 1 + writer:D6}";
                await Store.CommitAsync(
                    Partition,
                    [i % 2 == 0 ? RecordChange.Upsert(passing, Bytes("passing")) : RecordChange.DeleteIfExists(passing)],
                    Cancellation);
            }
        })).ToArray();

        for (var round = 0; round < 5; round++)
        {
            var rows = (await AllAsync(RowRange.Prefix("row:"), limit: 7)).ConvertAll(static record => record.Row);
            Assert.Equal(rows.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal), rows);
            Assert.Equal(lasting, rows.Where(static row => row.EndsWith('0')));
        }

        await done.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task Empty_values_and_values_of_the_largest_size_come_back_as_they_were()
    {
        var largest = new byte[RecordLimits.MaxRecordBytes];
        new Random(1).NextBytes(largest);
        var result = await Store.CommitAsync(
            Partition, [RecordChange.Insert("empty", default), RecordChange.Insert("large", largest)], Cancellation);
        Assert.True(result.Committed);

        Assert.Equal(0, (await Store.GetAsync(Partition, "empty", Cancellation))!.Value.Length);
        Assert.Equal(largest, (await Store.GetAsync(Partition, "large", Cancellation))!.Value.ToArray());
        var read = await AllAsync(RowRange.All);
        Assert.Equal(["empty", "large"], read.Select(static record => record.Row));
        Assert.Equal(largest, read[1].Value.ToArray());
    }

    [Fact]
    public async Task Keys_may_have_every_allowed_character_and_the_greatest_length()
    {
        var partition = Partition + AllowedCharacters;
        string[] rows = [AllowedCharacters, .. AllowedCharacters.Select(static c => $"x{c}y"), new string('k', RecordLimits.MaxKeyLength)];
        foreach (var chunk in rows.Chunk(RecordLimits.MaxChangesPerCommit))
        {
            Assert.True((await Store.CommitAsync(partition, [.. chunk.Select(static row => RecordChange.Insert(row, Bytes(row)))], Cancellation)).Committed);
        }

        foreach (var row in rows)
        {
            Assert.Equal(row, Text(await Store.GetAsync(partition, row, Cancellation)));
        }

        var page = await Store.QueryAsync(partition, RowRange.All, RecordLimits.MaxPageSize, continuation: null, Cancellation);
        Assert.Equal(rows.Order(StringComparer.Ordinal), page.Records.Select(static record => record.Row));
    }

    [Fact]
    public async Task Commits_outside_the_limits_are_refused_and_change_nothing()
    {
        var value = new byte[RecordLimits.MaxRecordBytes];
        await OutsideAsync();
        await OutsideAsync([.. Enumerable.Range(0, RecordLimits.MaxChangesPerCommit + 1).Select(static i => RecordChange.Insert($"r{i}", default))]);
        await OutsideAsync(RecordChange.Insert("large", new byte[RecordLimits.MaxRecordBytes + 1]));
        await OutsideAsync([.. Enumerable.Range(0, (RecordLimits.MaxCommitBytes / RecordLimits.MaxRecordBytes) + 1).Select(i => RecordChange.Insert($"r{i}", value))]);
        await OutsideAsync(RecordChange.Insert("twice", default), RecordChange.DeleteIfExists("twice"));
        await OutsideAsync(RecordChange.Insert("", default));
        await OutsideAsync(RecordChange.Insert(new string('k', RecordLimits.MaxKeyLength + 1), default));
        foreach (var character in "/\\#?%\"\u00e9\t")
        {
            await OutsideAsync(RecordChange.Insert($"a{character}b", default));
        }

        Assert.Empty(await AllAsync(RowRange.All));
    }

    [Fact]
    public async Task The_largest_commit_is_accepted()
    {
        const int Size = RecordLimits.MaxCommitBytes / RecordLimits.MaxChangesPerCommit;
        var changes = Enumerable.Range(0, RecordLimits.MaxChangesPerCommit).Select(static i => RecordChange.Insert($"r{i:D3}", new byte[Size])).ToArray();
        var result = await Store.CommitAsync(Partition, changes, Cancellation);
        Assert.True(result.Committed);
        Assert.Equal(RecordLimits.MaxChangesPerCommit, result.ETags.Distinct().Count());
        Assert.Equal(changes.Length, (await AllAsync(RowRange.All)).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(RecordLimits.MaxPageSize + 1)]
    public async Task Page_sizes_outside_the_limits_are_refused(int limit) =>
        await Assert.ThrowsAsync<RecordLimitException>(async () => await Store.QueryAsync(Partition, RowRange.All, limit, continuation: null, Cancellation));

    private async Task InsertAsync(params string[] rows) =>
        await Store.CommitAsync(Partition, [.. rows.Select(static row => RecordChange.Insert(row, Bytes(row)))], Cancellation);

    private async Task<List<string>> RowsAsync(RowRange range) => (await AllAsync(range)).ConvertAll(static record => record.Row);

    private async Task OutsideAsync(params RecordChange[] changes) =>
        await Assert.ThrowsAsync<RecordLimitException>(() => Store.CommitAsync(Partition, changes, Cancellation));
}
