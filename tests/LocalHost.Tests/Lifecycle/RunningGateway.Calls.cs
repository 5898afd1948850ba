using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>How tests talk to a gateway: the same for each edition.</summary>
internal sealed partial class RunningGateway
{
    private string? ownerKey;

    public string Partition => Rows.Partition(Integration.Id);

    public IRecordStore Store => Services.GetRequiredService<IRecordStore>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A key of the owner.</summary>
    public async Task<string> OwnerKeyAsync() =>
        (ownerKey ??= await IdLcm.Gateway.Api.ApiKeyBootstrap.EnsureOwnerKeyAsync(Services.GetRequiredService<IntegrationStore>(), Clock, Stop))!;

    /// <summary>Where the management API is, and the Owner's key.</summary>
    public async Task<(string Address, string Key)> ManagementAsync() => (Url, await OwnerKeyAsync());

    /// <summary>Calls the management API as the owner, or with another key.</summary>
    public async Task<(int Status, JsonObject Body)> ApiAsync(HttpMethod method, string path, string? body = null, string? key = null)
    {
        key ??= await OwnerKeyAsync();
        using var request = new HttpRequestMessage(method, new Uri(new Uri(Url), $"/api/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
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
        for (var more = 0; more < 8 && !(bool)operation["ended"]!; more++)
        {
            (_, operation) = await ApiAsync(HttpMethod.Get, $"operations/{operationId}?wait=30");
        }

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
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, otherwise);
            await Task.Delay(10, Stop);
        }
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
        limit.CancelAfter(Patience);
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

    private static (Integration Integration, string Token) NewIntegration(Func<Integration, Integration>? configure)
    {
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
        return (configure?.Invoke(integration) ?? integration, secret);
    }

    private static HttpClient Client(string url, string id, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"{url}/scim/v2/{id}/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
