using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Hosting;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>The gateway on a real port, with the real store and engine, before an app in memory.</summary>
internal sealed partial class RunningGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string directory;
    private readonly Action<IServiceCollection>? services;
    private WebApplication app;

    private RunningGateway(
        string directory, InMemoryApp external, WebApplication app, Integration integration, HttpClient scim, Action<IServiceCollection>? services)
    {
        this.directory = directory;
        this.services = services;
        this.app = app;
        External = external;
        Integration = integration;
        Scim = scim;
    }

    public InMemoryApp External { get; }

    public Integration Integration { get; }

    public HttpClient Scim { get; private set; }

    public string Url => app.Urls.First();

    public IServiceProvider Services => app.Services;

    public string DataDirectory => directory;

    /// <summary>How many random requests of a kind a test of robustness sends.</summary>
    public static int FuzzCases => 2_000;

    /// <summary>How many people "thousands" are where a test is about many at once.</summary>
    public static int Thousands => 10_000;

    /// <summary>The clock that tests move; it runs on by itself as well.</summary>
    public LeapingClock Clock { get; private init; } = null!;

    public static async Task<RunningGateway> StartAsync(Func<Integration, Integration>? configure = null, Action<IServiceCollection>? services = null, ConnectorManifest? offered = null)
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-").FullName;
        var external = new InMemoryApp { Offered = offered ?? InMemoryApp.Manifest };
        var clock = new LeapingClock();
        var app = await HostAsync(directory, external, services, clock);
        var (integration, secret) = NewIntegration(configure);
        await app.Services.GetRequiredService<IntegrationStore>().AddAsync(integration, [], Stop);
        return new RunningGateway(directory, external, app, integration, Client(app.Urls.First(), integration.Id, secret), services) { Clock = clock };
    }

    /// <summary>Everything in the blob store, as text.</summary>
    public async Task<IReadOnlyList<(string Name, string Text)>> BlobsAsync()
    {
        var blobs = new List<(string Name, string Text)>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(directory, "blobs"), "*", SearchOption.AllDirectories))
        {
            blobs.Add((file, await File.ReadAllTextAsync(file, Stop)));
        }

        return blobs;
    }

    /// <summary>Stops the process's parts without letting anything finish, and starts them again on the same data.</summary>
    public async Task RestartAsync()
    {
        var authorization = Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        Scim.Dispose();
        await app.StopAsync(Stop);
        await app.DisposeAsync();
        app = await HostAsync(directory, External, services, Clock);
        Scim = Client(Url, Integration.Id, authorization);
    }

    /// <summary>Starts another one, before the same app, on what a killed process would have left of this one.</summary>
    /// <param name="database">The database file.</param>
    /// <param name="log">The write-ahead log beside it.</param>
    /// <returns>The other one; it has everything else in the data directory as this one has it now.</returns>
    public async Task<RunningGateway> AnotherAsync(byte[] database, byte[] log)
    {
        var copy = Directory.CreateTempSubdirectory("idlcm-").FullName;
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith("idlcm.", StringComparison.Ordinal)))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(directory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        await File.WriteAllBytesAsync(Path.Combine(copy, "idlcm.db"), database, Stop);
        await File.WriteAllBytesAsync(Path.Combine(copy, "idlcm.db-wal"), log, Stop);
        var another = await HostAsync(copy, External, services, Clock);
        return new RunningGateway(copy, External, another, Integration, Client(another.Urls.First(), Integration.Id, Scim.DefaultRequestHeaders.Authorization!.Parameter!), services)
        {
            Clock = Clock,
            ownerKey = ownerKey,
        };
    }

    public async ValueTask DisposeAsync()
    {
        Scim.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<WebApplication> HostAsync(string directory, InMemoryApp external, Action<IServiceCollection>? services, LeapingClock clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(_ => SqliteDatabase.Open(directory));
        builder.Services.AddSingleton<IRecordStore>(s => new SqliteRecordStore(s.GetRequiredService<SqliteDatabase>()));
        builder.Services.AddSingleton<IBlobStore>(new FileBlobStore(directory, TimeProvider.System));
        builder.Services.AddSingleton<ISecretStore>(_ => new FileSecretStore(directory, TimeProvider.System));
        builder.Services.AddSingleton<IConnectorRunner>(external);
        builder.Services.AddSingleton<IConnectorCatalog>(external);
        builder.Services.AddSingleton(new RetryRules { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(50) });
        services?.Invoke(builder.Services);
        builder.Services.AddEmbeddedEngine();
        builder.Services.AddGateway().AddGatewayBackground();
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync(Stop);
        return app;
    }
}
