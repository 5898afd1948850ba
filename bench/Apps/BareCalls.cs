using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Apps;

/// <summary>The calls of the connector redmine-api by a bare HttpClient.</summary>
internal sealed class BareCalls : IWay, IDisposable
{
    private readonly HttpClient client;

    public BareCalls(string url, string key)
    {
        client = new HttpClient { BaseAddress = new Uri(url) };
        client.DefaultRequestHeaders.Add("X-Redmine-API-Key", key);
    }

    public async Task<bool> FindAsync(string name) => await ReadAsync(name) is not null;

    public async Task CreateAsync(string name)
    {
        (await client.PostAsJsonAsync("/users.json", new { user = new { login = name, mail = name, firstname = "Bench", lastname = "Person", generate_password = true }, send_information = true })).EnsureSuccessStatusCode();
        Expect((string?)(await ReadAsync(name))?["mail"] == name);
    }

    public async Task PromoteAsync(string name)
    {
        var id = (int)(await ReadAsync(name))!["id"]!;
        (await client.PutAsJsonAsync($"/users/{id}.json", new { user = new { admin = true } })).EnsureSuccessStatusCode();
        Expect((bool?)(await ReadAsync(name))?["admin"] == true);
    }

    public async Task DeleteAsync(string name)
    {
        var id = (int)(await ReadAsync(name))!["id"]!;
        (await client.DeleteAsync($"/users/{id}.json")).EnsureSuccessStatusCode();
        Expect(await ReadAsync(name) is null);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Active, registered and locked people are three lists of the API.</summary>
    private async Task<JsonNode?> ReadAsync(string name)
    {
        JsonNode? found = null;
        foreach (var status in new[] { 1, 2, 3 })
        {
            var page = JsonNode.Parse(await client.GetStringAsync($"/users.json?status={status}&name={Uri.EscapeDataString(name)}&limit=100"))!;
            found ??= page["users"]!.AsArray().FirstOrDefault(user => (string?)user!["login"] == name);
        }

        return found;
    }

    private static void Expect(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The API does not show what was written.");
        }
    }
}
