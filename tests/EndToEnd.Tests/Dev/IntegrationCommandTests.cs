using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>The commands that speak to a running gateway.</summary>
[Collection(DevCommandTests.Name)]
public sealed class IntegrationCommandTests
{
    private const string Password = "Sample-admin-1!";

    [Fact]
    public async Task An_integration_is_created_and_validated_and_its_records_are_shown()
    {
        await using var environment = new DevEnvironment();
        var up = await environment.Up("--port", "0");
        Assert.True(up.ExitCode == 0, up.Error);
        var app = (string)JsonNode.Parse(up.Output)!["sampleAppUrl"]!;

        var created = await Cli("integration", "create", "--name", "Second", "--app", "sample-workspace", "--set", $"appUrl={app}", "--set", "workspaceId=ws-1001",
            "--service-user", "admin@sample.test", "--service-password-env", CliRun.PasswordVariable, "--wait");
        Assert.True(created.ExitCode == 0, created.Output + created.Error);
        Assert.Contains("idlcm_gw_", created.Output, StringComparison.Ordinal);
        Assert.Contains("/scim/v2/", created.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, created.Output + created.Error, StringComparison.Ordinal);

        var refused = await Cli("integration", "create", "--name", "Third", "--app", "sample-workspace", "--set", $"appUrl={app}", "--set", "workspaceId=ws-9999",
            "--service-user", "admin@sample.test", "--service-password-env", CliRun.PasswordVariable, "--wait");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("InvalidBusinessId", refused.Output, StringComparison.Ordinal);

        var integrations = JsonNode.Parse((await Cli("integration", "list", "--json")).Output)!.AsArray();
        Assert.Equal(["Sample workspace", "Second", "Third"], integrations.Select(item => (string?)item!["name"]).Order(StringComparer.Ordinal));
        var id = (string)integrations.Single(item => (string?)item!["name"] == "Second")!["id"]!;

        Assert.Contains("ok      Sign in", (await Cli("integration", "show", id)).Output, StringComparison.Ordinal);
        var operations = JsonNode.Parse((await Cli("operations", "list", "-i", id, "--json")).Output)!.AsArray();
        var validation = (string)Assert.Single(operations, item => (string?)item!["kind"] == "Validate")!["id"]!;
        Assert.Contains("click button \"Sign in\"", (await Cli("operations", "show", validation)).Output, StringComparison.Ordinal);
        Assert.Contains("There are no such people", (await Cli("users", "list", "-i", id, "--search", "nobody-of-this-name")).Output, StringComparison.Ordinal);
        Assert.Contains("SCIM integration connected", (await Cli("activity", "list", "-i", id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli("activity", "verify", "-i", id)).ExitCode);

        Task<CliRun> Cli(params string[] arguments) => CliRun.Of(Password, [.. arguments, "--data", environment.Data]);
    }
}
