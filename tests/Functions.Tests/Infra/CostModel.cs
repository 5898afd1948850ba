using System.Globalization;
using System.Text;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>
/// What the Azure edition costs, as a formula. Prices are parameters: US dollars, list prices of a United States region as
/// remembered when this was written. Put your own in and run the test: it prints the tables for docs/azure.md.
/// </summary>
internal sealed record CostModel
{
    private const double SecondsPerMonth = 730 * 3600;

    // Prices.
    public double TableTransactions10K { get; init; } = 0.00036;

    public double QueueTransactions10K { get; init; } = 0.004;

    public double SchedulerActions10K { get; init; } = 0.03;

    public double SecretOperations10K { get; init; } = 0.03;

    public double StorageGbMonth { get; init; } = 0.045;

    public double LogGb { get; init; } = 2.30;

    public double CpuSecondActive { get; init; } = 0.000024;

    public double CpuSecondIdle { get; init; } = 0.000003;

    public double MemoryGbSecond { get; init; } = 0.000003;

    public double RegistryMonth { get; init; } = 20;

    // What an operation takes. The first two are kept by StorageBudgetTests, the third by DurableClientTests.
    public double TableTransactionsPerWrite { get; init; } = StorageBudget.MostPerWrite;

    public double TableTransactionsPerRun { get; init; } = StorageBudget.MostPerOperation - StorageBudget.MostPerWrite;

    public double SchedulerActionsPerOperation { get; init; } = 3;

    public double HubTableTransactionsPerOperation { get; init; } = 20;

    public double HubQueueTransactionsPerOperation { get; init; } = 15;

    public double SecretReadsPerOperation { get; init; } = 1;

    public double BrowserSecondsPerOperation { get; init; } = 10;

    public double LogKbPerOperation { get; init; } = 6;

    public double KbKeptPerUser { get; init; } = 12;

    // How it is used.
    public double OperationsPerUserMonth { get; init; } = 0.5;

    public double UsersPerIntegration { get; init; } = 2_000;

    public double ReadsPerUserDay { get; init; } = 1;

    // How it is run: replicas of 2 cores and 4 GB, each with up to four browsers, busy a third of the time at most.
    public double CoresPerReplica { get; init; } = 2;

    public double GbPerReplica { get; init; } = 4;

    public double OperationsAtOnce { get; init; } = 4;

    public double Utilization { get; init; } = 0.33;

    public double TimerReadsPerIntegration { get; init; } = 8;

    public double PerThousandOperations(bool scheduler) => 1000 * PerOperation(scheduler);

    public IReadOnlyList<(string Name, double Dollars)> Month(double users, bool scheduler)
    {
        var operations = users * OperationsPerUserMonth;
        var integrations = Math.Max(1, Math.Ceiling(users / UsersPerIntegration));
        var busy = operations * BrowserSecondsPerOperation / OperationsAtOnce;
        var replicas = Math.Max(1, Math.Ceiling(busy / (SecondsPerMonth * Utilization)));
        var cores = CoresPerReplica * ((busy * CpuSecondActive) + (((replicas * SecondsPerMonth) - busy) * CpuSecondIdle));
        var memory = GbPerReplica * replicas * SecondsPerMonth * MemoryGbSecond;
        var idleReads = SecondsPerMonth / 5 * (2 + (integrations * TimerReadsPerIntegration));
        var scimReads = users * ReadsPerUserDay * 30 * 2;
        return
        [
            ("compute", cores + memory),
            ("operations: storage, hub, secrets, logs", operations * (PerOperation(scheduler) - Browser)),
            ("timers and reads", (idleReads + scimReads) / 10_000 * TableTransactions10K),
            ("data kept", users * KbKeptPerUser / 1e6 * StorageGbMonth),
            ("registry", RegistryMonth),
        ];
    }

    public string Table()
    {
        var table = new StringBuilder("| US dollars | Azure Storage | Durable Task Scheduler (Consumption) |\n|---|---:|---:|\n");
        table.Append(CultureInfo.InvariantCulture, $"| 1 000 operations, computing time included | {PerThousandOperations(false):0.00} | {PerThousandOperations(true):0.00} |\n");
        foreach (var users in new[] { 100d, 10_000, 1_000_000 })
        {
            var name = users.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
            table.Append(CultureInfo.InvariantCulture, $"| a month at {name} users | {Month(users, false).Sum(part => part.Dollars):0} | {Month(users, true).Sum(part => part.Dollars):0} |\n");
            foreach (var (part, dollars) in Month(users, false))
            {
                var other = Month(users, true).Single(candidate => candidate.Name == part).Dollars;
                table.Append(CultureInfo.InvariantCulture, $"| – {part} | {dollars:0.00} | {other:0.00} |\n");
            }
        }

        return table.ToString();
    }

    private double Browser => BrowserSecondsPerOperation / OperationsAtOnce * ((CoresPerReplica * CpuSecondActive) + (GbPerReplica * MemoryGbSecond));

    private double PerOperation(bool scheduler) =>
        Browser
        + ((TableTransactionsPerWrite + TableTransactionsPerRun) / 10_000 * TableTransactions10K)
        + (scheduler
            ? SchedulerActionsPerOperation / 10_000 * SchedulerActions10K
            : (HubTableTransactionsPerOperation / 10_000 * TableTransactions10K) + (HubQueueTransactionsPerOperation / 10_000 * QueueTransactions10K))
        + (SecretReadsPerOperation / 10_000 * SecretOperations10K)
        + (LogKbPerOperation / 1e6 * LogGb);
}

/// <summary>The cost tables of docs/azure.md are computed, not typed.</summary>
public sealed class CostTests
{
    [Fact]
    public void The_guide_shows_the_table_that_the_model_gives()
    {
        var table = new CostModel().Table();

        Assert.True(Repository.Read("docs/azure.md").Contains(table, StringComparison.Ordinal), $"docs/azure.md should have:\n{table}");
    }

    [Fact]
    public void Prices_and_use_move_the_cost_as_they_should()
    {
        var model = new CostModel();

        Assert.Equal(2 * Logs(model), Logs(model with { LogGb = model.LogGb * 2 }), 9);
        Assert.True(Total(model with { OperationsPerUserMonth = 5 }, 1_000_000) > 2 * Total(model, 1_000_000));
        Assert.True(Total(model, 100) < Total(model, 10_000) && Total(model, 10_000) < Total(model, 1_000_000));

        static double Total(CostModel model, double users) => model.Month(users, scheduler: false).Sum(part => part.Dollars);

        static double Logs(CostModel model) => model.PerThousandOperations(false) - (model with { LogKbPerOperation = 0 }).PerThousandOperations(false);
    }
}
