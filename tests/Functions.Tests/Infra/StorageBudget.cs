using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>What somebody new costs: storage transactions as a proxy before the service counts them, and actions of the orchestration.</summary>
/// <param name="PerWrite">Storage transactions of a SCIM create until its answer.</param>
/// <param name="PerRun">Storage transactions of the operation after that: admission, attempt, settlement, without the hub's own.</param>
/// <param name="Actions">What the orchestration of one such operation does.</param>
internal sealed record StorageBudget(double PerWrite, double PerRun, IReadOnlyList<CommandKind> Actions)
{
    /// <summary>The most storage transactions of a SCIM write, until its answer.</summary>
    public const int MostPerWrite = 2;

    /// <summary>The most storage transactions of a whole operation: the write, its admission, the attempt with its steps, the settlement.</summary>
    public const int MostPerOperation = 40;

    private static readonly string[] People = [.. Enumerable.Range(0, 10).Select(i => $"ada{i}@acme.test")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Storage transactions of the whole operation.</summary>
    public double PerOperation => PerWrite + PerRun;

    /// <summary>Creates people through the functions and runs their operations to the end.</summary>
    /// <param name="azurite">Where the records are; null for the one of the tests.</param>
    /// <returns>What one of them cost.</returns>
    public static async Task<StorageBudget> MeasureAsync(AzuriteServer? azurite = null)
    {
        // Without timers: what they read is counted as standing cost, by the month.
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Paused = new Pause("test", DateTimeOffset.UtcNow, "counting writes") }, timers: false, azurite: azurite, proxies: true);
        await gateway.CreateAsync("warm@acme.test");
        var begin = gateway.Transactions;
        foreach (var person in People)
        {
            await gateway.CreateAsync(person);
        }

        var perWrite = (gateway.Transactions - begin) / (double)People.Length;
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
        var perRun = (gateway.Transactions - beforeRun) / (People.Length + 1.0);
        foreach (var person in People)
        {
            await gateway.SettledAsync(person, ProvisioningState.Onboarded);
        }

        return new StorageBudget(perWrite, perRun, [.. gateway.Hub.CommandsOf(operations[0]).Select(command => command.Kind)]);
    }
}
