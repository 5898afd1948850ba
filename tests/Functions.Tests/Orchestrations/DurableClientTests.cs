using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Orchestrations;

/// <summary>What goes wrong between the gateway and the task hub.</summary>
public sealed class DurableClientTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_whose_answer_is_lost_is_a_success_and_happens_once()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.Hub.LoseStartAnswers = 1;

        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Equal(0, gateway.Hub.LoseStartAnswers);
        Assert.Single(gateway.External.Audit, entry => entry.StartsWith("CreateUser", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_worker_that_goes_in_the_middle_of_an_activity_leaves_its_work_to_the_next_and_nothing_happens_twice()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.External.Gate = gate.Task;
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.AccountAsync("ada@acme.test");
        await gateway.Hub.WaitAsync(account!.OpenOperationId!, instance => instance.SerializedCustomStatus is not null);

        await gateway.RestartAsync();
        gate.SetResult();
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        Assert.Single(gateway.External.Audit, entry => entry.StartsWith("CreateUser", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_operation_takes_few_actions_of_its_orchestration()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var ended = await gateway.Hub.WaitAsync(account.LastOperationId!, instance => instance.IsCompleted);

        // Status, activity, end: what a successful operation is billed for by the Durable Task Scheduler. docs/azure.md counts on it.
        Assert.Equal(
            [CommandKind.CustomStatus, CommandKind.Activity, CommandKind.Completed],
            gateway.Hub.CommandsOf(ended.InstanceId).Select(command => command.Kind));
    }

    [Fact]
    public async Task The_instance_of_an_operation_is_found_by_the_operation_and_tells_no_more_than_ids()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.Hub.WaitAsync(account.LastOperationId!, instance => instance.IsCompleted);

        var instance = await gateway.Services.GetRequiredService<IWorkflowClient>().GetAsync(account.LastOperationId!, Stop);

        Assert.Equal((OperationWorkflow.NameOf(OperationKind.Provision), WorkflowRuntimeStatus.Completed), (instance!.Workflow, instance.Status));
        Assert.DoesNotContain("ada", instance.Input + instance.Output + instance.CustomStatus, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_paused_integration_starts_no_orchestration()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "test") });
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.AccountAsync("ada@acme.test");

        await gateway.Services.GetRequiredService<LaneScheduler>().PumpAsync(gateway.Integration.Id, Stop);

        Assert.Null(await gateway.Services.GetRequiredService<IWorkflowClient>().GetAsync(account!.OpenOperationId!, Stop));
    }
}
