using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>One person, and more than one thing that is to happen to them at once.</summary>
public sealed class AtOnceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_returns_when_the_app_has_deleted_the_account_and_nobody_has_recorded_it_yet_gets_a_new_one()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var first = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var deleted = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        gateway.External.AfterWrite = async verb =>
        {
            if (verb == ConnectorVerb.Delete)
            {
                deleted.SetResult();
                await go.Task;
            }
        };

        await gateway.SendAsync(HttpMethod.Delete, $"Users/{first}");
        await deleted.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(ProvisioningState.DeleteOngoing, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.Null(gateway.External.Find("ada@acme.test"));
        var second = await gateway.CreateAsync("ada@acme.test");
        go.SetResult();
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.NotEqual(first, second);
        Assert.Equal(second, account.UserId);
        Assert.NotNull(gateway.External.Find("ada@acme.test"));
        Assert.Equal(["CreateUser", "Delete", "CreateUser"], gateway.External.Audit.Select(entry => entry.Split(' ')[0]).Where(verb => verb is "CreateUser" or "Delete"));
    }

    [Fact]
    public async Task Of_two_operations_for_one_person_one_runs_at_a_time_though_the_app_bears_more_jobs()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Concurrency = 4 });
        var ada = await gateway.CreateAsync("ada@acme.test");
        var bob = await gateway.CreateAsync("bob@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;

        await gateway.PatchAsync(ada, """{"op":"replace","path":"title","value":"Countess"}""");
        await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync("ada@acme.test"))!.State == ProvisioningState.UpdateOngoing, "Nothing runs.");
        var (status, _) = await gateway.ApiAsync(HttpMethod.Post, "emergency-revoke", """{"person":"ada@acme.test","reason":"test"}""");
        await gateway.PatchAsync(ada, """{"op":"replace","path":"active","value":false}""");
        await gateway.PatchAsync(bob, """{"op":"replace","path":"title","value":"Lord"}""");
        await RunningGateway.UntilAsync(async () => (await gateway.AccountAsync("bob@acme.test"))!.State == ProvisioningState.UpdateOngoing, "Nobody else is served.");

        Assert.Equal(202, status);
        var lane = (await gateway.Store.FindAsync<Lane>(gateway.Partition, Rows.Lane, Stop))!.Value;
        var running = await Task.WhenAll(lane.Leases.Select(async lease => (await gateway.Store.FindAsync<Operation>(gateway.Partition, Rows.Operation(lease.OperationId), Stop))!.Value.Target));
        Assert.Equal(["ada@acme.test", "bob@acme.test"], running.Order(StringComparer.Ordinal));

        gate.SetResult();
        await RunningGateway.UntilAsync(async () => await gateway.AccountAsync("ada@acme.test") is { OpenOperationId: null, Observed.Active: false }, "The last word is not carried out.");
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("suspended", (string?)gateway.External.Find("ada@acme.test")!["status"]);
    }
}
