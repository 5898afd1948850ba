using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Apps.Tests;
using IdLcm.Domain.Connectors;

namespace IdLcm.Bench.Apps;

/// <summary>The whole product: <c>idlcm serve</c> with an integration of the app, its queue, records and evidence as in earnest.</summary>
internal sealed class GatewaySide : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly ServerProcess server;
    private readonly HttpClient scim;
    private readonly HttpClient api;
    private readonly string role;
    private readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);

    private GatewaySide(ServerProcess server, HttpClient scim, HttpClient api, string role)
    {
        this.server = server;
        this.scim = scim;
        this.api = api;
        this.role = role;
    }

    public static async Task<GatewaySide> StartAsync(string data, RealApp app, ConnectorManifest connector)
    {
        var workspace = await Workspace.CreateAsync(data, Repository.Catalog, new BenchApp(connector.Id, new() { ["appUrl"] = app.Url }, "admin", app.Password));
        await workspace.DisposeAsync();
        var server = ServerProcess.StartGateway(data, Repository.Catalog);
        HttpClient Client(string path, string token)
        {
            var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}{path}") };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return client;
        }

        return new(
            server,
            Client(workspace.Scim("Users/"), workspace.Token),
            Client($"/api/integrations/{workspace.Integration.Id}/users/", (await File.ReadAllTextAsync(Path.Combine(data, "owner.key"))).Trim()),
            connector.UserSchema.Roles[0].Value);
    }

    /// <summary>Asks for a change by SCIM, and waits until its operation has ended well.</summary>
    /// <returns>Milliseconds from the request until then.</returns>
    public async Task<double> RunAsync(ConnectorVerb verb, string login)
    {
        var before = ids.TryGetValue(login, out var known) ? (string?)(await UserAsync(known))["lastOperationId"] : null;
        var started = Stopwatch.GetTimestamp();
        var id = verb switch
        {
            ConnectorVerb.CreateUser => ids[login] = await SendAsync(HttpMethod.Post, "", Person(login)),
            ConnectorVerb.UpdateUser => await SendAsync(HttpMethod.Patch, known!, Replace("name.givenName", "Changed")),
            ConnectorVerb.Deactivate => await SendAsync(HttpMethod.Patch, known!, Replace("active", false)),
            _ => await SendAsync(HttpMethod.Delete, known!, null),
        };
        while (true)
        {
            var user = await UserAsync(id);
            if (user["openOperationId"] is null && (string?)user["lastOperationId"] is { } last && last != before)
            {
                var taken = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                return user["failure"] is null ? taken : throw new InvalidOperationException($"{verb}: {user.ToJsonString()}");
            }

            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new InvalidOperationException($"{verb} does not end: {user.ToJsonString()}");
            }

            await Task.Delay(Poll);
        }
    }

    public void Dispose()
    {
        scim.Dispose();
        api.Dispose();
        server.Dispose();
    }

    private JsonObject Person(string login) => new()
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
        ["userName"] = login,
        ["active"] = true,
        ["name"] = new JsonObject { ["givenName"] = login, ["familyName"] = "Bench" },
        ["emails"] = new JsonArray(new JsonObject { ["primary"] = true, ["type"] = "work", ["value"] = $"{login}@example.com" }),
        ["roles"] = new JsonArray(new JsonObject { ["value"] = role }),
    };

    private static JsonObject Replace(string path, JsonNode value) => new()
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:PatchOp"),
        ["Operations"] = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = path, ["value"] = value }),
    };

    private async Task<string> SendAsync(HttpMethod method, string path, JsonObject? body)
    {
        using var request = new HttpRequestMessage(method, path.Length == 0 ? new Uri(scim.BaseAddress!.AbsoluteUri.TrimEnd('/')) : new Uri(scim.BaseAddress!, path));
        request.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/scim+json");
        using var answer = await scim.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return !answer.IsSuccessStatusCode ? throw new InvalidOperationException($"{method} {path}: {answer.StatusCode} {text}")
            : answer.StatusCode == HttpStatusCode.NoContent ? path : (string)JsonNode.Parse(text)!["id"]!;
    }

    private async Task<JsonNode> UserAsync(string id) => JsonNode.Parse(await api.GetStringAsync(id))!;
}
