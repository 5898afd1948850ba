using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class LaneTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leaver_goes_before_joiners_who_came_first_and_one_job_runs_at_a_time()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var leaver = await gateway.CreateAsync("leaver@acme.test");
        await gateway.SettledAsync("leaver@acme.test", ProvisioningState.Onboarded);
        await PauseAsync(gateway, paused: true);
        for (var i = 0; i < 3; i++)
        {
            await gateway.CreateAsync($"joiner{i}@acme.test");
        }

        await gateway.PatchAsync(leaver, """{"op":"Replace","path":"title","value":"before leaving"}""");
        await gateway.PatchAsync(leaver, """{"op":"Replace","path":"active","value":false}""");
        await PauseAsync(gateway, paused: false);
        for (var i = 0; i < 3; i++)
        {
            await gateway.SettledAsync($"joiner{i}@acme.test", ProvisioningState.Onboarded);
        }

        Assert.Equal(
            ["CreateUser leaver@acme.test", "Deactivate leaver@acme.test", "CreateUser joiner0@acme.test", "CreateUser joiner1@acme.test", "CreateUser joiner2@acme.test"],
            gateway.External.Audit);
        Assert.Equal(1, gateway.External.MostAtOnce);
    }

    [Fact]
    public async Task A_run_that_lost_its_lease_never_clicks()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.CreateAsync("ada@acme.test");
        var begun = await BegunAsync(gateway);

        // Another process takes the attempt over: it holds a newer fencing token.
        var lane = await gateway.Store.FindAsync<Lane>(gateway.Partition, Rows.Lane, Stop);
        var taken = lane!.Value with { LastFence = begun.Fence + 1, Leases = [begun with { Fence = begun.Fence + 1 }] };
        Assert.True((await gateway.Store.CommitAsync(gateway.Partition, [TypedRecords.Write(Rows.Lane, taken, lane.ETag)], Stop)).Committed);
        gate.SetResult();
        await UntilAsync(() => gateway.External.OpenSessions == 0 && gateway.External.Visits == 1);

        Assert.Empty(gateway.External.Audit);
        Assert.Equal(ProvisioningState.ProvisioningOngoing, (await gateway.AccountAsync("ada@acme.test"))!.State);
        var after = await gateway.Store.FindAsync<Lane>(gateway.Partition, Rows.Lane, Stop);
        Assert.Equal(begun.Fence + 1, after!.Value.LeaseOf(begun.OperationId)!.Fence);
    }

    [Fact]
    public async Task A_pause_in_the_middle_of_a_run_stops_it_before_the_commit_step_and_the_work_is_kept()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.CreateAsync("ada@acme.test");
        await BegunAsync(gateway);

        await PauseAsync(gateway, paused: true);
        gate.SetResult();
        await UntilAsync(async () => (await gateway.AccountAsync("ada@acme.test"))!.State == ProvisioningState.ProvisioningAwaiting);
        Assert.Empty(gateway.External.Audit);

        await PauseAsync(gateway, paused: false);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["CreateUser ada@acme.test"], gateway.External.Audit);
    }

    [Fact]
    public async Task A_pause_that_comes_between_the_look_at_the_integration_and_the_admission_wins()
    {
        StoreWithHook? store = null;
        await using var gateway = await RunningGateway.StartAsync(services: services => StoreWithHook.PutBefore(services, made => store = made));
        var paused = new TaskCompletionSource();
        store!.BeforeCommit = async changes =>
        {
            if (changes.Any(change => change.Kind == ChangeKind.DeleteIfExists && change.Row.StartsWith(Rows.Queue, StringComparison.Ordinal)) && !paused.Task.IsCompleted)
            {
                store.BeforeCommit = null;
                await PauseAsync(gateway, paused: true);
                paused.SetResult();
            }
        };

        await gateway.CreateAsync("ada@acme.test");
        await paused.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);

        // The next pass of the scheduler finds the pause; nothing was admitted by the one that had not.
        await gateway.Services.GetRequiredService<LaneScheduler>().PumpAsync(gateway.Integration.Id, Stop);
        Assert.Empty((await gateway.Store.FindAsync<Lane>(gateway.Partition, Rows.Lane, Stop))!.Value.Leases);
        Assert.Equal(ProvisioningState.ProvisioningAwaiting, (await gateway.AccountAsync("ada@acme.test"))!.State);

        await PauseAsync(gateway, paused: false);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["CreateUser ada@acme.test"], gateway.External.Audit);
    }

    [Fact]
    public async Task A_running_operation_that_a_person_cancels_ends_without_touching_the_app()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Gate = new TaskCompletionSource().Task;
        await gateway.CreateAsync("ada@acme.test");
        var begun = await BegunAsync(gateway);
        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);

        await operations.CancelAsync(profile!, begun.OperationId, new Provenance("Grace", "api"), Stop);
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);

        Assert.Equal(FailureCode.Cancelled, account.LastFailure!.Code);
        var operation = await operations.FindAsync(gateway.Integration.Id, begun.OperationId, Stop);
        Assert.Equal((OperationStatus.Cancelled, "Cancelled by Grace."), (operation!.Status, operation.CancelReason));
        Assert.Empty(gateway.External.Audit);
    }

    private static async Task<LaneLease> BegunAsync(RunningGateway gateway)
    {
        LaneLease? lease = null;
        await UntilAsync(async () =>
        {
            lease = (await gateway.Store.FindAsync<Lane>(gateway.Partition, Rows.Lane, Stop))!.Value.Leases.SingleOrDefault(l => l.Begun);
            return lease is not null;
        });
        return lease!;
    }

    private static async Task PauseAsync(RunningGateway gateway, bool paused)
    {
        await gateway.Services.GetRequiredService<IntegrationStore>().ChangeAsync(
            gateway.Integration.Id, i => (i with { Paused = paused ? new Pause("test", DateTimeOffset.UtcNow, "test") : null }, []), Stop);
        gateway.Services.GetRequiredService<LaneSignal>().Raise(gateway.Integration.Id);
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        while (!await condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
