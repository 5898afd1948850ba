using System.Collections.Concurrent;
using System.Text;
using IdLcm.Domain.Storage;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;

namespace IdLcm.Functions.Tests.Storage;

/// <summary>The storage service goes away under load and comes back.</summary>
public sealed class TableRestartTests : IAsyncLifetime
{
    private readonly AzuriteServer _azurite = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _azurite.InitializeAsync();

    public ValueTask DisposeAsync() => _azurite.DisposeAsync();

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_or_there_twice_when_storage_restarts_under_load()
    {
        const int Writers = 8;
        const string Partition = "restart";
        var store = TestStorage.Records(_azurite.Options());
        var acknowledged = new ConcurrentBag<(string Row, string ETag)>();
        var enough = new TaskCompletionSource();
        var back = new TaskCompletionSource();
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            // Some rounds before the service goes, through its absence, and some after.
            for (var (i, after) = (0, 0); after < 10; i++)
            {
                var row = $"w{writer}:{i:D5}";
                var counter = await ReadAsync(store, Partition, $"counter:{writer}");
                var result = await store.CommitAsync(
                    Partition,
                    [
                        RecordChange.Insert(row, Encoding.UTF8.GetBytes(row)),
                        counter is null
                            ? RecordChange.Insert($"counter:{writer}", BitConverter.GetBytes(1))
                            : RecordChange.Replace($"counter:{writer}", BitConverter.GetBytes(BitConverter.ToInt32(counter.Value.Span) + 1), counter.ETag),
                    ],
                    Cancellation);
                Assert.True(result.Committed, $"{row} is in conflict with {result.ConflictingRow}, although nobody else writes it.");
                acknowledged.Add((row, result.ETags[0]!));
                if (acknowledged.Count > 100)
                {
                    enough.TrySetResult();
                }

                after += back.Task.IsCompleted ? 1 : 0;
            }
        })).ToArray();

        await enough.Task;
        await _azurite.StopAsync();
        await _azurite.StartAsync();
        back.SetResult();
        await Task.WhenAll(writers);

        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(Partition, RowRange.Prefix("w"), 1000, continuation, Cancellation);
            foreach (var record in page.Records)
            {
                rows.Add(record.Row, record.ETag);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal(acknowledged.ToDictionary(static item => item.Row, static item => item.ETag, StringComparer.Ordinal), rows);
        for (var writer = 0; writer < Writers; writer++)
        {
            var counter = await store.GetAsync(Partition, $"counter:{writer}", Cancellation);
            Assert.Equal(rows.Keys.Count(row => row.StartsWith($"w{writer}:", StringComparison.Ordinal)), BitConverter.ToInt32(counter!.Value.Span));
        }
    }

    private static async Task<StoredRecord?> ReadAsync(TableRecordStore store, string partition, string row)
    {
        while (true)
        {
            try
            {
                return await store.GetAsync(partition, row, Cancellation);
            }
            catch (RecordStoreUnavailableException)
            {
                // The service is away; reads give up earlier than commits.
            }
        }
    }
}
