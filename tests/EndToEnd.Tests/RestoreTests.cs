using System.Diagnostics;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests;

/// <summary>A backup that is restored knows an older world: nothing is written before a person has looked.</summary>
public sealed class RestoreTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_backup_only_observes_until_it_is_promoted()
    {
        await using var product = await Product.StartAsync();
        var ada = await product.CreateAsync("ada@example.test");
        await product.SettledAsync(ada, "Onboarded");
        await product.StopGatewayAsync();
        var backup = Path.Combine(product.Directory, "backup");
        await CopyAsync(product.Data, backup);

        await product.StartGatewayAsync();
        await product.DeleteAsync(ada);
        await product.SettledAsync(ada, "Deleted");
        var bob = await product.CreateAsync("bob@example.test");
        await product.SettledAsync(bob, "Onboarded");
        await product.StopGatewayAsync();
        System.IO.Directory.Delete(product.Data, recursive: true);
        await CopyAsync(backup, product.Data);

        await product.StartGatewayAsync("--restored");
        var integration = await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}");
        Assert.Equal("restore", (string?)integration["observeOnly"]?["by"]);
        var cyd = await product.CreateAsync("cyd@example.test");
        await product.PatchAsync(ada, """{"op":"replace","path":"title","value":"Countess"}""");
        var sync = await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/sync");
        var read = await product.ApiAsync(HttpMethod.Get, $"operations/{(string)sync["operationId"]!}?wait=50");
        Assert.Equal("Succeeded", (string?)read["status"]);
        Assert.Null(product.Member("cyd@example.test"));
        Assert.Null(product.Member("ada@example.test"));
        using var found = await product.ScimAsync(HttpMethod.Get, "Users?filter=userName eq \"bob@example.test\"");
        Assert.Equal(1, (int)JsonNode.Parse(await found.Content.ReadAsStringAsync(Stop))!["totalResults"]!);

        // Started again without the option it still observes: that is a fact of the data, not of the process.
        await product.StopGatewayAsync();
        await product.StartGatewayAsync();
        Assert.Null(product.Member("cyd@example.test"));
        await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/promote", new JsonObject { ["reason"] = "Looked at." });
        await product.SettledAsync(cyd, "Onboarded");
        Assert.NotNull(product.Member("cyd@example.test"));
        Assert.Equal(2, product.Sample.Audit().Count(entry => entry.Event == "Member invited" && entry.Target is "ada@example.test" or "bob@example.test"));
    }

    [Fact]
    public async Task Who_was_erased_since_the_backup_is_erased_again_when_it_is_restored()
    {
        await using var product = await Product.StartAsync();
        var ledger = Path.Combine(product.Directory, "ledger", "erasures.jsonl");
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(ledger)!);
        var ada = await product.CreateAsync("ada@example.test");
        var bob = await product.CreateAsync("bob@example.test");
        await product.SettledAsync(ada, "Onboarded");
        await product.SettledAsync(bob, "Onboarded");
        await product.StopGatewayAsync();
        var backup = Path.Combine(product.Directory, "backup");
        await CopyAsync(product.Data, backup);

        await product.StartGatewayAsync("--erasure-ledger", ledger);
        await product.DeleteAsync(ada);
        await product.SettledAsync(ada, "Deleted");
        var asked = await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/users/{ada}/erase", new JsonObject { ["reason"] = "Request 42" });
        await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/approvals/{(string)asked["id"]!}/approve", new JsonObject { ["reason"] = "Their right." });
        var line = Assert.Single(await File.ReadAllLinesAsync(ledger, Stop));
        Assert.Contains(ada, line, StringComparison.Ordinal);
        Assert.DoesNotContain("example.test", line, StringComparison.Ordinal);
        await product.StopGatewayAsync();
        System.IO.Directory.Delete(product.Data, recursive: true);
        await CopyAsync(backup, product.Data);

        // The backup knows her as somebody who works there.
        await product.StartGatewayAsync("--restored", "--erasure-ledger", ledger);
        await SaidAsync(product, "1 people were erased again");
        Assert.Equal($"erased-{ada}", (string?)(await product.UserAsync(ada))["userName"]);
        Assert.Equal("Onboarded", (string?)(await product.UserAsync(bob))["provisioningState"]);
        var activity = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/activity?limit=200")).ToJsonString();
        Assert.DoesNotContain("ada@example.test", activity, StringComparison.Ordinal);
        Assert.Contains("bob@example.test", activity, StringComparison.Ordinal);
        Assert.True((bool)(await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/activity/verify"))["intact"]!);

        // Nothing was written to the app for it, and once is enough.
        await product.StopGatewayAsync();
        await product.StartGatewayAsync("--restored", "--erasure-ledger", ledger);
        await SaidAsync(product, "0 people were erased again");
        Assert.Single(product.Sample.Audit(), entry => entry.Event == "Member removed");
    }

    private static Task SaidAsync(Product product, string text) => Product.UntilAsync(
        () => Task.FromResult(product.ReadLog().Contains(text, StringComparison.Ordinal)), TimeSpan.FromSeconds(60), () => $"It did not say '{text}':\n{product.ReadLog()}");

    private static async Task CopyAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        await copy.WaitForExitAsync(Stop);
        Assert.Equal(0, copy.ExitCode);
    }
}
