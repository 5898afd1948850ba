using System.Net;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests;

public sealed class SyncStoryTests
{
    [Fact]
    public async Task A_list_that_hides_people_halts_the_sync_and_a_person_decides_what_becomes_of_its_plan()
    {
        await using var product = await Product.StartAsync(new() { DataDirectory = "", Members = 30, Seats = 500 });
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await product.CreateAsync($"p{i}@example.test"));
        }

        foreach (var id in ids)
        {
            await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(120));
        }

        await IntegrationAsync(product, HttpMethod.Patch, "", """{"safeguard":{"percent":10},"retry":{"attempts":{"IncompleteRead":1}}}""");

        // Part of a list is never taken for everybody who is there.
        product.Sample.Faults.Current = product.Sample.Faults.Current with { ShortList = 1 };
        var partial = await SyncAsync(product);
        Assert.Equal(("Failed", "IncompleteRead"), ((string?)partial["status"], (string?)partial["failure"]!["code"]));
        product.Sample.Faults.Clear();

        // A list without those who have not accepted yet is complete by its own count: only the safeguard can tell.
        product.Sample.Faults.Current = product.Sample.Faults.Current with { HidePending = true };
        var first = await SyncAsync(product);
        Assert.Equal("Halted", (string?)first["status"]);
        var plan = (string)first["id"]!;
        var lines = (await IntegrationAsync(product, HttpMethod.Get, $"/sync-plans/{plan}/lines"))["items"]!.AsArray();
        var gone = lines.Where(line => (string?)line!["kind"] == "Gone").Select(line => (string)line!["identifier"]!).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(Enumerable.Range(0, 5).Select(i => $"p{i}@example.test").ToHashSet(StringComparer.Ordinal), gone);
        await IntegrationAsync(product, HttpMethod.Post, $"/sync-plans/{plan}/reject", """{"reason":"The app hides the invited."}""");
        Assert.Equal("Onboarded", (string?)(await product.UserAsync(ids[0]))["provisioningState"]);

        // Killed while a person thinks: the plan is there afterwards.
        var second = (string)(await SyncAsync(product))["id"]!;
        await product.KillGatewayAsync();
        await product.StartGatewayAsync();
        var decided = await IntegrationAsync(product, HttpMethod.Post, $"/sync-plans/{second}/allow", """{"reason":"They were removed."}""");
        var applied = await EndedAsync(product, (string)decided["operationId"]!);
        Assert.Equal("Succeeded", (string?)applied["status"]);
        Assert.Equal("Deleted", (string?)(await product.UserAsync(ids[0]))["provisioningState"]);
        var drift = (await IntegrationAsync(product, HttpMethod.Get, "/drift?kind=missing"))["items"]!.AsArray();
        Assert.Equal(5, drift.Count);
        Assert.Equal(5, product.Sample.Audit().Count(a => a.Event == "Member invited"));

        // The list shows them again, and so do the records; nobody was invited twice.
        product.Sample.Faults.Clear();
        Assert.Equal("Succeeded", (string?)(await SyncAsync(product))["status"]);
        Assert.Equal("Onboarded", (string?)(await product.UserAsync(ids[0]))["provisioningState"]);
        Assert.Equal(5, product.Sample.Audit().Count(a => a.Event == "Member invited"));
        Assert.Equal(HttpStatusCode.OK, (await product.ScimAsync(HttpMethod.Get, $"Users/{ids[0]}")).StatusCode);
        Assert.Equal(0, await product.StopGatewayAsync());
        await Histories.ReplayAllAsync(product.Data);
    }

    [Fact]
    public async Task Seats_that_the_app_shows_are_shown_here_and_a_full_plan_refuses_new_people_until_a_reading_shows_room()
    {
        // The administrator and four members.
        await using var product = await Product.StartAsync(new() { DataDirectory = "", Members = 4, Seats = 6 });
        await SyncAsync(product);
        var seats = (await IntegrationAsync(product, HttpMethod.Get, ""))["seats"]!;
        Assert.Equal((5, 6, null), ((int)seats["used"]!, (int)seats["total"]!, (string?)seats["taken"]?["detail"]));

        await product.SettledAsync(await product.CreateAsync("last@example.test"), "Onboarded", TimeSpan.FromSeconds(120));
        await SyncAsync(product);
        seats = (await IntegrationAsync(product, HttpMethod.Get, ""))["seats"]!;
        Assert.Equal((6, "6 of 6 seats are taken"), ((int)seats["used"]!, (string?)seats["taken"]!["detail"]));
        var refused = await product.ScimAsync(HttpMethod.Post, "Users", """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"more@example.test","name":{"givenName":"Mo","familyName":"Re"},"emails":[{"primary":true,"type":"work","value":"more@example.test"}],"roles":[{"value":"Viewer"}]}""");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("has no free seat (6 of 6 seats are taken", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain(product.Sample.Audit(), entry => entry.Event == "Member invited" && entry.ToString().Contains("more@", StringComparison.Ordinal));

        product.Sample.Faults.Current = product.Sample.Faults.Current with { SeatLimit = 8 };
        await SyncAsync(product);
        await product.SettledAsync(await product.CreateAsync("more@example.test"), "Onboarded", TimeSpan.FromSeconds(120));
    }

    private static async Task<JsonObject> SyncAsync(Product product) =>
        await EndedAsync(product, (string)(await IntegrationAsync(product, HttpMethod.Post, "/sync"))["operationId"]!);

    private static async Task<JsonObject> EndedAsync(Product product, string operationId)
    {
        JsonObject operation = [];
        await Product.UntilAsync(
            async () => (bool)(operation = await product.ApiAsync(HttpMethod.Get, $"operations/{operationId}?wait=20"))["ended"]!,
            TimeSpan.FromSeconds(120),
            () => $"It does not end: {operation.ToJsonString()}");
        return operation;
    }

    private static Task<JsonObject> IntegrationAsync(Product product, HttpMethod method, string path, string? body = null) =>
        product.ApiAsync(method, $"integrations/{product.IntegrationId}{path}", body is null ? null : JsonNode.Parse(body));
}
