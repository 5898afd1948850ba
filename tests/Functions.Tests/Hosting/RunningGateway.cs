using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
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
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly AzureStorageOptions storage;
    private readonly Action<IServiceCollection>? services;
    private FunctionsHost host;
    private TransactionCounter counter = new();
    private string? ownerKey;

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

    /// <summary>Calls of the storage service since the start.</summary>
    public int Transactions => counter.Count;

    public IServiceProvider Services => host.Services;

    public string Partition => Rows.Partition(Integration.Id);

    public IRecordStore Store => Services.GetRequiredService<IRecordStore>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<RunningGateway> StartAsync(
        Func<Integration, Integration>? configure = null, Action<IServiceCollection>? services = null, bool timers = true)
    {
        var azurite = await TestContext.Current.GetFixture<AzuriteServer>() ?? throw new InvalidOperationException("There is no Azurite.");
        var suffix = Guid.NewGuid().ToString("N")[..12];
        var counter = new TransactionCounter();
        var storage = azurite.Options() with
        {
            TableName = "t" + suffix,
            ContainerName = "c" + suffix,
            AnchorContainerName = "a" + suffix,
            ConfigureClient = client => client.AddPolicy(counter, HttpPipelinePosition.PerRetry),
        };
        var external = new InMemoryApp();
        var clock = new LeapingClock();
        var hub = new TestTaskHub(clock);
        var host = await HostAsync(storage, hub, external, services, clock, timers);
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
        await host.Services.GetRequiredService<IntegrationStore>().AddAsync(integration, [], Stop);
        return new RunningGateway(storage, hub, external, host, integration, Client(host, integration.Id, secret), services) { counter = counter, Clock = clock };
    }

    /// <summary>Calls the management API as the owner, or with another key.</summary>
    public async Task<(int Status, JsonObject Body)> ApiAsync(HttpMethod method, string path, string? body = null, string? key = null)
    {
        ownerKey ??= await IdLcm.Gateway.Api.ApiKeyBootstrap.EnsureOwnerKeyAsync(Services.GetRequiredService<IntegrationStore>(), Clock, Stop);
        using var request = new HttpRequestMessage(method, new Uri(new Uri(host.Url), $"/api/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? ownerKey);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await Scim.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        return ((int)response.StatusCode, text.Length > 0 && text[0] == '{' ? (JsonObject)JsonNode.Parse(text)! : new JsonObject { ["text"] = text });
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

    /// <summary>Stops the worker without letting anything finish, and starts another on the same storage and task hub.</summary>
    public async Task RestartAsync()
    {
        var authorization = Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        Scim.Dispose();
        await host.DisposeAsync();
        host = await HostAsync(storage, Hub, External, services, Clock);
        Scim = Client(host, Integration.Id, authorization);
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
        limit.CancelAfter(TimeSpan.FromSeconds(40));
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
        await host.DisposeAsync();

        // Whatever the test was about: no orchestrator may do something else when it is replayed.
        Assert.Empty(Hub.Violations);
    }

    private static HttpClient Client(FunctionsHost host, string id, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"{host.Url}/scim/v2/{id}/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static Task<FunctionsHost> HostAsync(AzureStorageOptions storage, TestTaskHub hub, InMemoryApp external, Action<IServiceCollection>? more, LeapingClock clock, bool timers = true) =>
        FunctionsHost.StartAsync(hub, services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddAzureStorage(storage);
            services.AddSingleton<IConnectorRunner>(external);
            services.AddSingleton<IConnectorCatalog>(external);
            more?.Invoke(services);
            services.AddFunctionsGateway(new AzureEditionOptions
            {
                Retry = new RetryRules { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(50) },
            });
        }, timers);
}
