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
internal sealed class RunningGateway : IAsyncDisposable
{
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

    public IServiceProvider Services => app.Services;

    public string DataDirectory => directory;

    /// <summary>The clock that tests move; it runs on by itself as well.</summary>
    public LeapingClock Clock { get; private init; } = null!;

    private string? ownerKey;

    public string Partition => Rows.Partition(Integration.Id);

    public IRecordStore Store => Services.GetRequiredService<IRecordStore>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<RunningGateway> StartAsync(Func<Integration, Integration>? configure = null, Action<IServiceCollection>? services = null)
    {
        var directory = Directory.CreateTempSubdirectory("idlcm-").FullName;
        var external = new InMemoryApp();
        var clock = new LeapingClock();
        var app = await HostAsync(directory, external, services, clock);
        var (token, secret) = GatewayTokens.New("Entra ID", DateTimeOffset.UtcNow, TimeSpan.FromDays(400));
        var integration = new Integration
        {
            Id = Ids.NewShort(),
            Name = "Test",
            ConnectorId = InMemoryApp.Manifest.Id,
            ConnectorVersion = InMemoryApp.Manifest.Version,
            Settings = new Dictionary<string, string> { ["tenant"] = "acme" },
            ServiceAccount = new ServiceAccount("admin@acme.test", "password", HasTotp: false, DateTimeOffset.UtcNow),
            Tokens = [token],
            CreatedAt = DateTimeOffset.UtcNow,
            CreatedBy = "test",
            ModifiedAt = DateTimeOffset.UtcNow,
        };
        integration = configure?.Invoke(integration) ?? integration;
        await app.Services.GetRequiredService<IntegrationStore>().AddAsync(integration, [], Stop);
        return new RunningGateway(directory, external, app, integration, Client(app, integration.Id, secret), services) { Clock = clock };
    }

    /// <summary>Calls the management API as the owner, or with another key.</summary>
    public async Task<(int Status, JsonObject Body)> ApiAsync(HttpMethod method, string path, string? body = null, string? key = null)
    {
        ownerKey ??= await Gateway.Api.ApiKeyBootstrap.EnsureOwnerKeyAsync(Services.GetRequiredService<IntegrationStore>(), Clock, Stop);
        using var request = new HttpRequestMessage(method, new Uri(new Uri(app.Urls.First()), $"/api/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? ownerKey);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await Scim.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true ? (JsonObject)JsonNode.Parse(text)! : new JsonObject { ["text"] = text });
    }

    /// <summary>Calls the management API on this integration and wants it to succeed.</summary>
    public async Task<JsonObject> DoAsync(HttpMethod method, string path, string? body = null)
    {
        var (status, answer) = await ApiAsync(method, $"integrations/{Integration.Id}{path}", body);
        Assert.True(status is >= 200 and < 300, $"{method} {path}: {status} {answer.ToJsonString()}");
        return answer;
    }

    /// <summary>Waits until an operation has ended.</summary>
    public async Task<JsonObject> EndedAsync(string operationId)
    {
        var (_, operation) = await ApiAsync(HttpMethod.Get, $"operations/{operationId}?wait=30");
        Assert.True((bool)operation["ended"]!, operation.ToJsonString());
        return operation;
    }

    /// <summary>Syncs, and waits until that has ended.</summary>
    public async Task<JsonObject> SyncAsync(string expected = "Succeeded")
    {
        var operation = await EndedAsync((string)(await DoAsync(HttpMethod.Post, "/sync"))["operationId"]!);
        Assert.True((string?)operation["status"] == expected, operation.ToJsonString());
        return operation;
    }

    /// <summary>The events of the activity, newest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> ActivityAsync(string? eventName = null)
    {
        var query = eventName is null ? "" : $"&event={Uri.EscapeDataString(eventName)}";
        return [.. (await DoAsync(HttpMethod.Get, $"/activity?limit=200{query}"))["items"]!.AsArray().Select(item => (JsonObject)item!)];
    }

    /// <summary>Looks again and again until something holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, otherwise);
            await Task.Delay(10, Stop);
        }
    }

    /// <summary>Stops the process's parts without letting anything finish, and starts them again on the same data.</summary>
    public async Task RestartAsync()
    {
        var authorization = Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        Scim.Dispose();
        await app.StopAsync(Stop);
        await app.DisposeAsync();
        app = await HostAsync(directory, External, services, Clock);
        Scim = Client(app, Integration.Id, authorization);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/scim+json");
        }

        return Scim.SendAsync(request, Stop);
    }

    public async Task<string> CreateAsync(string email, string extra = "")
    {
        var response = await SendAsync(HttpMethod.Post, "Users", $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{email}}","name":{"givenName":"Ada","familyName":"Byron"}{{extra}}}
            """);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        return (string)(await response.Content.ReadFromJsonAsync<JsonObject>(Stop))!["id"]!;
    }

    public async Task PatchAsync(string id, string operations)
    {
        var response = await SendAsync(HttpMethod.Patch, $"Users/{id}", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}""");
        Assert.Equal(System.Net.HttpStatusCode.OK, response.StatusCode);
    }

    public async Task<AppAccount?> AccountAsync(string identifier) =>
        (await Store.FindAsync<AppAccount>(Partition, Rows.Account(Ids.KeyOf(identifier)), Stop))?.Value;

    /// <summary>Waits until an account has no open operation and stands as expected.</summary>
    public async Task<AppAccount> SettledAsync(string identifier, ProvisioningState expected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        using var subscription = Services.GetRequiredService<ChangeFeed>().Watch(Integration.Id);
        while (true)
        {
            var account = await AccountAsync(identifier);
            if (account is { OpenOperationId: null } && account.State == expected)
            {
                return account;
            }

            try
            {
                using var look = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                look.CancelAfter(TimeSpan.FromMilliseconds(250));
                await subscription.Changes.ReadAsync(look.Token);
            }
            catch (OperationCanceledException) when (!limit.IsCancellationRequested)
            {
                // Time to look again.
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{identifier} is {account?.State} with operation {account?.OpenOperationId} and failure {account?.LastFailure}, not {expected}.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Scim.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static HttpClient Client(WebApplication app, string id, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"{app.Urls.First()}/scim/v2/{id}/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
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
