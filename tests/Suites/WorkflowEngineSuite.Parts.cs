using IdLcm.Domain.Workflows;

namespace IdLcm.Suites;

/// <summary>A workflow written where the test is.</summary>
public sealed class TestWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> run) : Workflow<TInput, TOutput>
{
    public override string Name => name;

    public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => run(context, input);
}

/// <summary>An activity written where the test is.</summary>
public sealed class TestActivity<TInput, TOutput>(string name, Func<TInput, CancellationToken, Task<TOutput>> run) : Activity<TInput, TOutput>
{
    public override string Name => name;

    public override Task<TOutput> RunAsync(TInput input, CancellationToken cancellationToken) => run(input, cancellationToken);
}

/// <summary>An engine that a suite runs against: under way from its making to its disposal.</summary>
public interface IEngineUnderTest : IAsyncDisposable
{
    /// <summary>The client.</summary>
    IWorkflowClient Client { get; }

    /// <summary>Waits, without polling by the clock, until an instance is as the test wants it.</summary>
    Task<WorkflowInstance> WaitAsync(string instanceId, Func<WorkflowInstance, bool> until);
}

/// <summary>A value that is more than a number, with an enum in it.</summary>
public sealed record Parcel(string Label, int Weight, DayOfWeek Day, IReadOnlyList<string> Tags);
