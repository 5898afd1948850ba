using System.Text;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;

namespace IdLcm.Functions.Tests.Storage;

/// <summary>What a commit costs in storage transactions, which are what is paid for.</summary>
public sealed class TransactionBudgetTests(AzuriteServer azurite) : IAsyncLifetime
{
    private readonly string _partition = "budget:" + Guid.NewGuid().ToString("N");
    private StorageProxy _proxy = null!;
    private TableRecordStore _store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await StorageProxy.StartAsync(azurite.TablePort);
        _store = TestStorage.Records(azurite.Options(tablePort: _proxy.Port));
    }

    public async ValueTask DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public async Task An_accepted_write_is_its_point_reads_and_one_entity_group_transaction()
    {
        await _store.CommitAsync(
            _partition,
            [.. new[] { "integration", "u:1", "a:1", "o:1", "q:1", "x:n:1" }.Select(static row => RecordChange.Insert(row, Bytes(row)))],
            Cancellation);
        _proxy.Reset();

        // As the SCIM front does it: four records are read, nine rows are written, one is checked, in one commit.
        var integration = await ReadAsync("integration");
        var user = await ReadAsync("u:1");
        var account = await ReadAsync("a:1");
        var operation = await ReadAsync("o:1");
        var result = await _store.CommitAsync(
            _partition,
            [
                RecordChange.Check("integration", integration.ETag),
                RecordChange.Replace("u:1", Bytes("user"), user.ETag),
                RecordChange.Replace("a:1", Bytes("account"), account.ETag),
                RecordChange.Replace("o:1", Bytes("operation"), operation.ETag),
                RecordChange.Insert("o:2", Bytes("operation")),
                RecordChange.Insert("q:2", default),
                RecordChange.Insert("e:1", Bytes("activity")),
                RecordChange.Insert("x:n:2", Bytes("index")),
                RecordChange.DeleteIfExists("x:n:1"),
                RecordChange.DeleteIfExists("q:1"),
            ],
            Cancellation);

        Assert.True(result.Committed);
        Assert.Equal(4, _proxy.Count(StorageRequestKind.PointRead));
        Assert.Equal(1, _proxy.Count(StorageRequestKind.Transaction));
        Assert.Equal(5, _proxy.Requests.Count);
    }

    [Fact]
    public async Task The_first_commit_of_a_process_to_a_partition_costs_two_requests_more()
    {
        await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation);
        Assert.Equal(
            [StorageRequestKind.Other, StorageRequestKind.Transaction, StorageRequestKind.RangeRead], _proxy.Requests.Select(static request => request.Kind));
        _proxy.Reset();
        await _store.CommitAsync(_partition, [RecordChange.Insert("b", Bytes("1"))], Cancellation);
        Assert.Equal([StorageRequestKind.Transaction], _proxy.Requests.Select(static request => request.Kind));
    }

    [Fact]
    public async Task A_delete_of_a_row_costs_nothing_more_where_it_exists_and_a_look_and_another_try_where_it_does_not()
    {
        await TestStorage.Records(azurite.Options()).CommitAsync(_partition, [RecordChange.Insert("theirs", Bytes("1")), RecordChange.Insert("theirs too", Bytes("1"))], Cancellation);
        await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation);
        _proxy.Reset();
        await _store.CommitAsync(_partition, [RecordChange.DeleteIfExists("theirs"), RecordChange.DeleteIfExists("a")], Cancellation);
        Assert.Equal((0, 1), (_proxy.Count(StorageRequestKind.PointRead), _proxy.Count(StorageRequestKind.Transaction)));

        _proxy.Reset();
        await _store.CommitAsync(_partition, [RecordChange.DeleteIfExists("theirs too"), RecordChange.DeleteIfExists("nobodys")], Cancellation);
        Assert.Equal((2, 2), (_proxy.Count(StorageRequestKind.PointRead), _proxy.Count(StorageRequestKind.Transaction)));
        Assert.Null(await _store.GetAsync(_partition, "theirs too", Cancellation));
    }

    [Fact]
    public async Task A_page_of_two_hundred_rows_is_one_request_and_a_conflict_is_one()
    {
        var etag = (await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation)).ETags[0]!;
        foreach (var rows in Enumerable.Range(0, 199).Chunk(90))
        {
            await _store.CommitAsync(_partition, [.. rows.Select(static i => RecordChange.Insert($"r{i:D3}", Bytes("x")))], Cancellation);
        }

        _proxy.Reset();
        Assert.Equal(199, (await _store.QueryAsync(_partition, RowRange.Prefix("r"), 199, null, Cancellation)).Records.Count);
        Assert.Single(_proxy.Requests);

        _proxy.Reset();
        var refused = await _store.CommitAsync(_partition, [RecordChange.Replace("a", Bytes("2"), etag), RecordChange.Insert("r001", Bytes("2"))], Cancellation);
        Assert.Equal((false, "r001"), (refused.Committed, refused.ConflictingRow));
        Assert.Single(_proxy.Requests);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private async Task<StoredRecord> ReadAsync(string row) => (await _store.GetAsync(_partition, row, Cancellation))!;
}
