using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting;
using IdLcm.LocalHost.Engine;
using IdLcm.LocalHost.Secrets;
using IdLcm.LocalHost.Storage;
using IdLcm.Suites;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Tests;

/// <summary>The gateway over a real database and the real engine, reached by HTTP; only the app is in memory.</summary>
public sealed class RunningGateway : IAsyncDisposable
{
    private static int tenants;

    private readonly WebApplication host;

    private RunningGateway(WebApplication host, string directory)
    {
        this.host = host;
        Directory = directory;
        BaseUrl = host.Urls.First();
    }

    public string Directory { get; }

    public string BaseUrl { get; }

    public IServiceProvider Services => host.Services;

    public InMemoryApp App => Services.GetRequiredService<InMemoryApp>();

    public string OwnerKey { get; private set; } = "";

    /// <summary>A client with the first Owner key.</summary>
    public ApiClient Owner { get; private set; } = null!;

    public static async Task<RunningGateway> StartAsync(IConnectorCatalog? catalog = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("idlcm-gateway-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddSingleton(_ => SqliteDatabase.Open(directory));
        services.AddSingleton<IRecordStore>(s => new SqliteRecordStore(s.GetRequiredService<SqliteDatabase>()));
        services.AddSingleton<IBlobStore>(s => new FileBlobStore(directory, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISecretStore>(s => new FileSecretStore(directory, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<InMemoryApp>();
        services.AddSingleton<IConnectorRunner>(s => s.GetRequiredService<InMemoryApp>());
        services.AddSingleton(catalog ?? new InMemoryAppCatalog());
        services.AddSingleton(new RetryRules { FirstDelay = TimeSpan.FromMilliseconds(20), OtherAttempts = 2, InfrastructureAttempts = 2 });
        services.AddEmbeddedEngine();
        services.AddGateway();
        services.AddGatewayBackground();
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync();
        var gateway = new RunningGateway(app, directory);
        gateway.OwnerKey = await ApiKeyBootstrap.EnsureOwnerKeyAsync(app.Services.GetRequiredService<IntegrationStore>())
            ?? throw new InvalidOperationException("A fresh workspace has an Owner key already.");
        gateway.Owner = gateway.ClientFor(gateway.OwnerKey);
        return gateway;
    }

    public ApiClient ClientFor(string? key) => new(BaseUrl, key);

    /// <summary>Makes an integration of an organization of its own and waits until it is validated and, if it passed, synced for the first time.</summary>
    public async Task<Connected> ConnectAsync(string name = "Support", string password = "right-password")
    {
        var tenant = "tenant" + string.Concat(Interlocked.Increment(ref tenants).ToString("D6").Select(digit => (char)(digit - '0' + 'a')));
        var created = await Owner.PostAsync("/api/integrations", Requests.NewIntegration(name, password, tenant));
        Assert.Equal(201, created.Status);
        var connected = new Connected(
            created.Text("id"), created.Text("gatewayToken"), created.Text("validationOperationId"), tenant, ClientFor(created.Text("gatewayToken")));
        await Owner.ValidatedAsync(connected.Path, connected.ValidationId);
        return connected;
    }

    /// <summary>Asks again and again until the answer is yes.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        while (!await condition())
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await host.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>An integration that a test may use, with a client that holds its gateway token.</summary>
public sealed record Connected(string Id, string Token, string ValidationId, string Tenant, ApiClient Scim)
{
    public string Path => $"/api/integrations/{Id}";

    /// <summary>Provisions a person as an identity provider does.</summary>
    public async Task<string> ProvisionAsync(string userName, string? role = null, string? externalId = null)
    {
        var answer = await Scim.PostAsync($"/scim/v2/{Id}/Users", Requests.Person(userName, role, externalId));
        Assert.Equal(201, answer.Status);
        return answer.Text("id");
    }
}

/// <summary>One gateway for all tests of a class.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    public RunningGateway Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await RunningGateway.StartAsync();

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
