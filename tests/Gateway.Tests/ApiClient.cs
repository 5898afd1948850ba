using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace IdLcm.Gateway.Tests;

/// <summary>An answer with its body.</summary>
public sealed record Answer(int Status, string Body, HttpResponseMessage Message)
{
    public JsonElement Json { get; } = Body.Length > 0 && Message.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true ? JsonDocument.Parse(Body).RootElement : default;

    public string? MediaType => Message.Content.Headers.ContentType?.MediaType;

    public JsonElement this[string name] => Json.GetProperty(name);

    public string Text(string name) => Json.GetProperty(name).GetString()!;

    public List<JsonElement> Items => [.. Json.GetProperty("items").EnumerateArray()];

    public string? NextCursor => Json.GetProperty("nextCursor").GetString();
}

/// <summary>Talks JSON to the gateway over real HTTP.</summary>
public sealed class ApiClient
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private readonly string baseUrl;
    private readonly string? key;

    public ApiClient(string baseUrl, string? key)
    {
        this.baseUrl = baseUrl;
        this.key = key;
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<Answer> PutAsync(string path, object? body = null) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> PatchAsync(string path, object? body = null) => SendAsync(HttpMethod.Patch, path, body);

    public Task<Answer> SendAsync(HttpMethod method, string path, object? body = null) =>
        SendRawAsync(method, path, body switch { null => null, string json => json, _ => JsonSerializer.Serialize(body) });

    public async Task<Answer> SendRawAsync(HttpMethod method, string path, string? body, string mediaType = "application/json")
    {
        using var request = Request(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        }

        var response = await Http.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    /// <summary>Opens a stream whose headers have come.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, string? lastEventId = null)
    {
        using var request = Request(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Waits until an operation has ended.</summary>
    public async Task<Answer> EndAsync(string operationId)
    {
        for (var asked = 1; ; asked++)
        {
            var answer = await GetAsync($"/api/operations/{operationId}?wait=30");
            Assert.Equal(200, answer.Status);
            if (answer["ended"].GetBoolean())
            {
                return answer;
            }

            Assert.True(asked < 8, answer.Body);
        }
    }

    /// <summary>Waits until a validation has ended and, where it is the first that passed, the sync that follows it.</summary>
    public async Task<Answer> ValidatedAsync(string integrationPath, string validationId)
    {
        var validation = await EndAsync(validationId);
        foreach (var sync in (await GetAsync($"{integrationPath}/operations?kind=Sync")).Items)
        {
            await EndAsync(sync.GetProperty("id").GetString()!);
        }

        return validation;
    }

    /// <summary>Waits until the open operation of a user has ended, and reads the user.</summary>
    public async Task<Answer> SettledAsync(Connected integration, string userId)
    {
        while (true)
        {
            var user = await GetAsync($"{integration.Path}/users/{userId}");
            Assert.Equal(200, user.Status);
            if (user["openOperationId"].GetString() is not { } open)
            {
                return user;
            }

            await EndAsync(open);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, baseUrl + path);
        request.Headers.UserAgent.ParseAdd("gateway-tests/1.0");
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return request;
    }
}

/// <summary>Bodies that tests send.</summary>
public static class Requests
{
    public static object NewIntegration(string name = "Support", string password = "right-password", string tenant = "acme") => new
    {
        name,
        app = "memory-desk",
        settings = new { tenant },
        serviceAccount = new { userName = "admin@acme.test", password },
        tokenLabel = "Entra ID",
    };

    public static object Person(string userName, string? role = null, string? externalId = null) => new
    {
        schemas = new[] { "urn:ietf:params:scim:schemas:core:2.0:User" },
        userName,
        externalId,
        displayName = $"Display of {userName}",
        name = new { givenName = "Jo", familyName = "Doe" },
        emails = new[] { new { value = userName, type = "work", primary = true } },
        roles = role is null ? [] : new[] { new { value = role } },
        active = true,
    };
}
