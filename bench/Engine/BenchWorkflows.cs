using IdLcm.Domain.Workflows;

namespace IdLcm.Bench.Engine;

/// <summary>Runs no-op activities one after the other.</summary>
internal sealed class Chain : Workflow<int, int>
{
    public override string Name => "chain";

    public override async Task<int> RunAsync(WorkflowContext context, int input)
    {
        for (var i = 0; i < input; i++)
        {
            await context.CallActivityAsync<int>("nothing", i);
        }

        return input;
    }
}

/// <summary>Waits for an event, with a timeout.</summary>
internal sealed class Waiter : Workflow<int, int>
{
    public override string Name => "waiter";

    public override async Task<int> RunAsync(WorkflowContext context, int input)
    {
        await context.CallActivityAsync<int>("nothing", input);
        context.SetCustomStatus("waiting");
        return (await context.WaitForEventAsync<int>("go", TimeSpan.FromDays(30))).Value;
    }
}

internal sealed class Nothing : Activity<int, int>
{
    public override string Name => "nothing";

    public override Task<int> RunAsync(int input, CancellationToken cancellationToken) => Task.FromResult(input);
}
