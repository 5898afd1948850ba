using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>Each test starts whole environments: they run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class DevCommandTests
{
    public const string Name = "./dev";
}

[Collection(DevCommandTests.Name)]
public sealed class UpTests
{
    private static readonly string[] Keys = ["scimBaseUrl", "gatewayToken", "apiBaseUrl", "apiKey", "dashboardUrl", "sampleAppUrl", "integrationId"];

    [Fact]
    public async Task Up_gives_one_line_of_json_to_work_with_and_a_second_up_finds_the_first()
    {
        await using var environment = new DevEnvironment();

        var first = await environment.Up("--port", "0");
        Assert.True(first.ExitCode == 0, first.Error);
        var line = Assert.Single(first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var said = JsonNode.Parse(line)!.AsObject();
        Assert.Equal(Keys, said.Select(member => member.Key));
        Assert.All(said, member => Assert.NotEmpty((string)member.Value!));
        Assert.Equal("Succeeded", await ValidationStatus(said));
        var pids = await environment.Pids();

        var second = await environment.Up();

        Assert.Equal((0, first.Output), (second.ExitCode, second.Output));
        Assert.Equal(pids, await environment.Pids());
        Assert.InRange(second.Duration, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_killed_gateway_is_started_again_and_down_leaves_nothing_and_up_after_it_has_the_same_integration()
    {
        await using var environment = new DevEnvironment();
        var first = await environment.Up("--port", "0");
        Assert.True(first.ExitCode == 0, first.Error);
        var before = await environment.Pids();
        using (var gateway = Process.GetProcessById(before.Server))
        {
            gateway.Kill();
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var afterKill = await environment.Up();
        Assert.Equal((0, first.Output), (afterKill.ExitCode, afterKill.Output));
        var after = await environment.Pids();
        Assert.NotEqual(before.Server, after.Server);
        Assert.Equal(before.SampleApp, after.SampleApp);
        Assert.NotEmpty(environment.Processes());

        var down = await environment.Down();
        Assert.Equal(0, down.ExitCode);
        Assert.Empty(environment.Processes());

        var again = await environment.Up();
        Assert.Equal((0, first.Output), (again.ExitCode, again.Output));
        Assert.Single((await Get(JsonNode.Parse(again.Output)!.AsObject(), "integrations"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_port_in_use_is_told_and_nothing_is_left_running()
    {
        await using var environment = new DevEnvironment();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        var up = await environment.Up("--port", $"{port}");

        Assert.Equal(3, up.ExitCode);
        Assert.Empty(up.Output);
        Assert.Contains($"{port}", up.Error, StringComparison.Ordinal);
        Assert.Empty(environment.Processes());
    }

    [Fact]
    public async Task The_demo_tells_the_whole_story_and_leaves_nothing_behind()
    {
        var demo = await DevRun.Of("demo");

        Assert.True(demo.ExitCode == 0, demo.Output + demo.Error);
        Assert.Contains("Ada Lovelace, Editor, Pending", demo.Output, StringComparison.Ordinal);
        Assert.Contains("Ada Byron, Billing, Suspended", demo.Output, StringComparison.Ordinal);
        Assert.Contains("does not list her", demo.Output, StringComparison.Ordinal);
        Assert.EndsWith("Everything was as it should be.\n", demo.Output, StringComparison.Ordinal);
    }

    private static async Task<string?> ValidationStatus(JsonObject said)
    {
        var operations = await Get(said, $"integrations/{said["integrationId"]}/operations?kind=Validate");
        return (string?)Assert.Single(operations["items"]!.AsArray())!["status"];
    }

    private static async Task<JsonObject> Get(JsonObject said, string path)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)said["apiKey"]!);
        return JsonNode.Parse(await http.GetStringAsync($"{said["apiBaseUrl"]}/{path}", TestContext.Current.CancellationToken))!.AsObject();
    }
}
