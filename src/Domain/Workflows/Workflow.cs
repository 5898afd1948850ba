namespace IdLcm.Domain.Workflows;

/// <summary>A durable flow: deterministic code over a <see cref="WorkflowContext"/>.</summary>
public interface IWorkflow
{
    /// <summary>The name it is registered and started by; part of stored histories, so it never changes.</summary>
    string Name { get; }

    /// <summary>The input's type.</summary>
    Type InputType { get; }

    /// <summary>Runs the flow.</summary>
    /// <param name="context">What it may do.</param>
    /// <param name="input">The input, of <see cref="InputType"/>.</param>
    /// <returns>The output, serializable as JSON.</returns>
    Task<object?> RunAsync(WorkflowContext context, object? input);
}

/// <summary>A durable flow with typed input and output.</summary>
/// <typeparam name="TInput">The input's type, serializable as JSON; never holds a secret.</typeparam>
/// <typeparam name="TOutput">The output's type, serializable as JSON.</typeparam>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public Type InputType => typeof(TInput);

    /// <summary>Runs the flow.</summary>
    /// <param name="context">What it may do.</param>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) => await RunAsync(context, (TInput)input!);
}

/// <summary>A step of a workflow that touches the world. Run at least once: it must bear being run again.</summary>
public interface IActivity
{
    /// <summary>The name it is registered and called by; part of stored histories, so it never changes.</summary>
    string Name { get; }

    /// <summary>The input's type.</summary>
    Type InputType { get; }

    /// <summary>Runs the step.</summary>
    /// <param name="input">The input, of <see cref="InputType"/>.</param>
    /// <param name="cancellationToken">Cancelled when the process stops or the instance is terminated.</param>
    /// <returns>The result, serializable as JSON.</returns>
    Task<object?> RunAsync(object? input, CancellationToken cancellationToken);
}

/// <summary>An activity with typed input and result.</summary>
/// <typeparam name="TInput">The input's type.</typeparam>
/// <typeparam name="TOutput">The result's type.</typeparam>
public abstract class Activity<TInput, TOutput> : IActivity
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public Type InputType => typeof(TInput);

    /// <summary>Runs the step.</summary>
    /// <param name="input">The input.</param>
    /// <param name="cancellationToken">Cancelled when the process stops or the instance is terminated.</param>
    /// <returns>The result.</returns>
    public abstract Task<TOutput> RunAsync(TInput input, CancellationToken cancellationToken);

    async Task<object?> IActivity.RunAsync(object? input, CancellationToken cancellationToken) =>
        await RunAsync((TInput)input!, cancellationToken);
}
