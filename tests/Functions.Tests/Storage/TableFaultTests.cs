using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;

namespace IdLcm.Functions.Tests.Storage;

/// <summary>Answers that get lost, requests that come late, a service that is busy: nothing is lost and nothing happens twice.</summary>
public sealed class TableFaultTests(AzuriteServer azurite) : IAsyncLifetime
{
    private readonly string _partition = "faults:" + Guid.NewGuid().ToString("N");
    private StorageProxy _proxy = null!;
    private TableRecordStore _store = null!;
    private TableRecordStore _other = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await StorageProxy.StartAsync(azurite.TablePort);
        _store = TestStorage.Records(azurite.Options(tablePort: _proxy.Port));
        _other = TestStorage.Records(azurite.Options());
    }

    public async ValueTask DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_reported_as_committed_and_its_etags_are_right()
    {
        var etag = await PutAsync(_store, "replaced", "1");
        var deleted = await PutAsync(_store, "deleted", "1");
        FaultOnce(new ProxyFault.LoseAnswer());

        var result = await _store.CommitAsync(
            _partition,
            [
                RecordChange.Replace("replaced", Bytes("2"), etag),
                RecordChange.Insert("inserted", Bytes("2")),
                RecordChange.Upsert("upserted", Bytes("2")),
                RecordChange.Delete("deleted", deleted),
            ],
            Cancellation);

        Assert.True(result.Committed);
        Assert.Equal(result.ETags[0], (await _other.GetAsync(_partition, "replaced", Cancellation))!.ETag);
        Assert.Equal(result.ETags[1], (await _other.GetAsync(_partition, "inserted", Cancellation))!.ETag);
        Assert.Null(await _other.GetAsync(_partition, "deleted", Cancellation));
        Assert.True((await _store.CommitAsync(_partition, [RecordChange.Replace("replaced", Bytes("3"), result.ETags[0]!)], Cancellation)).Committed);
    }

    [Fact]
    public async Task The_first_commit_of_a_process_survives_a_lost_answer_too()
    {
        FaultOnce(new ProxyFault.LoseAnswer());
        Assert.True((await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation)).Committed);
        Assert.Equal("1", await TextAsync("a"));
    }

    [Fact]
    public async Task A_commit_of_a_hundred_changes_survives_a_lost_answer()
    {
        FaultOnce(new ProxyFault.LoseAnswer());
        RecordChange[] changes = [.. Enumerable.Range(0, 100).Select(static i => RecordChange.Insert($"r{i:D2}", Bytes("1")))];
        Assert.True((await _store.CommitAsync(_partition, changes, Cancellation)).Committed);
        Assert.Equal(100, (await _other.QueryAsync(_partition, RowRange.All, 1000, null, Cancellation)).Records.Count);
    }

    [Fact]
    public async Task What_others_wrote_since_a_lost_answer_is_not_overwritten()
    {
        await PutAsync(_store, "a", "0");
        var tries = 0;
        _proxy.Decide = async request =>
        {
            if (request.Kind == StorageRequestKind.Transaction && ++tries == 2)
            {
                await PutAsync(_other, "a", "theirs");
            }

            return request.Kind == StorageRequestKind.Transaction && tries == 1 ? new ProxyFault.LoseAnswer() : null;
        };

        Assert.True((await _store.CommitAsync(_partition, [RecordChange.Upsert("a", Bytes("ours"))], Cancellation)).Committed);

        Assert.Equal(2, tries);
        Assert.Equal("theirs", await TextAsync("a"));
    }

    [Fact]
    public async Task A_conflict_is_still_a_conflict_when_an_earlier_try_did_not_arrive()
    {
        var old = await PutAsync(_store, "a", "1");
        var tries = 0;
        _proxy.Decide = async request =>
        {
            if (request.Kind != StorageRequestKind.Transaction || ++tries > 1)
            {
                return null;
            }

            await PutAsync(_other, "a", "theirs");
            return new ProxyFault.Hold();
        };

        var result = await _store.CommitAsync(_partition, [RecordChange.Upsert("b", Bytes("x")), RecordChange.Replace("a", Bytes("ours"), old)], Cancellation);

        Assert.Equal((false, "a"), (result.Committed, result.ConflictingRow));
        Assert.Equal("theirs", await TextAsync("a"));
        Assert.Null(await _other.GetAsync(_partition, "b", Cancellation));
    }

    [Fact]
    public async Task A_request_that_arrives_after_its_commit_was_reported_as_a_conflict_does_nothing()
    {
        await PutAsync(_store, "warm", "1");
        StorageRequest? late = null;
        string? theirs = null;
        _proxy.Decide = async request =>
        {
            if (request.Kind != StorageRequestKind.Transaction || late is not null)
            {
                return null;
            }

            late = request;
            theirs = (await _other.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("theirs"))], Cancellation)).ETags[0];
            return new ProxyFault.Hold();
        };
        var result = await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("ours"))], Cancellation);
        Assert.Equal((false, "a"), (result.Committed, result.ConflictingRow));

        // Nothing but the fence stands in the way of the late request now.
        Assert.True((await _other.CommitAsync(_partition, [RecordChange.Delete("a", theirs!)], Cancellation)).Committed);
        Assert.Equal(HttpStatusCode.Accepted, await _proxy.DeliverAsync(late!));

        Assert.Null(await _other.GetAsync(_partition, "a", Cancellation));
    }

    [Fact]
    public async Task A_request_that_arrives_after_its_commit_was_repeated_does_nothing()
    {
        StorageRequest? late = null;
        _proxy.Decide = request =>
        {
            var first = request.Kind == StorageRequestKind.Transaction && late is null;
            late = first ? request : late;
            return Task.FromResult<ProxyFault?>(first ? new ProxyFault.Hold() : null);
        };
        Assert.True((await _store.CommitAsync(_partition, [RecordChange.Upsert("a", Bytes("ours"))], Cancellation)).Committed);
        await PutAsync(_other, "a", "theirs");

        await _proxy.DeliverAsync(late!);

        Assert.Equal("theirs", await TextAsync("a"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_service_is_asked_again_when_it_said(int status)
    {
        await PutAsync(_store, "warm", "1");
        _proxy.Reset();
        FaultOnce(new ProxyFault.Refuse(status, RetryAfterSeconds: 1));
        Assert.True((await _store.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation)).Committed);
        AssertPause(_proxy.Requests, TimeSpan.FromSeconds(1));

        _proxy.Reset();
        var refused = 0;
        _proxy.Decide = _ => Task.FromResult<ProxyFault?>(refused++ == 0 ? new ProxyFault.Refuse(status, RetryAfterSeconds: 1) : null);
        Assert.Equal("1", Encoding.UTF8.GetString((await _store.GetAsync(_partition, "a", Cancellation))!.Value.Span));
        AssertPause(_proxy.Requests, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_service_that_stays_busy_is_an_unavailable_store_that_changed_nothing()
    {
        var impatient = TestStorage.Records(azurite.Options(tablePort: _proxy.Port) with { CommitPatience = TimeSpan.FromMilliseconds(500) });
        await PutAsync(impatient, "warm", "1");
        _proxy.Decide = static request => Task.FromResult<ProxyFault?>(
            request.Kind == StorageRequestKind.Transaction ? new ProxyFault.Refuse(429, RetryAfterSeconds: 0) : null);

        await Assert.ThrowsAsync<RecordStoreUnavailableException>(
            () => impatient.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation));

        _proxy.Decide = null;
        Assert.Null(await impatient.GetAsync(_partition, "a", Cancellation));
        Assert.True((await impatient.CommitAsync(_partition, [RecordChange.Insert("a", Bytes("1"))], Cancellation)).Committed);
    }

    [Fact]
    public async Task Twenty_writers_on_one_record_lose_nothing_although_every_third_answer_is_lost()
    {
        const int Writers = 20;
        const int Increments = 4;
        await PutAsync(_store, "user", "0");
        var transactions = 0;
        _proxy.Decide = request => Task.FromResult<ProxyFault?>(
            request.Kind == StorageRequestKind.Transaction && Interlocked.Increment(ref transactions) % 3 == 0 ? new ProxyFault.LoseAnswer() : null);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Increments; i++)
            {
                await Optimistic.RunAsync(
                    async () =>
                    {
                        var read = (await _store.GetAsync(_partition, "user", Cancellation))!;
                        var next = int.Parse(Encoding.UTF8.GetString(read.Value.Span), CultureInfo.InvariantCulture) + 1;
                        var result = await _store.CommitAsync(
                            _partition,
                            [
                                RecordChange.Replace("user", Bytes(next.ToString(CultureInfo.InvariantCulture)), read.ETag),
                                RecordChange.Insert($"step:{next:D4}", Bytes($"{writer}")),
                            ],
                            Cancellation);
                        return (result.Committed, next);
                    },
                    Cancellation);
            }
        })));

        Assert.Equal(Writers * Increments, int.Parse(await TextAsync("user"), CultureInfo.InvariantCulture));
        var steps = (await _other.QueryAsync(_partition, RowRange.Prefix("step:"), 1000, null, Cancellation)).Records;
        Assert.Equal(Writers * Increments, steps.Count);
        Assert.All(steps.GroupBy(static step => Encoding.UTF8.GetString(step.Value.Span)), static own => Assert.Equal(Increments, own.Count()));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static void AssertPause(IReadOnlyList<StorageRequest> requests, TimeSpan pause)
    {
        Assert.Equal(2, requests.Count);
        Assert.True(Stopwatch.GetElapsedTime(requests[0].At, requests[1].At) >= pause * 0.95, "The service was asked again too early.");
    }

    private void FaultOnce(ProxyFault fault)
    {
        var done = false;
        _proxy.Decide = request =>
        {
            var now = !done && request.Kind == StorageRequestKind.Transaction;
            done |= now;
            return Task.FromResult(now ? fault : null);
        };
    }

    private async Task<string> PutAsync(TableRecordStore store, string row, string value) =>
        (await store.CommitAsync(_partition, [RecordChange.Upsert(row, Bytes(value))], Cancellation)).ETags[0]!;

    private async Task<string> TextAsync(string row) => Encoding.UTF8.GetString((await _other.GetAsync(_partition, row, Cancellation))!.Value.Span);
}
