using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Lifecycle;

public sealed class FaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_retryable_failure_is_tried_again_and_then_correct()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FailNext(FailureCode.AppUnavailable);
        gateway.External.FailNext(FailureCode.PageChanged);

        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        var operation = await gateway.Services.GetRequiredService<OperationService>().FindAsync(gateway.Integration.Id, account.LastOperationId!, Stop);
        Assert.Equal(3, operation!.Attempt);
        Assert.Single(gateway.External.Audit);
        Assert.Null(account.LastFailure);
    }

    [Fact]
    public async Task A_failure_that_no_retry_mends_ends_at_once_and_the_same_wish_sent_again_tries_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FailNext(FailureCode.NotEnoughSeats);

        var id = await gateway.CreateAsync("ada@acme.test");
        var failed = await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        Assert.Equal(FailureCode.NotEnoughSeats, failed.LastFailure!.Code);

        await gateway.PatchAsync(id, """{"op":"Replace","path":"name.givenName","value":"Ada"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_stopped_and_tried_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Gate = new TaskCompletionSource().Task;
        await gateway.CreateAsync("ada@acme.test");
        await RunningGateway.UntilAsync(() => Task.FromResult(gateway.External.CameToGate == 1), "Nothing begins.");

        gateway.External.Gate = null;
        gateway.Clock.Leap(TimeSpan.FromHours(1));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Single(gateway.External.Audit);
        Assert.Contains("Timeout: The attempt took longer than", (string?)Assert.Single(await gateway.ActivityAsync("Retry scheduled"))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_after_the_commit_step_is_settled_by_reading_not_by_doing_it_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.LoseNextAnswer = true;

        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(["CreateUser ada@acme.test"], gateway.External.Audit);
        var operation = await gateway.Services.GetRequiredService<OperationService>().FindAsync(gateway.Integration.Id, account.LastOperationId!, Stop);
        Assert.Equal(1, operation!.Attempt);
    }

    [Fact]
    public async Task A_success_without_effect_is_never_called_a_success()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FakeSuccess = true;

        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);

        Assert.Equal(FailureCode.VerificationFailed, account.LastFailure!.Code);
    }

    [Fact]
    public async Task A_waiting_operation_can_be_cancelled_and_retried()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.SignInFailure = new Failure(FailureCode.BadCredentials, "no");
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        gateway.External.SignInFailure = null;
        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<Domain.Integrations.IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);
        var failed = await operations.FindAsync(gateway.Integration.Id, account.LastOperationId!, Stop);

        var successor = await operations.ReopenAsync(profile!, failed!, Provenance.System, Stop);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.NotNull(successor);
        Assert.NotEqual(failed!.Id, successor);
    }

    [Fact]
    public async Task All_failed_operations_are_opened_again_by_one_workflow()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.SignInFailure = new Failure(FailureCode.BadCredentials, "no");
        for (var i = 0; i < 5; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        for (var i = 0; i < 5; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.ProvisioningFailed);
        }

        gateway.External.SignInFailure = null;
        var (_, count) = await gateway.Services.GetRequiredService<OperationService>().RetryFailedAsync(
            gateway.Integration.Id, FailureCode.BadCredentials, Provenance.System, Stop);

        Assert.Equal(5, count);
        for (var i = 0; i < 5; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }

        Assert.Equal(1, gateway.External.MostAtOnce);
    }

    [Fact]
    public async Task What_was_mended_since_it_failed_is_not_opened_again_with_the_rest()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.SignInFailure = new Failure(FailureCode.BadCredentials, "no");
        await gateway.SyncAsync("Failed");
        gateway.External.SignInFailure = null;
        await gateway.SyncAsync();
        foreach (var name in (string[])["mended@acme.test", "failed@acme.test"])
        {
            gateway.External.FailNext(FailureCode.UnsupportedOperation);
            await gateway.CreateAsync(name);
            await gateway.SettledAsync(name, ProvisioningState.ProvisioningFailed);
        }

        var failed = (await gateway.DoAsync(HttpMethod.Get, "/operations?status=Failed&kind=Provision"))["items"]!.AsArray();
        var mended = (string)failed.Single(o => (string)o!["target"]! == "mended@acme.test")!["id"]!;
        Assert.Equal(202, (await gateway.ApiAsync(HttpMethod.Post, $"operations/{mended}/retry")).Status);
        await gateway.SettledAsync("mended@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(0, (int)(await gateway.DoAsync(HttpMethod.Post, "/retry-failed", """{"failureCode":"BadCredentials"}"""))["count"]!);
        Assert.Equal(1, (int)(await gateway.DoAsync(HttpMethod.Post, "/retry-failed"))["count"]!);
        await gateway.SettledAsync("failed@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(2, (await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Sync"))["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task Work_accepted_before_a_stop_is_done_after_the_start()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        for (var i = 0; i < 10; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        await gateway.RestartAsync();
        gate.SetResult();

        for (var i = 0; i < 10; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }

        Assert.Equal(10, gateway.External.Audit.Count);
    }
}
