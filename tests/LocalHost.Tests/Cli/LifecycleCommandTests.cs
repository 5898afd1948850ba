using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Cli;

/// <summary>The commands that speak to a running server about people's lives.</summary>
public sealed class LifecycleCommandTests
{
    [Fact]
    public async Task Syncs_are_run_and_halted_plans_decided()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Safeguard = new() { Absolute = 0 } });
        gateway.External.Put("ada@acme.test");
        var cli = await CliAsync(gateway);
        Assert.Equal(0, (await cli("sync run --wait")).ExitCode);
        gateway.External.Remove("ada@acme.test");
        var halted = await cli("sync run --wait --json");
        Assert.Equal(1, halted.ExitCode);
        var plan = (string)JsonNode.Parse((await cli("sync plans --json")).Output)![0]!["id"]!;
        Assert.Matches("Halted", (await cli("sync plans")).Output);
        Assert.Contains("Rejected", (await cli($"sync reject {plan} --reason no")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await cli($"sync allow {plan}")).ExitCode);
        await cli("sync run --wait");
        var second = (string)JsonNode.Parse((await cli("sync plans --json")).Output)![0]!["id"]!;
        Assert.Contains("Allowed", (await cli($"sync allow {second} --reason yes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Safeguards_of_accounts_and_of_assignments_and_the_schedule_are_set_one_number_at_a_time()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var cli = await CliAsync(gateway);
        var id = gateway.Integration.Id;

        Assert.Contains("Accounts: 20 % of 10 or more, at most 50", (await cli($"integration safeguard {id}", integration: false)).Output, StringComparison.Ordinal);
        await cli($"integration safeguard {id} --percent 7 --assignment-absolute none", integration: false);
        var set = JsonNode.Parse((await cli($"integration safeguard {id} --minimum-population 30 --assignment-percent 9 --json", integration: false)).Output)!;
        Assert.Equal((7, 50, 30), ((int)set["percent"]!, (int)set["absolute"]!, (int)set["minimumPopulation"]!));
        Assert.Equal((9, null, 20), ((int)set["assignments"]!["percent"]!, (int?)set["assignments"]!["absolute"], (int)set["assignments"]!["minimumPopulation"]!));
        Assert.Equal(2, (await cli($"integration safeguard {id} --absolute many", integration: false)).ExitCode);
        Assert.Equal("idlcm: Bad Request: safeguard.percent: 300 must be 0 to 100. (HTTP 400)", Assert.Single((await cli($"integration safeguard {id} --percent 300", integration: false)).ErrorLines));

        Assert.Contains("by hand only", (await cli($"integration schedule {id}", integration: false)).Output, StringComparison.Ordinal);
        Assert.Contains("'hourly' must have five fields", (await cli($"integration schedule {id} --cron hourly", integration: false)).Error, StringComparison.Ordinal);
        await gateway.DoAsync(HttpMethod.Patch, "", """{"sync":{"schedule":{"cron":"30 2 * * *"},"afterFailures":9}}""");
        Assert.Contains("'30 2 * * *', Europe/Berlin; next at 20", (await cli($"integration schedule {id} --time-zone Europe/Berlin", integration: false)).Output, StringComparison.Ordinal);
        await cli($"integration schedule {id} --cron none", integration: false);
        var after = await gateway.DoAsync(HttpMethod.Get, "");
        Assert.Equal((null, 9), (after["sync"]!["schedule"], (int)after["sync"]!["afterFailures"]!));
    }

    [Fact]
    public async Task People_are_revoked_given_access_erased_and_integrations_observed()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Deprovision = new() { DeleteNeedsApproval = true } });
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var cli = await CliAsync(gateway);

        Assert.Contains("ada@acme.test", (await cli("users list")).Output, StringComparison.Ordinal);
        Assert.Contains("ada@acme.test", (await cli("revoke ada@acme.test --reason taken", integration: false)).Output, StringComparison.Ordinal);
        await RunningGateway.UntilAsync(() => Task.FromResult((string?)gateway.External.Find("ada@acme.test")!["status"] == "suspended"), "The access stays.");
        Assert.Equal(0, (await cli("revoke ada@acme.test --lift --reason back", integration: false)).ExitCode);
        await RunningGateway.UntilAsync(() => Task.FromResult((string?)gateway.External.Find("ada@acme.test")!["status"] == "active"), "The access does not come back.");
        Assert.Contains("no way to change single entitlements", (await cli($"users access {id} --grant x --reason y")).Error, StringComparison.Ordinal);
        Assert.Contains("No sync has read any asset", (await cli("assets list")).Output, StringComparison.Ordinal);

        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Contains("only observes: look", (await cli($"integration observe {gateway.Integration.Id} --reason look", integration: false)).Output, StringComparison.Ordinal);
        Assert.Contains("does what it shows", (await cli($"integration promote {gateway.Integration.Id} --reason looked", integration: false)).Output, StringComparison.Ordinal);
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, "/approvals?status=Pending"))["items"]!.AsArray().Count == 1, "No approval is asked for.");
        var approval = (string)JsonNode.Parse((await cli("approvals list --pending --json")).Output)![0]!["id"]!;
        Assert.Contains("Approved", (await cli($"approvals approve {approval} --reason gone")).Output, StringComparison.Ordinal);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        Assert.Contains("Approval", (await cli($"users erase {id} --reason asked")).Output, StringComparison.Ordinal);
        var erasure = (string)JsonNode.Parse((await cli("approvals list --pending --json")).Output)![0]!["id"]!;
        Assert.Contains("Rejected", (await cli($"approvals reject {erasure} --reason later")).Output, StringComparison.Ordinal);
        Assert.Contains("Rejected", (await cli("approvals list")).Output, StringComparison.Ordinal);
        Assert.Contains("SINCE", (await cli($"integration history {gateway.Integration.Id}", integration: false)).Output, StringComparison.Ordinal);
        Assert.Contains("unbroken", (await cli("activity verify")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_operations_are_retried_one_and_all_and_a_pause_keeps_what_is_queued()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FailNext(FailureCode.UnsupportedOperation);
        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        var cli = await CliAsync(gateway);
        var failed = (string)JsonNode.Parse((await cli("operations list --status Failed --json")).Output)![0]!["id"]!;
        var retried = await cli($"operations retry {failed} --wait", integration: false);
        Assert.True(retried.ExitCode == 0, retried.Output + retried.Error);
        Assert.NotNull(gateway.External.Find("ada@acme.test"));
        Assert.Equal(4, (await cli($"operations retry {failed}", integration: false)).ExitCode);

        Assert.Contains("0 failed operations", (await cli("operations retry-failed")).Output, StringComparison.Ordinal);
        Assert.Equal(4, (await cli("operations retry-failed --code Nonsense")).ExitCode);

        Assert.Contains("It is paused: audit", (await cli($"integration pause {gateway.Integration.Id} --reason audit", integration: false)).Output, StringComparison.Ordinal);
        await gateway.CreateAsync("bob@acme.test");
        var queued = (string)JsonNode.Parse((await cli("operations list --status Queued --json")).Output)![0]!["id"]!;
        Assert.Contains("It is cancelled.", (await cli($"operations cancel {queued}", integration: false)).Output, StringComparison.Ordinal);
        Assert.Contains("It is not paused.", (await cli($"integration resume {gateway.Integration.Id} --reason done", integration: false)).Output, StringComparison.Ordinal);
        Assert.Null(gateway.External.Find("bob@acme.test"));
    }

    [Fact]
    public async Task Rotation_policies_and_exceptions_are_set_shown_and_ended()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var cli = await CliAsync(gateway);
        var set = JsonNode.Parse((await cli("posture policy set --max-age-days 60 --after-leaver --window 22:00-04:00 --window-day Saturday --time-zone Europe/Berlin")).Output)!;
        Assert.Equal((60, "22:00", "Saturday"), ((int)set["own"]!["maxAgeDays"]!, (string?)set["own"]!["window"]!["start"], (string?)set["own"]!["window"]!["days"]![0]));
        Assert.Contains("window.end", (await cli("posture policy set --window 22:00-22:00")).Error, StringComparison.Ordinal);
        Assert.Equal(60, (int)JsonNode.Parse((await cli("posture policy show")).Output)!["inForce"]!["maxAgeDays"]!);
        Assert.Equal(0, (await cli("posture policy remove")).ExitCode);
        Assert.Null(JsonNode.Parse((await cli("posture policy show")).Output)!["inForce"]);

        var workspace = JsonNode.Parse((await cli($"posture policy set --max-age-days 90 --exclude {gateway.Integration.Id}", integration: false)).Output)!;
        Assert.Equal(gateway.Integration.Id, (string?)workspace["exclude"]![0]);
        Assert.Equal(90, (int)JsonNode.Parse((await cli("posture policy show", integration: false)).Output)!["policy"]!["maxAgeDays"]!);

        Assert.Equal(4, (await cli("posture except --rule Nonsense --reason phone --until 2026-01-01T00:00Z")).ExitCode);
        Assert.Equal(0, (await cli($"posture except --rule Mfa --reason phone --until {DateTimeOffset.UtcNow.AddDays(20):yyyy-MM-dd'T'HH:mm'Z'}")).ExitCode);
        Assert.Equal("phone", (string?)JsonNode.Parse((await cli("posture list --json", integration: false)).Output)![0]!["exceptions"]![0]!["reason"]);
        Assert.Equal(0, (await cli("posture end-exception --rule Mfa")).ExitCode);
        Assert.Equal(4, (await cli("posture end-exception --rule Mfa")).ExitCode);
    }

    private static async Task<Func<string, bool, Task<CliRun>>> KeyedAsync(RunningGateway gateway)
    {
        var (address, key) = await gateway.ManagementAsync();
        return (line, integration) => CliRun.Of(
            [.. line.Split(' '), .. integration ? new[] { "--integration", gateway.Integration.Id } : [], "--server", address, "--api-key", key]);
    }

    private delegate Task<CliRun> Cli(string line, bool integration = true);

    private static async Task<Cli> CliAsync(RunningGateway gateway)
    {
        var run = await KeyedAsync(gateway);
        return (line, integration) => run(line, integration);
    }
}
