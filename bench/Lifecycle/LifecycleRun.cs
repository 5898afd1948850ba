using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.Bench.Lifecycle;

/// <summary>The gateway's process before the sample app, with the shipped connector.</summary>
internal sealed class LifecycleRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PatienceOfSync = TimeSpan.FromMinutes(30);

    private readonly Workspace workspace;
    private readonly ServerProcess server;
    private readonly HttpClient api;
    private readonly List<string> people = [];

    private LifecycleRun(Workspace workspace, ServerProcess server, HttpClient api)
    {
        this.workspace = workspace;
        this.server = server;
        this.api = api;
    }

    public static async Task<LifecycleRun> StartAsync(string scratch, Uri app)
    {
        var workspace = await Workspace.CreateAsync(Path.Combine(scratch, "gateway"), Repository.Catalog, app.AbsoluteUri.TrimEnd('/'));
        await workspace.DisposeAsync();
        var server = ServerProcess.StartGateway(workspace.Data, Repository.Catalog);
        var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/api/") };
        api.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(workspace.Data, "owner.key"))).Trim());
        return new LifecycleRun(workspace, server, api);
    }

    /// <summary>A sync from its request until its plan is applied.</summary>
    /// <param name="rows">How many accounts the app has.</param>
    /// <param name="script">What the script took for the same; null where it was not run.</param>
    public async Task SyncAsync(int rows, ScriptRun? script)
    {
        var before = server.ResidentBytes;
        var started = Stopwatch.GetTimestamp();
        var operation = (string)(await SendAsync(HttpMethod.Post, $"integrations/{workspace.Integration.Id}/sync"))["operationId"]!;
        var ended = await EndedAsync(operation, PatienceOfSync);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Console.WriteLine($"sync {(string?)ended["status"]}: {elapsed.TotalSeconds:F1} s, {rows / elapsed.TotalSeconds:N0} rows/s{(script is null ? "" : $" ({script.Elapsed / elapsed:F2} of the script)")}; "
            + $"resident {Megabytes(before)} before, at most {Megabytes(server.PeakBytes)}{(script is null ? "" : $" ({(double)server.PeakBytes / script.PeakBytes:F1} of the script)")}; {ended["changes"]?[0]}");
    }

    /// <summary>How many visits a burst of changes costs.</summary>
    public async Task CoalesceAsync(int people, int patches)
    {
        using (var scim = new HttpConnection(server.Port))
        {
            for (var i = 0; i < people; i++)
            {
                this.people.Add(Create(scim, $"person-{i}@bench.test", i));
            }
        }

        await SettleAsync();
        var known = (await UpdatesAsync()).Count;
        using var fresh = new HttpConnection(server.Port);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < patches; i++)
        {
            Patch(fresh, this.people[i % people], $$"""{"op":"replace","path":"title","value":"Title {{i}}"}""");
        }

        var accepted = Stopwatch.GetElapsedTime(started);
        await SettleAsync();
        var visits = (await UpdatesAsync()).SkipLast(known).Sum(operation => (int)operation["attempt"]!);
        Console.WriteLine($"{patches} PATCHes to {people} people: {visits} visits; accepted in {accepted.TotalMilliseconds:N0} ms, all in the app after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
    }

    /// <summary>A long queue, and an emergency in it.</summary>
    public async Task QueueAsync(int count)
    {
        var before = server.ResidentBytes;
        using var scim = new HttpConnection(server.Port);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            Create(scim, $"queued-{i}@bench.test", i);
        }

        var accepted = Stopwatch.GetElapsedTime(started);
        Console.WriteLine($"{count:N0} joiners accepted in {accepted.TotalSeconds:F1} s by one connection; resident {Megabytes(before)} before, {Megabytes(server.ResidentBytes)} after");

        started = Stopwatch.GetTimestamp();
        var asked = DateTimeOffset.UtcNow;
        var revoked = await SendAsync(HttpMethod.Post, "emergency-revoke", new JsonObject { ["person"] = "person-0@bench.test", ["reason"] = "bench" });
        var operation = await EndedAsync((string)revoked["revoked"]![0]!["operationId"]!, Patience);
        var done = Stopwatch.GetElapsedTime(started);
        var (acceptedAt, start) = ((DateTimeOffset)operation["createdAt"]!, (DateTimeOffset)operation["startedAt"]!);
        var between = (await RecentAsync("Succeeded")).Concat(await RecentAsync("Running"))
            .Count(other => (DateTimeOffset?)other["startedAt"] is { } at && at > acceptedAt && at < start);
        Console.WriteLine($"emergency revoke: accepted after {(acceptedAt - asked).TotalMilliseconds:N0} ms, started {(start - acceptedAt).TotalMilliseconds:N0} ms later, {between} others started in between; verified after {done.TotalMilliseconds:N0} ms");
    }

    public ValueTask DisposeAsync()
    {
        api.Dispose();
        server.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<List<JsonNode>> RecentAsync(string status) =>
        [.. (await SendAsync(HttpMethod.Get, $"integrations/{workspace.Integration.Id}/operations?status={status}&limit=200"))["items"]!.AsArray().OfType<JsonNode>()];

    private async Task<List<JsonNode>> UpdatesAsync() => [.. (await RecentAsync("Succeeded")).Where(operation => (string?)operation["kind"] == "Update")];

    private string Create(HttpConnection scim, string email, int person)
    {
        var status = scim.Exchange(HttpConnection.Request("POST", workspace.Scim("Users"), workspace.Token, $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{email}}","active":true,"name":{"givenName":"{{People.GivenName(person)}}","familyName":"{{People.FamilyName(person)}}"},"emails":[{"primary":true,"type":"work","value":"{{email}}"}],"roles":[{"value":"Editor"}]}
            """));
        return status == 201 ? (string)JsonNode.Parse(scim.Body)!["id"]! : throw new InvalidOperationException($"{status}: {Encoding.UTF8.GetString(scim.Body)}");
    }

    private void Patch(HttpConnection scim, string id, string operation)
    {
        var status = scim.Exchange(HttpConnection.Request("PATCH", workspace.Scim($"Users/{id}"), workspace.Token, $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operation}}]}"""));
        if (status is not (200 or 204))
        {
            throw new InvalidOperationException($"{status}: {Encoding.UTF8.GetString(scim.Body)}");
        }
    }

    private async Task SettleAsync()
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var id in people)
        {
            JsonObject user;
            while ((string?)(user = await SendAsync(HttpMethod.Get, $"integrations/{workspace.Integration.Id}/users/{id}"))["provisioningState"] != "Onboarded" || user["openOperationId"] is not null)
            {
                if (Stopwatch.GetElapsedTime(began) > Patience)
                {
                    throw new InvalidOperationException($"It does not settle: {user.ToJsonString()}");
                }

                await Task.Delay(50);
            }
        }
    }

    private async Task<JsonObject> EndedAsync(string operation, TimeSpan patience)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var read = await SendAsync(HttpMethod.Get, $"operations/{operation}?wait=30");
            if ((bool)read["ended"]!)
            {
                return read;
            }

            if (Stopwatch.GetElapsedTime(began) > patience)
            {
                throw new InvalidOperationException($"It does not end: {read.ToJsonString()}");
            }
        }
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        using var response = await api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)!.AsObject() : throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {text}");
    }

    private static string Megabytes(long bytes) => $"{bytes / 1048576.0:N0} MB";
}
