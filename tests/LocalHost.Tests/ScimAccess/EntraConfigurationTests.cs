using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Cli;
using IdLcm.LocalHost.Tests.Storage;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>What <c>idlcm serve</c> makes of the section <c>Entra</c> of its configuration.</summary>
public sealed class EntraConfigurationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task WriteAsync(string data, JsonObject entra) =>
        File.WriteAllTextAsync(Path.Combine(data, "appsettings.json"), new JsonObject { ["Entra"] = entra }.ToJsonString(), Stop);

    [Fact]
    public async Task Tokens_of_the_configured_authority_are_taken_where_the_integration_lists_the_tenant()
    {
        await using var entra = await LocalEntra.StartAsync();
        using var data = new DataDirectory();
        await WriteAsync(data.Path, new JsonObject { ["BaseAddress"] = entra.Address.ToString(), ["Audience"] = "my-audience", ["AllowedTenants"] = new JsonArray($"{entra.Tenant}") });
        var keyFile = Path.Combine(data.Path, "owner.key");
        await using var server = await CliServer.Start(data.Path, "--owner-key-file", keyFile);
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(keyFile, Stop)).Trim());
        var made = await http.PostAsJsonAsync("/api/integrations", new
        {
            name = "Entra",
            app = "sample-workspace",
            settings = new { appUrl = "http://127.0.0.1:9", workspaceId = "w" },
            serviceAccount = new { userName = "admin@acme.test", password = "never-used" },
        }, Stop);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var id = (string)(await made.Content.ReadFromJsonAsync<JsonObject>(Stop))!["id"]!;

        var token = entra.Token(claims => claims["aud"] = "my-audience");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, id, token));
        using var allowed = await http.PutAsJsonAsync($"/api/integrations/{id}/scim-access", new { entraTenants = new[] { entra.Tenant } }, Stop);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, id, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, id, entra.Token()));
    }

    [Fact]
    public async Task A_wrong_setting_keeps_the_server_from_starting_and_is_named()
    {
        using var data = new DataDirectory();
        await WriteAsync(data.Path, new JsonObject { ["AllowedTenants"] = new JsonArray("contoso") });
        var refused = await CliRun.Of("serve", "--data", data.Path, "--port", "0");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("contoso", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string id, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/scim/v2/{id}/Users?count=0");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, Stop);
        return response.StatusCode;
    }
}
