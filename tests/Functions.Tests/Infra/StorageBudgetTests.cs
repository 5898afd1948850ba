using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>How many storage transactions things take: a budget that docs/azure.md states and the cost model uses.</summary>
public sealed class StorageBudgetTests
{
    /// <summary>A SCIM write, until its answer.</summary>
    public const int PerWrite = 2;

    /// <summary>A whole operation: the write, its admission, the attempt with its steps, the settlement.</summary>
    public const int PerOperation = 40;

    private static readonly string[] People = [.. Enumerable.Range(0, 10).Select(i => $"ada{i}@acme.test")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_and_an_operation_stay_within_their_budgets()
    {
        // Without timers: what they read is counted as standing cost, by the month.
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "counting writes") }, timers: false);
        await gateway.CreateAsync("warm@acme.test");
        var begin = gateway.Transactions;
        foreach (var person in People)
        {
            await gateway.CreateAsync(person);
        }

        var perWrite = (gateway.Transactions - begin) / 10.0;
        var operations = new List<string>();
        foreach (var person in People)
        {
            operations.Add((await gateway.AccountAsync(person))!.OpenOperationId!);
        }

        var beforeRun = gateway.Transactions;
        var integrations = gateway.Services.GetRequiredService<IntegrationStore>();
        await integrations.ChangeAsync(gateway.Integration.Id, i => (i with { Paused = null }, []), Stop);
        await gateway.Services.GetRequiredService<LaneScheduler>().PumpAsync(gateway.Integration.Id, Stop);
        foreach (var operation in operations)
        {
            await gateway.Hub.WaitAsync(operation, instance => instance.IsCompleted);
        }

        // The one that warmed up ran too.
        var perRun = (gateway.Transactions - beforeRun) / 11.0;
        TestContext.Current.TestOutputHelper?.WriteLine($"{perWrite:0.0} transactions a write, {perRun:0.0} more a run");
        foreach (var person in People)
        {
            await gateway.SettledAsync(person, ProvisioningState.Onboarded);
        }

        Assert.InRange(perWrite, 1, PerWrite);
        Assert.InRange(perWrite + perRun, 2, PerOperation);
    }
}
