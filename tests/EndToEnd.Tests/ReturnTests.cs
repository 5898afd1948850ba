using System.Net;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests;

/// <summary>Somebody about whom two things are to be done at once, through the app's own pages.</summary>
public sealed class ReturnTests
{
    [Fact]
    public async Task Who_returns_before_the_browser_presses_delete_keeps_the_account_and_who_returns_after_it_is_made_again_once()
    {
        await using var product = await Product.StartAsync();
        var first = await product.CreateAsync("ada@example.test");
        await product.SettledAsync(first, "Onboarded");

        // Slow enough that the browser is on its way when the identity provider changes its mind.
        product.Sample.Faults.Current = product.Sample.Faults.Current with { Slow = 400 };
        await product.DeleteAsync(first);
        await Product.UntilAsync(
            async () => (string?)(await product.UserAsync(first))["provisioningState"] == "Delete ongoing", TimeSpan.FromSeconds(90), product.ReadLog, everyMilliseconds: 10);
        var second = await product.CreateAsync("ada@example.test", given: "Augusta");
        product.Sample.Faults.Clear();
        await product.SettledAsync(second, "Onboarded", TimeSpan.FromSeconds(120));

        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.NotFound, (await product.ScimAsync(HttpMethod.Get, $"Users/{first}")).StatusCode);
        Assert.Equal("Augusta", product.Member("ada@example.test")!.FirstName);
        Assert.Equal(["Member invited"], Comings(product));

        // The removal is done, and its proof under way.
        product.Sample.Faults.Current = product.Sample.Faults.Current with { Slow = 250 };
        await product.DeleteAsync(second);
        await Product.UntilAsync(() => Task.FromResult(Comings(product).Contains("Member removed")), TimeSpan.FromSeconds(90), product.ReadLog, everyMilliseconds: 10);
        var third = await product.CreateAsync("ada@example.test", given: "Ada");
        await product.PatchAsync(third, """{"op":"replace","path":"roles","value":[{"value":"Viewer"}]}""");
        product.Sample.Faults.Clear();
        await product.SettledAsync(third, "Onboarded", TimeSpan.FromSeconds(120));

        Assert.Equal("Ada", product.Member("ada@example.test")!.FirstName);
        Assert.Equal(["Member invited", "Member removed", "Member invited"], Comings(product));

        // Of two operations on one account the second begins when the first has ended.
        var operations = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/operations?limit=50"))["items"]!.AsArray()
            .Where(item => (string?)item!["target"] == "ada@example.test").Select(item => (JsonObject)item!).Reverse().ToList();
        Assert.All(operations.Zip(operations.Skip(1)), pair => Assert.True((DateTimeOffset)pair.First["endedAt"]! <= (DateTimeOffset)pair.Second["startedAt"]!, pair.ToString()));
    }

    private static List<string> Comings(Product product) =>
        [.. product.Sample.Audit().Select(entry => entry.Event).Where(name => name is "Member invited" or "Member removed")];
}
