using System.Net;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class JoinerMoverLeaverTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_joiner_is_made_with_name_and_role_and_is_onboarded()
    {
        await using var gateway = await RunningGateway.StartAsync();

        await gateway.CreateAsync("ada@acme.test", ""","title":"Countess","roles":[{"value":"Editor"}]""");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        var member = gateway.External.Find("ada@acme.test")!;
        Assert.Equal("Byron", (string?)member["familyName"]);
        Assert.Equal("Countess", (string?)member["jobTitle"]);
        Assert.Equal("Editor", (string?)member["roles"]![0]);
        Assert.Equal(["CreateUser ada@acme.test", "UpdateUser ada@acme.test"], gateway.External.Audit);
        Assert.Equal(1, account.SatisfiedGeneration);
        var operation = await gateway.Services.GetRequiredService<OperationService>().FindAsync(gateway.Integration.Id, account.LastOperationId!, Stop);
        Assert.Equal(OperationStatus.Succeeded, operation!.Status);
        Assert.Equal(["created with role Editor", "changed jobTitle"], operation.Changes);
    }

    [Fact]
    public async Task A_mover_is_changed_in_place()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"name.familyName","value":"King"},{"op":"Add","path":"roles","value":[{"value":"editor"}]}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        var member = gateway.External.Find("ada@acme.test")!;
        Assert.Equal("King", (string?)member["familyName"]);
        Assert.Equal("Editor", (string?)member["roles"]![0]);
    }

    [Fact]
    public async Task The_service_account_keeps_its_account_and_its_roles_whatever_an_identity_provider_wishes()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("admin@acme.test", "Owner");
        await gateway.SyncAsync();

        var id = await gateway.CreateAsync("admin@acme.test", ""","roles":[{"value":"Viewer"}]""");
        var kept = await gateway.SettledAsync("admin@acme.test", ProvisioningState.UpdateFailed);
        Assert.Contains("its roles are never taken away", await FailureOfAsync(gateway, kept), StringComparison.Ordinal);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"userName","value":"other@acme.test"}""");
        await RunningGateway.UntilAsync(
            async () => await gateway.AccountAsync("admin@acme.test") is { OpenOperationId: null } account && (await FailureOfAsync(gateway, account)).Contains("the name that it signs in with", StringComparison.Ordinal),
            "The service account got another name.");
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        kept = await gateway.SettledAsync("admin@acme.test", ProvisioningState.DeleteFailed);
        Assert.Contains("never deactivated or deleted", await FailureOfAsync(gateway, kept), StringComparison.Ordinal);

        var member = gateway.External.Find("admin@acme.test")!;
        Assert.Equal(("active", "Owner"), ((string?)member["status"], (string?)member["roles"]![0]));
        Assert.DoesNotContain(gateway.External.Audit, line => !line.StartsWith("UpdateUser", StringComparison.Ordinal));
    }

    private static async Task<string> FailureOfAsync(RunningGateway gateway, AppAccount account) =>
        (await gateway.Services.GetRequiredService<OperationService>().FindAsync(gateway.Integration.Id, account.LastOperationId!, Stop))!.Failure!.Detail;

    [Fact]
    public async Task A_changed_primary_identifier_moves_the_account_and_nobody_else_can_take_it_meanwhile()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;

        await gateway.PatchAsync(id, """{"op":"replace","value":{"userName":"ada.king@acme.test"}}""");
        var taken = await gateway.SendAsync(HttpMethod.Post, "Users", """{"userName":"ada.king@acme.test"}""");
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        gate.SetResult();
        var account = await gateway.SettledAsync("ada.king@acme.test", ProvisioningState.Onboarded);

        Assert.Null(gateway.External.Find("ada@acme.test"));
        Assert.NotNull(gateway.External.Find("ada.king@acme.test"));
        Assert.Null(await gateway.AccountAsync("ada@acme.test"));
        Assert.Equal(id, account.UserId);

        // And the account goes on under its new name.
        await gateway.PatchAsync(id, """{"op":"replace","value":{"active":false}}""");
        await gateway.SettledAsync("ada.king@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("suspended", (string?)gateway.External.Find("ada.king@acme.test")!["status"]);
    }

    [Fact]
    public async Task A_leaver_is_deactivated_reactivated_and_deleted()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":"False"}""");
        Assert.False((await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":"True"}""");
        Assert.True((await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).Observed!.Active);

        Assert.Equal(HttpStatusCode.NoContent, (await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Get, $"Users/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}")).StatusCode);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        Assert.Null(gateway.External.Find("ada@acme.test"));
        Assert.Equal(["CreateUser", "Deactivate", "Reactivate", "Delete"], gateway.External.Audit.Select(a => a.Split(' ')[0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_person_who_returns_before_the_deletion_is_carried_out_gets_a_new_id_and_keeps_the_account(bool begun)
    {
        await using var gateway = await RunningGateway.StartAsync();
        var first = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var gate = new TaskCompletionSource();
        if (begun)
        {
            gateway.External.Gate = gate.Task;
        }
        else
        {
            await gateway.DoAsync(HttpMethod.Post, "/pause", """{"reason":"test"}""");
        }

        await gateway.SendAsync(HttpMethod.Delete, $"Users/{first}");
        if (begun)
        {
            await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.CameToGate == 1), "The deletion does not begin.");
        }

        var second = await gateway.CreateAsync("ada@acme.test", ""","title":"Countess" """);
        gate.SetResult();
        if (!begun)
        {
            await gateway.DoAsync(HttpMethod.Post, "/resume");
        }

        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.NotEqual(first, second);
        Assert.Equal("Countess", (string?)gateway.External.Find("ada@acme.test")!["jobTitle"]);
        Assert.Equal(["CreateUser", "UpdateUser"], gateway.External.Audit.Select(a => a.Split(' ')[0]));
    }

    [Fact]
    public async Task A_person_who_returns_after_the_deletion_was_carried_out_is_made_again_once()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var first = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var second = "";
        gateway.External.AfterWrite = async verb => second = verb == ConnectorVerb.Delete ? await gateway.CreateAsync("ada@acme.test") : second;

        await gateway.SendAsync(HttpMethod.Delete, $"Users/{first}");
        await RunningGateway.UntilAsync(() => Task.FromResult(second.Length > 0), "Nobody is deleted.");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.NotEqual(first, second);
        Assert.NotNull(gateway.External.Find("ada@acme.test"));
        Assert.Equal(["CreateUser", "Delete", "CreateUser"], gateway.External.Audit.Select(a => a.Split(' ')[0]));
    }

    [Fact]
    public async Task A_person_withdrawn_before_the_invitation_was_sent_is_not_invited()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        var id = await gateway.CreateAsync("ada@acme.test");
        await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.CameToGate == 1), "Nothing begins.");

        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        gate.SetResult();

        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        Assert.Empty(gateway.External.Audit);
    }

    [Fact]
    public async Task Somebody_who_is_wanted_again_before_the_deactivation_is_carried_out_keeps_the_access()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.PatchAsync(id, """{"op":"replace","value":{"active":false}}""");
        await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.CameToGate == 1), "Nothing begins.");

        await gateway.PatchAsync(id, """{"op":"replace","value":{"active":true}}""");
        gate.SetResult();

        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.True(account.Observed!.Active);
        Assert.Equal(["CreateUser"], gateway.External.Audit.Select(a => a.Split(' ')[0]));
    }

    [Fact]
    public async Task A_person_withdrawn_before_anything_ran_never_reaches_the_app()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "test") });
        var id = await gateway.CreateAsync("ada@acme.test");
        Assert.Equal(ProvisioningState.ProvisioningAwaiting, (await gateway.AccountAsync("ada@acme.test"))!.State);

        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");

        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.Equal(0, gateway.External.Visits);
    }

    [Fact]
    public async Task Ten_changes_in_a_burst_cost_one_visit()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var visits = gateway.External.Visits;
        await gateway.Services.GetRequiredService<IntegrationStore>().ChangeAsync(
            gateway.Integration.Id, i => (i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "burst") }, []), Stop);

        for (var i = 0; i < 10; i++)
        {
            await gateway.PatchAsync(id, $$"""{"op":"Replace","path":"title","value":"Title {{i}}"}""");
        }

        await gateway.Services.GetRequiredService<IntegrationStore>().ChangeAsync(gateway.Integration.Id, i => (i with { Paused = null }, []), Stop);
        gateway.Services.GetRequiredService<LaneSignal>().Raise(gateway.Integration.Id);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal("Title 9", (string?)gateway.External.Find("ada@acme.test")!["jobTitle"]);
        Assert.Equal(1, gateway.External.Visits - visits);
    }

    [Fact]
    public async Task A_change_while_the_operation_runs_is_carried_by_a_successor()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        var id = await gateway.CreateAsync("ada@acme.test");
        while ((await gateway.AccountAsync("ada@acme.test"))!.State != ProvisioningState.ProvisioningOngoing)
        {
            await Task.Yield();
        }

        // The wish was read before the gate: this change comes too late for the run, and must not be lost.
        await gateway.PatchAsync(id, """{"op":"Replace","path":"title","value":"Countess"}""");
        gate.SetResult();
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal("Countess", (string?)gateway.External.Find("ada@acme.test")!["jobTitle"]);
        Assert.Equal(2, account.SatisfiedGeneration);
    }

    [Theory]
    [InlineData("ada@acme.test", "Ada@acme.test", false)]
    [InlineData("ade\u0300le@acme.test", "Ad\u00e8le@acme.test", false)]
    [InlineData("ad\u00e8le@acme.test", "Ade\u0300le@acme.test", false)]
    [InlineData("ade\u0300le@acme.test", "Ad\u00e8le@acme.test", true)]
    public async Task An_account_that_the_app_has_already_is_adopted_never_duplicated(string shown, string wished, bool synced)
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put(shown, "Editor");
        if (synced)
        {
            await gateway.SyncAsync();
        }

        await gateway.CreateAsync(wished);
        await gateway.SettledAsync(shown, ProvisioningState.Onboarded);

        Assert.Equal([$"UpdateUser {shown}"], gateway.External.Audit);
        Assert.Equal("Byron", (string?)gateway.External.Find(shown)!["familyName"]);
        await gateway.SyncAsync();
        Assert.Single(gateway.External.Everybody());
        Assert.Equal(1, (int)(await Scim.Wire.GetAsync(gateway, "Users")).Body!["totalResults"]!);
    }

    [Fact]
    public async Task A_person_who_is_not_active_is_not_made()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var id = await gateway.CreateAsync("ada@acme.test", ""","active":false""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);
        Assert.Null(gateway.External.Find("ada@acme.test"));

        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":true}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.NotNull(gateway.External.Find("ada@acme.test"));
    }

    [Fact]
    public async Task The_service_account_itself_is_never_deactivated()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("admin@acme.test", "Owner");
        var id = await gateway.CreateAsync("admin@acme.test");
        await gateway.SettledAsync("admin@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"active","value":false}""");
        var account = await gateway.SettledAsync("admin@acme.test", ProvisioningState.UpdateFailed);

        Assert.Equal(FailureCode.UnsupportedOperation, account.LastFailure!.Code);
        Assert.Equal("active", (string?)gateway.External.Find("admin@acme.test")!["status"]);
    }

    [Fact]
    public async Task The_activity_tells_the_whole_story_and_its_chain_is_intact()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Deleted);

        var log = gateway.Services.GetRequiredService<ActivityLog>();
        await log.SealAsync(gateway.Integration.Id, Stop);
        var page = await log.ListAsync(gateway.Integration.Id, _ => true, 100, null, Stop);

        Assert.Equal(
            [
                ActivityKind.UserRemoved, ActivityKind.UserRemovalInProgress, ActivityKind.UserRemovalRequested,
                ActivityKind.UserInvited, ActivityKind.UserInviteInProgress, ActivityKind.UserInviteRequested,
            ],
            page.Items.Select(e => e.Event));
        Assert.True((await log.VerifyAsync(gateway.Integration.Id, Stop)).Intact);
    }
}
