using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Posture;

/// <summary>The gateway's process, as an administrator and an identity provider use it.</summary>
internal sealed class GatewayClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpClient http;
    private readonly Workspace workspace;
    private readonly string ownerKey;

    public GatewayClient(int port, Workspace workspace, string ownerKey)
    {
        (this.workspace, this.ownerKey) = (workspace, ownerKey);
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public Uri LaunchAddress => new(http.BaseAddress!, $"/launch/{workspace.Integration.Id}");

    /// <summary>Assigns the app to somebody, keeps the credential of their account, and lets people be launched.</summary>
    public async Task AllowLaunchAsync(string person, string password)
    {
        var created = await SendAsync(HttpMethod.Post, workspace.Scim("Users"), workspace.Token, new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
            ["userName"] = "olga@bench.test",
            ["externalId"] = "sub-" + person.Replace(' ', '-'),
            ["active"] = true,
            ["name"] = new JsonObject { ["givenName"] = "Olga", ["familyName"] = "Owner" },
            ["emails"] = new JsonArray(new JsonObject { ["primary"] = true, ["type"] = "work", ["value"] = "olga@bench.test" }),
        });
        var user = $"users/{(string)created["id"]!}";
        await UntilAsync(async () => (string?)(await ApiAsync(HttpMethod.Get, user))["provisioningState"] == "Onboarded");
        await ApiAsync(HttpMethod.Put, $"{user}/connected-account", new JsonObject { ["userName"] = "admin@sample.test", ["password"] = password });
        await ApiAsync(HttpMethod.Put, "launch", new JsonObject { ["enabled"] = true });
    }

    public async Task<double> RotationsPerHourAsync(int rotations)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < rotations; i++)
        {
            await RotateAsync();
        }

        return rotations / Stopwatch.GetElapsedTime(started).TotalHours;
    }

    public async Task RotateAsync()
    {
        var id = (string)(await ApiAsync(HttpMethod.Post, "service-account/rotate-password"))["operationId"]!;
        var operation = new JsonObject();
        await UntilAsync(async () => (bool)(operation = await SendAsync(HttpMethod.Get, $"/api/operations/{id}?wait=5", ownerKey))["ended"]!);
        if ((string?)operation["status"] != "Succeeded")
        {
            throw new InvalidOperationException($"The rotation failed: {operation.ToJsonString()}");
        }
    }

    public void Dispose() => http.Dispose();

    private Task<JsonObject> ApiAsync(HttpMethod method, string path, JsonNode? body = null) => SendAsync(method, $"/api/integrations/{workspace.Integration.Id}/{path}", ownerKey, body);

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, string token, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject() : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {text}");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException("What is measured does not come to its end.");
            }

            await Task.Delay(10);
        }
    }
}
