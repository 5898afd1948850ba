using System.Net;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests;

/// <summary>Somebody about whom two things are to be done at once, through the app's own pages.</summary>
public sealed class ReturnTests
{
    [Fact]
    public async Task Who_returns_while_the_browser_deletes_them_is_made_again_afterwards_and_once()
    {
        await using var product = await Product.StartAsync();
        var first = await product.CreateAsync("ada@example.test");
        await product.SettledAsync(first, "Onboarded");

        // Slow enough that the browser is in the middle of it when the identity provider has changed its mind.
        product.Sample.Faults.Current = product.Sample.Faults.Current with { Slow = 250 };
        await product.DeleteAsync(first);
        await Product.UntilAsync(
            async () => (string?)(await product.UserAsync(first))["provisioningState"] == "Delete ongoing", TimeSpan.FromSeconds(90), product.ReadLog);
        var second = await product.CreateAsync("ada@example.test", given: "Augusta");
        await product.PatchAsync(second, """{"op":"replace","path":"roles","value":[{"value":"Viewer"}]}""");
        product.Sample.Faults.Clear();
        await product.SettledAsync(second, "Onboarded", TimeSpan.FromSeconds(120));

        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.NotFound, (await product.ScimAsync(HttpMethod.Get, $"Users/{first}")).StatusCode);
        var member = product.Member("ada@example.test");
        Assert.Equal("Augusta", member!.FirstName);
        Assert.Equal(["Member invited", "Member removed", "Member invited"], product.Sample.Audit().Select(entry => entry.Event).Where(name => name is "Member invited" or "Member removed"));

        // Of two operations on one account the second begins when the first has ended.
        var operations = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/operations?limit=50"))["items"]!.AsArray()
            .Where(item => (string?)item!["target"] == "ada@example.test").Select(item => (JsonObject)item!).Reverse().ToList();
        Assert.All(operations.Zip(operations.Skip(1)), pair => Assert.True((DateTimeOffset)pair.First["endedAt"]! <= (DateTimeOffset)pair.Second["startedAt"]!, pair.ToString()));
    }
}
