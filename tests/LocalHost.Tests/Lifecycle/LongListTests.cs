using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class LongListTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thousands_of_accounts_are_synced_without_being_held_at_once()
    {
        var app = new LongApp(RunningGateway.Thousands);
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddSingleton<IConnectorRunner>(app));

        var first = await gateway.SyncAsync();
        Assert.Equal([$"read {RunningGateway.Thousands} accounts: {RunningGateway.Thousands} new, 0 changed, 0 gone"], first["changes"]!.AsArray().Select(c => (string?)c));
        app.Leave(10);
        var second = await gateway.SyncAsync();

        Assert.Equal([$"read {RunningGateway.Thousands - 10} accounts: 0 new, 0 changed, 10 gone"], second["changes"]!.AsArray().Select(c => (string?)c));
        Assert.InRange(app.MostAlive, 1, 10 * LongApp.PageSize);
        Assert.Empty(await LeftoversAsync(gateway));
    }

    [Fact]
    public async Task What_was_read_before_the_session_had_to_be_renewed_counts_no_more()
    {
        var app = new LongApp(250) { Ghost = "ghost@acme.test" };
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddSingleton<IConnectorRunner>(app));

        await gateway.SyncAsync();

        Assert.Null(await gateway.AccountAsync("ghost@acme.test"));
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("p0@acme.test"))!.State);
    }

    [Fact]
    public async Task Nothing_of_a_read_is_left_behind_when_it_fails_or_its_process_was_killed()
    {
        var app = new LongApp(250) { Incomplete = true };
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddSingleton<IConnectorRunner>(app));
        await gateway.DoAsync(HttpMethod.Patch, "", """{"retry":{"attempts":{"IncompleteRead":1}}}""");
        var store = gateway.Services.GetRequiredService<IRecordStore>();
        await store.CommitAsync(Rows.Partition(gateway.Integration.Id), [RecordChange.Insert($"{Rows.SyncReads}killed:0000000000000001:{"x@acme.test"}", "{}"u8.ToArray())], Stop);

        var failed = await gateway.SyncAsync("Failed");

        Assert.Equal("IncompleteRead", (string?)failed["failure"]!["code"]);
        Assert.Null(await gateway.AccountAsync("p0@acme.test"));
        Assert.Empty(await LeftoversAsync(gateway));
    }

    private static async Task<IReadOnlyList<StoredRecord>> LeftoversAsync(RunningGateway gateway) =>
        (await gateway.Services.GetRequiredService<IRecordStore>().QueryAsync(Rows.Partition(gateway.Integration.Id), RowRange.Prefix(Rows.SyncReads), 10, null, Stop)).Records;

    /// <summary>An app with a long list, which makes its rows as they are asked for and counts how many of them somebody still holds.</summary>
    private sealed class LongApp(int accounts) : IConnectorRunner
    {
        public const int PageSize = 100;
        private const int CollectEvery = 10 * PageSize;

        private readonly List<WeakReference> rows = [];
        private int left;

        /// <summary>The most rows that were alive while further ones were read.</summary>
        public int MostAlive { get; private set; }

        /// <summary>An account of the first of two readings only.</summary>
        public string? Ghost { get; init; }

        public bool Incomplete { get; init; }

        public void Leave(int count) => left = count;

        public Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ConnectorSessionResult(new Session(this), null, [], []));

        private async Task<int> ReadAsync(IRowSink sink, CancellationToken cancellationToken)
        {
            if (Ghost is not null)
            {
                await sink.BeginAsync(cancellationToken);
                await sink.TakeAsync([.. Enumerable.Repeat(Ghost, 1).Concat(Enumerable.Range(0, 2 * PageSize).Select(i => $"p{i}@acme.test")).Select(Row)], cancellationToken);
            }

            await sink.BeginAsync(cancellationToken);
            rows.Clear();
            for (var i = left; i < accounts; i += PageSize)
            {
                if (i % CollectEvery == 0)
                {
                    GC.Collect();
                    MostAlive = Math.Max(MostAlive, rows.Count(row => row.IsAlive));
                }

                await sink.TakeAsync(Page(i), cancellationToken);
            }

            return accounts - left;
        }

        private JsonObject[] Page(int first)
        {
            var page = Enumerable.Range(first, Math.Min(PageSize, accounts - first)).Select(i => Row($"p{i}@acme.test")).ToArray();
            rows.AddRange(page.Select(row => new WeakReference(row)));
            return page;
        }

        private static JsonObject Row(string email) => new() { ["email"] = email, ["givenName"] = "Jo", ["status"] = "active", ["roles"] = new JsonArray("Viewer") };

        private sealed class Session(LongApp app) : IConnectorSession
        {
            public ConnectorManifest Manifest => InMemoryApp.Manifest;

            public bool Reused => false;

            public async Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default)
            {
                var read = call.Verb == ConnectorVerb.ListUsers ? await app.ReadAsync(call.Rows!, cancellationToken) : 0;
                return new VerbResult(call.Verb, null, [], Complete: !app.Incomplete, CommitEntered: false, Verified: false, [], []) { RowsRead = read };
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
