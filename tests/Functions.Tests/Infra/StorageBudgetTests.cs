namespace IdLcm.Functions.Tests.Infra;

/// <summary>How many storage transactions things take: a budget that docs/azure.md states and the cost model uses.</summary>
public sealed class StorageBudgetTests
{
    [Fact]
    public async Task A_write_and_an_operation_stay_within_their_budgets()
    {
        var spent = await StorageBudget.MeasureAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"{spent.PerWrite:0.0} transactions a write, {spent.PerRun:0.0} more a run");
        Assert.InRange(spent.PerWrite, 1, StorageBudget.MostPerWrite);
        Assert.InRange(spent.PerOperation, 2, StorageBudget.MostPerOperation);
    }
}
