using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class LeaverTests
{
    private const string Deactivate = """{"op":"Replace","path":"active","value":false}""";
    private const string Activate = """{"op":"Replace","path":"active","value":true}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_leaves_is_deactivated_now_and_deleted_after_the_days_unless_they_return()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Patch, "", """{"deprovision":{"deleteAfterDays":30}}""");
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in new[] { "leaves", "returns", "kept", "deleted" })
        {
            ids[name] = await gateway.CreateAsync($"{name}@acme.test");
            await gateway.SettledAsync($"{name}@acme.test", ProvisioningState.Onboarded);
        }

        foreach (var name in new[] { "leaves", "returns", "kept" })
        {
            await gateway.PatchAsync(ids[name], Deactivate);
            Assert.False((await gateway.SettledAsync($"{name}@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        }

        // A hard delete upstream is deactivated first as well.
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{ids["deleted"]}");
        await RunningGateway.UntilAsync(() => Task.FromResult((string?)gateway.External.Find("deleted@acme.test")!["status"] == "suspended"), "It was not deactivated.");
        await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync("deleted@acme.test"))?.DeleteDueAt is not null, "Its deletion is not planned.");

        gateway.Clock.Leap(TimeSpan.FromDays(20));
        await gateway.PatchAsync(ids["returns"], Activate);
        Assert.True((await gateway.SettledAsync("returns@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        await gateway.DoAsync(HttpMethod.Post, $"/users/{ids["kept"]}/undo-deletion");
        var watch = gateway.Services.GetRequiredService<LeaverWatch>();
        await watch.RunDueAsync(gateway.Integration.Id, Stop);
        Assert.NotNull(gateway.External.Find("leaves@acme.test"));

        gateway.Clock.Leap(TimeSpan.FromDays(11));
        await watch.RunDueAsync(gateway.Integration.Id, Stop);
        await gateway.SettledAsync("leaves@acme.test", ProvisioningState.Deleted);
        await gateway.SettledAsync("deleted@acme.test", ProvisioningState.Deleted);

        Assert.Null(gateway.External.Find("leaves@acme.test"));
        Assert.Null(gateway.External.Find("deleted@acme.test"));
        Assert.Equal(("active", "suspended"), ((string?)gateway.External.Find("returns@acme.test")!["status"], (string?)gateway.External.Find("kept@acme.test")!["status"]));
        Assert.Equal(4, (await gateway.ActivityAsync("Deletion scheduled")).Count);
    }

    [Fact]
    public async Task An_emergency_revoke_goes_before_everything_in_every_integration_and_holds_against_the_identity_provider()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        for (var i = 0; i < 5; i++)
        {
            await gateway.CreateAsync($"joiner{i}@acme.test");
        }

        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, "/operations?status=Running"))["items"]!.AsArray().Count == 1, "Nothing runs.");
        var (status, revoked) = await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke", """{"person":"ADA@acme.test","reason":"The account was taken over."}""");
        Assert.Equal(202, status);
        Assert.Equal(gateway.Integration.Id, (string?)Assert.Single(revoked["revoked"]!.AsArray())!["integrationId"]);
        gate.SetResult();
        await gateway.SettledAsync("joiner4@acme.test", ProvisioningState.Onboarded);

        // It started within the one operation that was running.
        Assert.Equal("Deactivate ada@acme.test", gateway.External.Audit[2]);
        await gateway.PatchAsync(id, """{"op":"Replace","path":"title","value":"Countess"}""");
        await gateway.PatchAsync(id, Activate);
        Assert.False((await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        Assert.True((bool)JsonNode.Parse(await (await gateway.SendAsync(HttpMethod.Get, $"Users/{id}")).Content.ReadAsStringAsync(Stop))!["active"]!);

        await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke/lift", """{"person":"ada@acme.test","reason":"A new password is set."}""");
        await RunningGateway.UntilAsync(() => Task.FromResult((string?)gateway.External.Find("ada@acme.test")!["status"] == "active"), "The access does not come back.");
        Assert.Equal(404, (await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke", """{"person":"nobody@acme.test","reason":"x"}""")).Status);
        Assert.Single(await gateway.ActivityAsync("Emergency revoke"));
    }

    [Fact]
    public async Task An_emergency_revoke_finds_the_person_in_each_integration_claimed_or_not()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var elsewhere = gateway.Integration with { Id = "elsewhere2", Name = "Elsewhere" };
        await gateway.Services.GetRequiredService<IntegrationStore>().AddAsync(elsewhere, [], Stop);
        await gateway.EndedAsync((string)(await gateway.ApiAsync(HttpMethod.Post, $"integrations/{elsewhere.Id}/sync")).Body["operationId"]!);

        var (_, answer) = await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke", """{"person":"ada@acme.test","reason":"The account was taken over."}""");
        var revoked = answer["revoked"]!.AsArray().ToDictionary(item => (string)item!["integrationId"]!, item => (string)item!["operationId"]!);
        Assert.Equal(new[] { gateway.Integration.Id, elsewhere.Id }.Order(StringComparer.Ordinal), revoked.Keys.Order(StringComparer.Ordinal));
        foreach (var operation in revoked.Values)
        {
            Assert.Equal("Succeeded", (string?)(await gateway.EndedAsync(operation))["status"]);
        }

        Assert.Equal("suspended", (string?)gateway.External.Find("ada@acme.test")!["status"]);
        Assert.Equal("Emergency revoke", (string?)(await gateway.ApiAsync(HttpMethod.Get, $"integrations/{elsewhere.Id}/activity?event=Emergency%20revoke")).Body["items"]![0]!["event"]);
    }

    [Fact]
    public async Task A_revoke_while_the_person_is_being_made_has_the_last_word()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.CreateAsync("ada@acme.test");
        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, "/operations?status=Running"))["items"]!.AsArray().Count == 1, "Nothing runs.");

        await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke", """{"person":"ada@acme.test","reason":"wrong person"}""");
        gate.SetResult();

        await RunningGateway.UntilAsync(
            async () => await gateway.AccountAsync("ada@acme.test") is { OpenOperationId: null } account && account.Observed is null or { Active: false }, "The access stays.");
        Assert.NotEqual("active", (string?)gateway.External.Find("ada@acme.test")?["status"]);
    }

    [Fact]
    public async Task A_deletion_waits_for_approval_where_the_integration_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Patch, "", """{"deprovision":{"deleteNeedsApproval":true}}""");
        foreach (var name in new[] { "goes", "stays" })
        {
            var id = await gateway.CreateAsync($"{name}@acme.test");
            await gateway.SettledAsync($"{name}@acme.test", ProvisioningState.Onboarded);
            await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        }

        // Nobody keeps access while somebody decides about the deletion.
        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, "/approvals?status=Pending"))["items"]!.AsArray().Count == 2, "No approval is asked for.");
        Assert.Equal(["suspended", "suspended"], new[] { "goes", "stays" }.Select(name => (string?)gateway.External.Find($"{name}@acme.test")!["status"]));
        var pending = (await gateway.DoAsync(HttpMethod.Get, "/approvals?status=Pending"))["items"]!.AsArray().ToDictionary(a => (string)a!["target"]!, a => (string)a!["id"]!);
        Assert.Equal(2, (int)(await gateway.DoAsync(HttpMethod.Get, ""))["heldOperations"]!);
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{pending["goes@acme.test"]}/approve", """{"reason":"left in March"}""");
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{pending["stays@acme.test"]}/reject", """{"reason":"on leave only"}""");

        await gateway.SettledAsync("goes@acme.test", ProvisioningState.Deleted);
        await gateway.SettledAsync("stays@acme.test", ProvisioningState.DeleteFailed);
        Assert.Null(gateway.External.Find("goes@acme.test"));
        Assert.NotNull(gateway.External.Find("stays@acme.test"));
        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/approvals/{pending["goes@acme.test"]}/approve", """{"reason":"twice"}""")).Status);
        Assert.Contains("left in March", (string?)Assert.Single(await gateway.ActivityAsync("Approved"))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_returns_while_a_deletion_waits_for_approval_is_active_again_and_nobody_is_asked_any_more()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Patch, "", """{"deprovision":{"deleteNeedsApproval":true,"onDeactivate":"delete"}}""");
        var id = await gateway.CreateAsync("back@acme.test");
        await gateway.SettledAsync("back@acme.test", ProvisioningState.Onboarded);
        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":false}""");
        await RunningGateway.UntilAsync(async () => (int)(await gateway.DoAsync(HttpMethod.Get, ""))["heldOperations"]! == 1, "The deletion is not held.");

        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":true}""");

        await gateway.SettledAsync("back@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("active", (string?)gateway.External.Find("back@acme.test")!["status"]);
        Assert.Equal(0, (int)(await gateway.DoAsync(HttpMethod.Get, ""))["heldOperations"]!);
        Assert.DoesNotContain("Delete back@acme.test", gateway.External.Audit);
    }

    [Fact]
    public async Task A_role_that_needs_a_new_account_waits_for_approval_and_then_removes_and_makes_it_again()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Capabilities = InMemoryApp.Manifest.Capabilities with { SetRoles = SetRolesMode.Recreate } });
        await gateway.RestartAsync();
        var id = await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Viewer"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"roles","value":[{"value":"Editor"}]}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.UpdateFailed);
        Assert.Single(gateway.External.Audit);
        var approval = (await gateway.DoAsync(HttpMethod.Get, "/approvals"))["items"]![0]!;
        Assert.Equal("Recreate", (string?)approval["kind"]);
        await gateway.DoAsync(HttpMethod.Post, $"/approvals/{(string)approval["id"]!}/approve", """{"reason":"agreed with Ada"}""");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(["Editor"], account.Observed!.Roles);
        Assert.Equal(["CreateUser ada@acme.test", "Delete ada@acme.test", "CreateUser ada@acme.test"], gateway.External.Audit);
    }

    [Fact]
    public async Task More_removals_than_are_plausible_are_held_and_released_or_rejected_by_a_person()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { InboundHold = new InboundHoldSettings { Absolute = 2, Percent = 100 } });
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await gateway.CreateAsync($"p{i}@acme.test"));
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }

        foreach (var id in ids)
        {
            await gateway.PatchAsync(id, Deactivate);
        }

        await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.Audit.Count(a => a.StartsWith("Deactivate", StringComparison.Ordinal)) == 2), "The plausible ones are not done.");
        var held = (await gateway.DoAsync(HttpMethod.Get, "/held-operations"))["items"]!.AsArray();
        Assert.Equal(3, held.Count);
        Assert.All(held, o => Assert.Equal("Inbound", (string?)o!["hold"]!["kind"]));
        var byTarget = held.ToDictionary(o => (string)o!["target"]!, o => (string)o!["id"]!);
        Assert.Equal(400, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/held-operations/{byTarget["p2@acme.test"]}/release", "{}")).Status);
        await gateway.DoAsync(HttpMethod.Post, $"/held-operations/{byTarget["p2@acme.test"]}/release", """{"reason":"left with the team"}""");
        var rejected = await gateway.DoAsync(HttpMethod.Post, $"/held-operations/{byTarget["p3@acme.test"]}/reject", """{"reason":"the group was emptied by mistake"}""");

        Assert.False((await gateway.SettledAsync("p2@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        await gateway.SettledAsync("p3@acme.test", ProvisioningState.UpdateFailed);
        Assert.Equal("active", (string?)Active(gateway, "p3@acme.test"));
        Assert.Equal("Cancelled by First owner: the group was emptied by mistake", (string?)rejected["cancelReason"]);
        var released = Assert.Single(await gateway.ActivityAsync("Operation released"));
        Assert.Equal(("First owner", "p2@acme.test"), ((string?)released["actor"], (string?)released["target"]));
        Assert.Contains("left with the team", (string?)released["detail"], StringComparison.Ordinal);
        Assert.Contains(await gateway.ActivityAsync(), e => ((string?)e["detail"])?.Contains("the group was emptied by mistake", StringComparison.Ordinal) == true && (string?)e["target"] == "p3@acme.test");
        Assert.NotNull(Active(gateway, "p4@acme.test"));

        // The person returns before anybody decided: nothing is taken away.
        await gateway.PatchAsync(ids[4], Activate);
        await RunningGateway.UntilAsync(async () => (int)(await gateway.DoAsync(HttpMethod.Get, ""))["heldOperations"]! == 0, "The hold stays.");
    }

    [Fact]
    public async Task A_leaver_who_still_has_access_after_the_time_limit_raises_an_alarm_once()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { LeaverLimitMinutes = 60 });
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var other = await gateway.CreateAsync("bob@acme.test");
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        await gateway.PatchAsync(other, Deactivate);
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        await gateway.DoAsync(HttpMethod.Post, "/pause", """{"reason":"maintenance"}""");
        await gateway.PatchAsync(id, Deactivate);
        var watch = gateway.Services.GetRequiredService<LeaverWatch>();
        Assert.Equal(0, (await watch.RunDueAsync(gateway.Integration.Id, Stop)).Alarms);

        gateway.Clock.Leap(TimeSpan.FromMinutes(61));
        await RunningGateway.UntilAsync(
            async () =>
            {
                await watch.RunDueAsync(gateway.Integration.Id, Stop);
                return (await gateway.ActivityAsync("Leaver overdue")).Count > 0;
            },
            "There is no alarm.");

        var alarm = Assert.Single(await gateway.ActivityAsync("Leaver overdue"));
        Assert.Equal("ada@acme.test", (string?)alarm["target"]);
        Assert.Contains("paused", (string?)alarm["detail"], StringComparison.Ordinal);
        Assert.Equal(0, (await watch.RunDueAsync(gateway.Integration.Id, Stop)).Alarms);
    }

    private static string? Active(RunningGateway gateway, string email) => (string?)gateway.External.Find(email)!["status"] is "active" or "pending" ? "active" : null;
}
