using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class SyncTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_account_of_the_app_is_a_resource_and_adoption_keeps_its_id()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("ada@acme.test", "Editor");
        gateway.External.Put("bob@acme.test", status: "suspended");

        await SyncAsync(gateway);
        var ada = await FindAsync(gateway, "ada@acme.test");
        var bob = await FindAsync(gateway, "bob@acme.test");
        Assert.Equal(("Editor", true), ((string?)ada!["roles"]![0]!["value"], (bool)ada["active"]!));
        Assert.False((bool)bob!["active"]!);

        var adopted = await gateway.CreateAsync("Ada@acme.test");
        Assert.Equal((string?)ada["id"], adopted);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(HttpStatusCode.Conflict, (await gateway.SendAsync(HttpMethod.Post, "Users", """{"userName":"ada@acme.test"}""")).StatusCode);
        Assert.DoesNotContain(gateway.External.Audit, a => a.StartsWith("CreateUser", StringComparison.Ordinal));

        // A PATCH adopts just as well.
        await gateway.PatchAsync((string)bob["id"]!, """{"op":"Replace","path":"active","value":true}""");
        Assert.True((await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded)).Observed!.Active);
    }

    [Fact]
    public async Task Who_is_gone_from_the_app_is_recorded_as_gone_but_an_owned_person_stays_a_resource_and_is_not_made_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("ghost@acme.test");
        var owned = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await SyncAsync(gateway);
        Assert.NotNull(await FindAsync(gateway, "ghost@acme.test"));

        gateway.External.Remove("ghost@acme.test");
        gateway.External.Remove("ada@acme.test");
        await SyncAsync(gateway);

        Assert.Null(await FindAsync(gateway, "ghost@acme.test"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Get, $"Users/{owned}")).StatusCode);
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.Single(gateway.External.Audit);
    }

    [Fact]
    public async Task The_roles_that_the_app_offers_are_read_to_a_proved_end_and_shown_against_the_user_schema()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Verbs = InMemoryApp.Manifest.Verbs.Append(Domain.Connectors.ConnectorVerb.ListRoles).ToHashSet() });
        await gateway.RestartAsync();
        gateway.External.Put("ada@acme.test");
        gateway.External.Roles = ["Viewer", "Editor", "Auditor"];

        await gateway.SyncAsync();

        var offered = (await gateway.DoAsync(HttpMethod.Get, ""))["offeredRoles"]!;
        Assert.Equal(["Viewer", "Editor", "Auditor"], offered["roles"]!.AsArray().Select(role => (string?)role!["value"]));
        Assert.Equal("""["Owner"]""", offered["missing"]!.ToJsonString());
        Assert.Equal("""["Auditor"]""", offered["besideSchema"]!.ToJsonString());
        Assert.Contains("3 roles are offered, without Owner of the user schema", (string?)(await gateway.ActivityAsync("Sync plan ready"))[0]["detail"], StringComparison.Ordinal);

        // A list of roles that is not proved complete stops the sync, whatever the list of accounts shows.
        gateway.External.Roles = [];
        gateway.External.Put("bob@acme.test");
        await gateway.DoAsync(HttpMethod.Patch, "", """{"retry":{"attempts":{"IncompleteRead":1}}}""");
        Assert.Equal("IncompleteRead", (string?)(await gateway.SyncAsync("Failed"))["failure"]!["code"]);
        Assert.Null(await gateway.AccountAsync("bob@acme.test"));
    }

    [Fact]
    public async Task Somebody_whom_an_operation_touched_while_a_list_was_read_is_left_as_the_operation_proved_them()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Concurrency = 2 });
        var ada = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var stale = gateway.External.Everybody();
        await gateway.RestartAsync();
        var listed = new TaskCompletionSource();
        gateway.External.BeforeList = () => listed.Task;
        gateway.External.StaleList = [.. stale, new JsonObject { ["email"] = "new@acme.test", ["status"] = "active", ["roles"] = new JsonArray("Viewer") }];

        var sync = (string)(await gateway.DoAsync(HttpMethod.Post, "/sync"))["operationId"]!;
        await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.ListsBegun > 0), "The list is not read.");
        await gateway.PatchAsync(ada, """{"op":"replace","path":"title","value":"Countess"}""");
        await RunningGateway.UntilAsync(async () => await gateway.AccountAsync("ada@acme.test") is { OpenOperationId: null, Observed: { } observed } && (string?)observed.Attributes["jobTitle"] == "Countess", "It is not changed.");
        listed.SetResult();
        var ended = await gateway.EndedAsync(sync);

        // The list shows her as she was before: what the operation read back later is what holds.
        Assert.Equal(["read 2 accounts: 1 new, 0 changed, 0 gone, 1 left to operations that touched them since"], ended["changes"]!.AsArray().Select(c => (string?)c));
        Assert.Equal("Countess", (string?)(await gateway.AccountAsync("ada@acme.test"))!.Observed!.Attributes["jobTitle"]);
        Assert.NotNull(await gateway.AccountAsync("new@acme.test"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_who_has_not_accepted_yet_stays_whether_the_app_lists_pending_people_or_not(bool listed)
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Capabilities = InMemoryApp.Manifest.Capabilities with { PendingUsersVisible = listed } });
        await gateway.RestartAsync();
        gateway.External.Put("bob@acme.test");
        await gateway.CreateAsync("ada@acme.test");
        Assert.Equal("pending", (await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded)).Observed!.Status);
        await gateway.SyncAsync();

        gateway.External.Remove("bob@acme.test");
        var sync = await gateway.SyncAsync();

        Assert.Equal([$"read {(listed ? 1 : 0)} accounts: 0 new, 0 changed, 1 gone"], sync["changes"]!.AsArray().Select(c => (string?)c));
        Assert.Equal(ProvisioningState.Onboarded, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.Single(gateway.External.Audit);

        // Once accepted, everybody lists her, and an absence proves that she is gone.
        gateway.External.Set("ada@acme.test", "status", "active");
        await gateway.SyncAsync();
        gateway.External.Remove("ada@acme.test");
        await gateway.SyncAsync();
        Assert.Equal(ProvisioningState.Deleted, (await gateway.AccountAsync("ada@acme.test"))!.State);
    }

    [Fact]
    public async Task Too_many_gone_at_once_halt_the_sync_and_nothing_is_applied()
    {
        await using var gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            gateway.External.Put($"p{i}@acme.test");
        }

        await SyncAsync(gateway);
        for (var i = 0; i < 5; i++)
        {
            gateway.External.Remove($"p{i}@acme.test");
        }

        gateway.External.Put("new@acme.test");
        var operation = await SyncAsync(gateway, OperationStatus.Halted);

        Assert.Contains("5 of 20 accounts", operation.CancelReason!, StringComparison.Ordinal);
        Assert.NotNull(await FindAsync(gateway, "p0@acme.test"));
        Assert.Null(await FindAsync(gateway, "new@acme.test"));
    }

    [Fact]
    public async Task A_sync_that_runs_again_changes_nothing()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("ada@acme.test", "Editor");

        await SyncAsync(gateway);
        var before = await FindAsync(gateway, "ada@acme.test");
        var operation = await SyncAsync(gateway);

        Assert.Equal(["read 1 accounts: 0 new, 0 changed, 0 gone"], operation.Changes);
        Assert.Equal(before!.ToJsonString(), (await FindAsync(gateway, "ada@acme.test"))!.ToJsonString());
    }

    private static async Task<JsonObject?> FindAsync(RunningGateway gateway, string userName)
    {
        var response = await gateway.SendAsync(HttpMethod.Get, $"Users?filter=userName eq \"{userName}\"");
        var list = await response.Content.ReadFromJsonAsync<JsonObject>(Stop);
        return (JsonObject?)list!["Resources"]!.AsArray().SingleOrDefault();
    }

    private static async Task<Operation> SyncAsync(RunningGateway gateway, OperationStatus expected = OperationStatus.Succeeded)
    {
        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);
        var id = await operations.SyncAsync(profile!, Provenance.System, Stop);
        var operation = await operations.WaitAsync((await operations.FindAsync(gateway.Integration.Id, id, Stop))!, TimeSpan.FromSeconds(90), Stop);
        Assert.Equal((expected, null), (operation.Status, operation.Failure));
        return operation;
    }
}
