using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>Access settings and captures, through the management API.</summary>
public sealed class CaptureTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;
    private HttpClient api = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        gateway = await Wire.PausedAsync();
        api = await ApiAsync(gateway);
    }

    public async ValueTask DisposeAsync()
    {
        api.Dispose();
        await gateway.DisposeAsync();
    }

    private static async Task<HttpClient> ApiAsync(RunningGateway gateway)
    {
        var key = await ApiKeyBootstrap.EnsureOwnerKeyAsync(gateway.Services.GetRequiredService<IntegrationStore>(), cancellationToken: Stop);
        var client = new HttpClient { BaseAddress = new Uri(gateway.Scim.BaseAddress!, $"/api/integrations/{gateway.Integration.Id}/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private async Task<HttpResponseMessage> SaveAsync(JsonObject access) => await api.PutAsJsonAsync("scim-access", access, Stop);

    private async Task CaptureAsync() => Assert.Equal(
        HttpStatusCode.OK, (await SaveAsync(new JsonObject { ["captureUntil"] = DateTimeOffset.UtcNow.AddHours(1) })).StatusCode);

    private async Task<List<JsonObject>> CapturesAsync() =>
        [.. (await api.GetFromJsonAsync<JsonObject>("captures", Stop))!["items"]!.AsArray().Select(item => item!.AsObject())];

    [Fact]
    public async Task Nothing_is_captured_until_it_is_asked_for_and_after_its_end()
    {
        await gateway.GetAsync("Users?count=0");
        Assert.Empty(await CapturesAsync());
        await CaptureAsync();
        await gateway.GetAsync("Users?count=0");
        Assert.Equal("/Users?count=0", (string)Assert.Single(await CapturesAsync())["target"]!);
        Assert.Equal(HttpStatusCode.OK, (await SaveAsync([])).StatusCode);
        await gateway.GetAsync("Users?count=0");
        Assert.Single(await CapturesAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync("captures", Stop)).StatusCode);
        Assert.Empty(await CapturesAsync());
    }

    [Fact]
    public async Task A_capture_holds_both_sides_without_credential_and_password_and_the_client_notices_nothing()
    {
        await CaptureAsync();
        const string user = """{"userName":"cap@acme.test","password":"Hidden-1","displayName":"Ada","externalId":"EXT"}""";
        var created = (await gateway.PostAsync("Users", user.Replace("EXT", new string('e', 500), StringComparison.Ordinal), ("User-Agent", "Okta SCIM Client 1.0.0"))).Is(HttpStatusCode.Created);
        Assert.Equal(created.Content.ContentLength, created.Text.Length);
        (await gateway.PatchOpsAsync($"Users/{created.Id}", """{"op":"replace","path":"password","value":"Hidden-2"}""")).Is(HttpStatusCode.OK);
        (await gateway.PatchOpsAsync($"Users/{created.Id}", """{"op":"replace","path":"nothing","value":"x"}""")).IsError(HttpStatusCode.BadRequest, "invalidPath");
        (await gateway.FilterAsync("Users", "password eq \"Hidden-3\"")).IsError(HttpStatusCode.Forbidden, "sensitive");
        (await gateway.PostAsync("Users", "{ no json Hidden-4")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.DeleteAsync($"Users/{created.Id}")).Is(HttpStatusCode.NoContent);

        var captures = await CapturesAsync();
        var all = string.Join('\n', captures.Select(capture => capture.ToJsonString()));
        Assert.DoesNotContain("Hidden-", all, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!, all, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('e', CaptureRedaction.MaxText + 1), all, StringComparison.Ordinal);
        Assert.Equal([204, 400, 403, 400, 200, 201], captures.Select(capture => (int)capture["status"]!));
        var first = captures[^1];
        Assert.Equal(("POST", "/Users", "Entra ID", "Okta SCIM Client 1.0.0"), ((string)first["method"]!, (string)first["target"]!, (string)first["caller"]!, (string)first["headers"]!["User-Agent"]!));
        Assert.Equal("***", (string)JsonNode.Parse((string)first["request"]!)!["password"]!);
        Assert.Equal(created.Id, (string)JsonNode.Parse((string)first["response"]!)!["id"]!);
        Assert.Contains("invalidPath", (string)captures[3]["response"]!, StringComparison.Ordinal);
        Assert.Null(captures[0]["response"]);
    }

    [Fact]
    public async Task Only_the_last_200_are_kept_also_over_a_restart()
    {
        await CaptureAsync();
        for (var i = 0; i < ScimCaptures.Kept + 3; i++)
        {
            await gateway.GetAsync($"Users?count=0&startIndex={i + 1}");
        }

        await gateway.RestartAsync();
        await gateway.GetAsync("Users?count=0&startIndex=999");
        using var again = new HttpClient { BaseAddress = new Uri(gateway.Scim.BaseAddress!, $"/api/integrations/{gateway.Integration.Id}/") };
        again.DefaultRequestHeaders.Authorization = api.DefaultRequestHeaders.Authorization;
        var items = (await again.GetFromJsonAsync<JsonObject>("captures", Stop))!["items"]!.AsArray();
        Assert.Equal(ScimCaptures.Kept, items.Count);
        Assert.Equal("/Users?count=0&startIndex=999", (string)items[0]!["target"]!);
        Assert.Equal(ScimCaptures.Kept + 4, (int)items[0]!["number"]!);
        Assert.Equal(5, (int)items[^1]!["number"]!);
    }

    [Fact]
    public async Task Access_is_set_as_a_whole_takes_effect_at_once_and_bad_values_are_named()
    {
        var tenant = Guid.NewGuid();
        var token = gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        var saved = await SaveAsync(new JsonObject { ["entraTenants"] = new JsonArray($"{tenant}".ToUpperInvariant()), ["basicUserNames"] = new JsonArray("okta") });
        Assert.Equal(HttpStatusCode.OK, saved.StatusCode);
        var read = (await api.GetFromJsonAsync<JsonObject>("scim-access", Stop))!;
        Assert.Equal($"{tenant}", (string)Assert.Single(read["entraTenants"]!.AsArray())!);
        gateway.Scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"okta:{token}")));
        (await gateway.GetAsync("Users?count=0")).Is(HttpStatusCode.OK);

        foreach (var (field, value) in ((string, JsonNode)[])
            [("entraTenants", new JsonArray("contoso.com")), ("basicUserNames", new JsonArray("a:b")), ("captureUntil", DateTimeOffset.UtcNow.AddDays(8)), ("captureUntil", DateTimeOffset.UtcNow.AddDays(-1))])
        {
            var refused = await SaveAsync(new JsonObject { [field] = value });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(field, await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await SaveAsync([])).StatusCode);
        (await gateway.GetAsync("Users?count=0")).IsError(HttpStatusCode.Unauthorized);
    }
}
