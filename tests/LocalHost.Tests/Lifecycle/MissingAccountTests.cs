using IdLcm.Domain.Connectors;
using IdLcm.Domain.Users;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>Somebody deletes in the app by hand the account of a person who is wanted: a drift, whoever finds it.</summary>
public sealed class MissingAccountTests
{
    private const string Email = "ada@acme.test";
    private const string Title = """{"op":"replace","path":"title","value":"Countess"}""";

    private static async Task<(RunningGateway Gateway, string Id)> GoneAsync(bool seenBySync)
    {
        var gateway = await RunningGateway.StartAsync(i => i with { Safeguard = new() { Percent = 100 } });
        var id = await gateway.CreateAsync(Email);
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        gateway.External.Remove(Email);
        if (seenBySync)
        {
            await gateway.SyncAsync();
            await gateway.SettledAsync(Email, ProvisioningState.Deleted);
        }

        return (gateway, id);
    }

    private static async Task<IReadOnlyList<string>> DriftAsync(RunningGateway gateway) =>
        [.. (await gateway.DoAsync(HttpMethod.Get, "/drift"))["items"]!.AsArray().Select(item => $"{item!["kind"]} {item["identifier"]}")];

    [Fact]
    public async Task A_later_change_of_something_else_does_not_make_the_account_again()
    {
        var (gateway, id) = await GoneAsync(seenBySync: true);
        await using var _ = gateway;
        await gateway.PatchAsync(id, Title);
        await gateway.PatchAsync(id, """{"op":"replace","path":"roles","value":[{"value":"Editor"}]}""");

        Assert.Null((await gateway.AccountAsync(Email))!.OpenOperationId);
        await gateway.SyncAsync();
        Assert.Null(gateway.External.Find(Email));
        Assert.Equal(["missing ada@acme.test"], await DriftAsync(gateway));
        Assert.Single(await gateway.ActivityAsync("Account missing in app"));

        // A person says so: then it is made, with what is wished now.
        await gateway.DoAsync(HttpMethod.Post, "/drift/correct", """{"reason":"It was deleted by mistake."}""");
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        Assert.Equal("""["Editor"]""", gateway.External.Find(Email)!["roles"]!.ToJsonString());
        await gateway.PatchAsync(id, """{"op":"replace","path":"title","value":"Boss"}""");
        Assert.Null((await gateway.SettledAsync(Email, ProvisioningState.Onboarded)).MissingSince);
    }

    [Fact]
    public async Task An_update_that_finds_the_account_gone_says_so_and_does_not_make_it()
    {
        var (gateway, id) = await GoneAsync(seenBySync: false);
        await using var _ = gateway;
        await gateway.PatchAsync(id, Title);
        var account = await gateway.SettledAsync(Email, ProvisioningState.Deleted);

        Assert.Equal(FailureCode.UserNotFound, account.LastFailure!.Code);
        Assert.Null(gateway.External.Find(Email));
        Assert.Equal(["missing ada@acme.test"], await DriftAsync(gateway));
        await gateway.PatchAsync(id, """{"op":"replace","path":"title","value":"Boss"}""");
        Assert.Null((await gateway.AccountAsync(Email))!.OpenOperationId);

        // A person retries the failed operation, knowing why it failed.
        Assert.Equal(202, (await gateway.ApiAsync(HttpMethod.Post, $"operations/{account.LastOperationId}/retry")).Status);
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        Assert.Equal(["CreateUser ada@acme.test", "CreateUser ada@acme.test", "UpdateUser ada@acme.test"], gateway.External.Audit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_leaves_and_returns_is_provisioned_again(bool seenBySync)
    {
        var (gateway, id) = await GoneAsync(seenBySync);
        await using var _ = gateway;
        await gateway.PatchAsync(id, """{"op":"replace","path":"active","value":false}""");
        await gateway.SettledAsync(Email, ProvisioningState.Deleted);
        await gateway.PatchAsync(id, """{"op":"replace","path":"active","value":true}""");
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        Assert.NotNull(gateway.External.Find(Email));
    }

    [Fact]
    public async Task Whoever_is_deleted_upstream_and_sent_again_is_provisioned_again()
    {
        var (gateway, id) = await GoneAsync(seenBySync: true);
        await using var _ = gateway;
        await gateway.SendAsync(HttpMethod.Delete, $"Users/{id}");
        await gateway.CreateAsync(Email);
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
    }

    [Fact]
    public async Task Where_the_integration_corrects_drift_the_sync_makes_the_account_again()
    {
        var (gateway, _) = await GoneAsync(seenBySync: false);
        await using var __ = gateway;
        await gateway.DoAsync(HttpMethod.Patch, "", """{"sync":{"drift":"correct"}}""");
        await gateway.SyncAsync();
        await gateway.SettledAsync(Email, ProvisioningState.Onboarded);
        Assert.NotNull(gateway.External.Find(Email));
    }
}
