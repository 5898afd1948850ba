using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Functions;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.Functions.Tests.Hosting;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;

// The namespace and the members of the embedded edition's own: its suites are compiled into this project as they are.
namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>The Azure edition on a real port: HTTP and timer functions, orchestrations and activities, records on Azurite.</summary>
internal sealed partial class RunningGateway : IAsyncDisposable
{
    // Azurite takes its time beside other tests.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private AzureStorageOptions storage;
    private readonly Action<IServiceCollection>? services;
    private FunctionsHost host;
    private string? restored;

    private RunningGateway(
        AzureStorageOptions storage, TestTaskHub hub, InMemoryApp external, FunctionsHost host, Integration integration, HttpClient scim, Action<IServiceCollection>? services)
    {
        this.storage = storage;
        this.services = services;
        this.host = host;
        Hub = hub;
        External = external;
        Integration = integration;
        Scim = scim;
    }

    public TestTaskHub Hub { get; }

    /// <summary>The clock that tests move; it runs on by itself as well.</summary>
    public LeapingClock Clock { get; private init; } = null!;

    public InMemoryApp External { get; }

    public Integration Integration { get; }

    public HttpClient Scim { get; private set; }

    public string Url => host.Url;

    /// <summary>What stands between the gateway and Azurite's tables, where a test wants it to: counts and makes faults.</summary>
    public StorageProxy? TableProxy { get; private init; }

    /// <summary>The same before its blobs.</summary>
    public StorageProxy? BlobProxy { get; private init; }

    /// <summary>What reached the storage service since the start, refused or repeated requests too: each is a transaction that is paid for.</summary>
    public int Transactions => (TableProxy ?? throw new InvalidOperationException("Start it with proxies.")).Requests.Count + BlobProxy!.Requests.Count;

    public IServiceProvider Services => host.Services;

    /// <summary>How many random requests of a kind a test of robustness sends: fewer than to the embedded edition, whose records are nearer.</summary>
    public static int FuzzCases => 250;

    /// <summary>How many people "thousands" are where a test is about many at once: fewer here, and still hundreds of commits.</summary>
    public static int Thousands => 3_000;

    public static async Task<RunningGateway> StartAsync(
        Func<Integration, Integration>? configure = null, Action<IServiceCollection>? services = null, ConnectorManifest? offered = null, bool timers = true, AzuriteServer? azurite = null, TimeSpan idle = default, TimeSpan? integrationMaxAge = null, bool proxies = false)
    {
        azurite ??= await TestContext.Current.GetFixture<AzuriteServer>() ?? throw new InvalidOperationException("There is no Azurite.");
        var suffix = Guid.NewGuid().ToString("N")[..12];
        var (tables, blobs) = proxies ? (await StorageProxy.StartAsync(azurite.TablePort), await StorageProxy.StartAsync(azurite.BlobPort)) : (null, null);
        var storage = azurite.Options(tables?.Port, blobs?.Port) with
        {
            TableName = "t" + suffix,
            ContainerName = "c" + suffix,
            AnchorContainerName = "a" + suffix,
            ErasureContainerName = "e" + suffix,
        };
        var external = new InMemoryApp { Offered = offered ?? InMemoryApp.Manifest };
        var clock = new LeapingClock();
        var hub = new TestTaskHub(clock) { QueueDelay = TimeSpan.FromMilliseconds(100) };
        var host = await HostAsync(storage, hub, external, services, clock, timers, idle, integrationMaxAge);
        var (integration, secret) = NewIntegration(configure);
        await host.Services.GetRequiredService<IntegrationStore>().AddAsync(integration, [], Stop);
        return new RunningGateway(storage, hub, external, host, integration, Client(host.Url, integration.Id, secret), services)
        {
            Clock = clock,
            TableProxy = tables,
            BlobProxy = blobs,
        };
    }

    /// <summary>Everything in the blob store, as text.</summary>
    public async Task<IReadOnlyList<(string Name, string Text)>> BlobsAsync()
    {
        var container = new StorageClients(storage).Blobs().GetBlobContainerClient(storage.ContainerName);
        await container.CreateIfNotExistsAsync(cancellationToken: Stop);
        var blobs = new List<(string Name, string Text)>();
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, Stop))
        {
            using var content = (await container.GetBlobClient(blob.Name).DownloadStreamingAsync(new BlobDownloadOptions(), Stop)).Value.Content;
            using var reader = new StreamReader(content);
            blobs.Add((blob.Name, await reader.ReadToEndAsync(Stop)));
        }

        return blobs;
    }

    /// <summary>Stops the worker without letting anything finish, and starts another on the same storage and task hub.</summary>
    public async Task RestartAsync()
    {
        var authorization = Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        Scim.Dispose();
        await host.DisposeAsync();
        host = await HostAsync(storage, Hub, External, services, Clock, restored: restored);
        Scim = Client(Url, Integration.Id, authorization);
    }

    /// <summary>Copies the records as they are, row by row, into a table beside theirs.</summary>
    /// <returns>The table.</returns>
    public async Task<string> BackUpAsync()
    {
        var copy = storage with { TableName = "b" + Guid.NewGuid().ToString("N") };
        var table = new StorageClients(copy).Writes();
        await table.CreateIfNotExistsAsync(Stop);
        await foreach (var page in new StorageClients(storage).Reads().QueryAsync<TableEntity>("", cancellationToken: Stop).AsPages())
        {
            foreach (var partition in page.Values.GroupBy(row => row.PartitionKey))
            {
                foreach (var rows in partition.Chunk(100))
                {
                    await table.SubmitTransactionAsync([.. rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, Copy(row)))], Stop);
                }
            }
        }

        return copy.TableName;

        // The moment is the service's to give.
        static TableEntity Copy(TableEntity row)
        {
            row.Remove("Timestamp");
            return row;
        }
    }

    /// <summary>Stops the worker, and starts another on the records of a backup.</summary>
    /// <param name="table">The table of the backup.</param>
    /// <param name="name">What names the restore.</param>
    public Task RestoreAsync(string table, string name)
    {
        storage = storage with { TableName = table };
        restored = name;
        return RestartAsync();
    }

    /// <summary>Writes something into the erasure ledger that is no entry of it.</summary>
    /// <param name="line">What is written.</param>
    public async Task BreakErasureLedgerAsync(string line)
    {
        var container = new StorageClients(storage).Blobs().GetBlobContainerClient(storage.ErasureContainerName);
        await container.CreateIfNotExistsAsync(cancellationToken: Stop);
        await container.GetBlobClient("2026-01-01.jsonl").UploadAsync(BinaryData.FromString(line), new BlobUploadOptions(), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        Scim.Dispose();
        await host.DisposeAsync();
        foreach (var proxy in new[] { TableProxy, BlobProxy }.OfType<StorageProxy>())
        {
            await proxy.DisposeAsync();
        }

        // Whatever the test was about: no orchestrator may do something else when it is replayed.
        Assert.Empty(Hub.Violations);
    }

    private static Task<FunctionsHost> HostAsync(
        AzureStorageOptions storage, TestTaskHub hub, InMemoryApp external, Action<IServiceCollection>? more, LeapingClock clock,
        bool timers = true, TimeSpan idle = default, TimeSpan? integrationMaxAge = null, string? restored = null) =>
        FunctionsHost.StartAsync(hub, services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddAzureStorage(storage);
            services.AddSingleton<IConnectorRunner>(external);
            services.AddSingleton<IConnectorCatalog>(external);
            more?.Invoke(services);
            services.AddFunctionsGateway(new AzureEditionOptions
            {
                Restored = restored,
                IdleInterval = idle,
                IntegrationMaxAge = integrationMaxAge ?? new AzureEditionOptions().IntegrationMaxAge,
                Retry = new RetryRules { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(50) },
            });
        }, timers);
}
