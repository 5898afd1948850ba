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
