using System.Text.Json.Nodes;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

/// <summary>Projects of the sample app: listed with their permissions, given and taken through its pages.</summary>
public sealed class AssetStoryTests
{
    [Fact]
    public async Task Access_to_projects_is_listed_given_changed_and_taken_and_a_sync_knows_names_and_seats()
    {
        await using var product = await Product.StartAsync();
        var sync = await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/sync");
        await EndedAsync(product, (string)sync["operationId"]!);
        var assets = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/assets"))["items"]!.AsArray();
        var first = assets[0]!;
        string[] permissions = [.. first["entitlements"]!.AsArray().Select(value => (string)value!)];
        Assert.Equal(new[] { "Read", "Write", "Manage" }.Select(permission => $"{first["displayName"]}: {permission}"), permissions);

        // Whoever was there before is imported with a name.
        using var listed = await product.ScimAsync(HttpMethod.Get, "Users?count=3");
        var people = JsonNode.Parse(await listed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["Resources"]!.AsArray();
        Assert.All(people, person => Assert.False(string.IsNullOrEmpty((string?)person!["name"]?["familyName"])));

        using var created = await product.ScimAsync(HttpMethod.Post, "Users", With(Product.Person("ada@example.test"), permissions[0]));
        var id = (string)JsonNode.Parse(await created.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;
        await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(60));
        Assert.Equal([Permission.Read], product.Member("ada@example.test")!.Grants.Select(grant => grant.Permission));

        var other = (string)assets[1]!["entitlements"]![2]!;
        var changed = await product.ApiAsync(
            HttpMethod.Post, $"integrations/{product.IntegrationId}/users/{id}/entitlements",
            new JsonObject { ["grant"] = new JsonArray(permissions[1], other), ["revoke"] = new JsonArray(permissions[0]), ["reason"] = "Moves up" });
        await EndedAsync(product, (string)changed["operationId"]!);
        Assert.Equal([Permission.Write, Permission.Manage], product.Member("ada@example.test")!.Grants.Select(grant => grant.Permission).Order());

        var taken = await product.ApiAsync(
            HttpMethod.Post, $"integrations/{product.IntegrationId}/users/{id}/entitlements", new JsonObject { ["revoke"] = new JsonArray(permissions[1], other), ["reason"] = "Moves on" });
        await EndedAsync(product, (string)taken["operationId"]!);
        Assert.Empty(product.Member("ada@example.test")!.Grants);
        var audit = product.Sample.Audit().Where(entry => entry.Target == "ada@example.test").Select(entry => entry.Event).ToList();
        Assert.Equal((3, 2), (audit.Count(item => item == "Access granted"), audit.Count(item => item == "Access revoked")));
    }

    private static string With(string person, string entitlement)
    {
        var body = JsonNode.Parse(person)!.AsObject();
        body["entitlements"] = new JsonArray(new JsonObject { ["value"] = entitlement });
        return body.ToJsonString();
    }

    private static async Task EndedAsync(Product product, string operation)
    {
        var ended = await product.ApiAsync(HttpMethod.Get, $"operations/{operation}?wait=50");
        Assert.True((string?)ended["status"] == "Succeeded", ended.ToJsonString());
    }
}
