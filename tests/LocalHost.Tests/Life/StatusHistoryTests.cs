using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class StatusHistoryTests
{
    [Fact]
    public async Task What_an_integration_went_through_is_remembered_in_order_and_over_a_restart()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.EndedAsync((string)(await gateway.DoAsync(HttpMethod.Post, "/validate"))["operationId"]!);
        await IsNowAsync(gateway, "Up to date");
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.CreateAsync("ada@acme.test");
        await IsNowAsync(gateway, "In progress");
        gate.SetResult();
        await IsNowAsync(gateway, "Up to date");

        var history = await ReadAsync(gateway);
        Assert.Null(history[0]["until"]);
        Assert.All(history.Zip(history.Skip(1)), pair => Assert.Equal((string?)pair.First["since"], (string?)pair.Second["until"]));
        Assert.All(history.Zip(history.Skip(1)), pair => Assert.NotEqual((string?)pair.First["status"], (string?)pair.Second["status"]));

        await gateway.RestartAsync();
        gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        gateway.External.SignInFailure = new Domain.Connectors.Failure(Domain.Connectors.FailureCode.BadCredentials, "wrong");
        await gateway.CreateAsync("bob@acme.test");
        await IsNowAsync(gateway, "In progress");
        gate.SetResult();
        await IsNowAsync(gateway, "Failed");
        Assert.Equal(history.Select(item => (string)item["id"]!), (await ReadAsync(gateway)).Select(item => (string)item["id"]!).TakeLast(history.Count));

        var first = await gateway.DoAsync(HttpMethod.Get, "/status-history?limit=1");
        var second = await gateway.DoAsync(HttpMethod.Get, $"/status-history?limit=1&cursor={first["nextCursor"]}");
        Assert.Equal(["Failed", "In progress"], new[] { first, second }.Select(page => (string)page["items"]![0]!["status"]!));
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Get, "integrations/nowhere/status-history")).Status);
    }

    private static Task IsNowAsync(RunningGateway gateway, string status) =>
        RunningGateway.UntilAsync(async () => (await ReadAsync(gateway)) is [var newest, ..] && (string?)newest["status"] == status, $"The status does not become {status}.");

    private static async Task<IReadOnlyList<JsonObject>> ReadAsync(RunningGateway gateway) =>
        [.. (await gateway.DoAsync(HttpMethod.Get, "/status-history"))["items"]!.AsArray().Select(item => (JsonObject)item!)];
}
