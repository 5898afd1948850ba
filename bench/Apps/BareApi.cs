using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Apps;

/// <summary>The calls of the connector redmine-api, by a bare <see cref="HttpClient"/>: the look-up, the change, the read-back.</summary>
internal sealed class BareApi : IDisposable
{
    private readonly HttpClient client;

    public BareApi(string url, string key)
    {
        client = new HttpClient { BaseAddress = new Uri(url) };
        client.DefaultRequestHeaders.Add("X-Redmine-API-Key", key);
    }

    /// <summary>How many calls were made.</summary>
    public int Calls { get; private set; }

    public async Task CreateAsync(string login)
    {
        Expect(await FindAsync(login), null, null);
        await SendAsync(HttpMethod.Post, "/users.json", new JsonObject
        {
            ["user"] = new JsonObject { ["login"] = login, ["mail"] = $"{login}@example.com", ["firstname"] = login, ["lastname"] = "Bench", ["generate_password"] = true },
            ["send_information"] = true,
        });
        Expect(await FindAsync(login), "mail", $"{login}@example.com");
    }

    public async Task ReadAsync(string login) => Expect(await FindAsync(login), "login", login);

    public Task UpdateAsync(string login) => ChangeAsync(login, "firstname", "Changed");

    public Task DeactivateAsync(string login) => ChangeAsync(login, "status", 3);

    public async Task DeleteAsync(string login)
    {
        await SendAsync(HttpMethod.Delete, $"/users/{(await FindAsync(login))!["id"]}.json", null);
        Expect(await FindAsync(login), null, null);
    }

    public void Dispose() => client.Dispose();

    private async Task ChangeAsync(string login, string field, JsonNode value)
    {
        var user = (await FindAsync(login))!;
        await SendAsync(HttpMethod.Put, $"/users/{user["id"]}.json", new JsonObject { ["user"] = new JsonObject { [field] = value.DeepClone() } });
        Expect(await FindAsync(login), field, value.ToString());
    }

    /// <summary>Looks into the lists of the active, the registered and the locked, as the connector does.</summary>
    private async Task<JsonObject?> FindAsync(string login)
    {
        JsonObject? found = null;
        foreach (var status in (int[])[1, 2, 3])
        {
            Calls++;
            var answer = await client.GetFromJsonAsync<JsonObject>($"/users.json?status={status}&name={login}&limit=100");
            foreach (var user in answer!["users"]!.AsArray().OfType<JsonObject>().Where(user => (string?)user["login"] == login))
            {
                user["status"] = status;
                found = user;
            }
        }

        return found;
    }

    private async Task SendAsync(HttpMethod method, string path, JsonObject? body)
    {
        Calls++;
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsStringAsync();
    }

    private static void Expect(JsonObject? user, string? field, string? value)
    {
        if (field is null ? user is not null : user?[field]?.ToString() != value)
        {
            throw new InvalidOperationException($"The app shows {user?.ToJsonString() ?? "nobody"} where {field} should be {value}.");
        }
    }
}
