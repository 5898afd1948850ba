namespace IdLcm.Domain.Workflows;

/// <summary>
/// What a workflow may do. Both engines (the embedded one and Durable Functions) run the same workflow code on it.
/// </summary>
/// <remarks>
/// Workflow code is replayed from its history after every await, so it must be deterministic: no clock, no random
/// numbers, no I/O, no tasks other than those made here, no ConfigureAwait. Everything else is an activity.
/// </remarks>
public abstract class WorkflowContext
{
    /// <summary>The instance id, as given to <see cref="IWorkflowClient.StartAsync"/>.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The time of the event that is being handled; the same on replay.</summary>
    public abstract DateTimeOffset UtcNow { get; }

    /// <summary>True while old history is replayed.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>A new identifier, the same on replay.</summary>
    /// <returns>The identifier.</returns>
    public abstract Guid NewGuid();

    /// <summary>Runs an activity, at least once.</summary>
    /// <typeparam name="TResult">The result's type, serializable as JSON.</typeparam>
    /// <param name="name">The activity's registered name.</param>
    /// <param name="input">Its input, serializable as JSON; never a secret.</param>
    /// <param name="retry">What to do when it throws; null for no retry.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ActivityFailedException">It threw, and its retries are used up.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(string name, object? input, RetryPolicy? retry = null);

    /// <summary>Waits until a moment, durably.</summary>
    /// <param name="dueAt">The moment.</param>
    /// <returns>A task that ends then.</returns>
    public abstract Task CreateTimerAsync(DateTimeOffset dueAt);

    /// <summary>Waits for an event that <see cref="IWorkflowClient.RaiseEventAsync"/> sends; events sent earlier are kept, in order, for each name.</summary>
    /// <typeparam name="TEvent">The payload's type, serializable as JSON.</typeparam>
    /// <param name="name">The event's name.</param>
    /// <param name="timeout">How long to wait; null for ever.</param>
    /// <returns>The event, or <see cref="EventOrTimeout{T}.TimedOut"/>.</returns>
    public abstract Task<EventOrTimeout<TEvent>> WaitForEventAsync<TEvent>(string name, TimeSpan? timeout = null);

    /// <summary>Runs another workflow and waits for its result.</summary>
    /// <typeparam name="TResult">The result's type.</typeparam>
    /// <param name="name">The workflow's registered name.</param>
    /// <param name="instanceId">The instance id of the sub-workflow.</param>
    /// <param name="input">Its input.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ActivityFailedException">It failed.</exception>
    public abstract Task<TResult> CallSubWorkflowAsync<TResult>(string name, string instanceId, object? input);

    /// <summary>Sets what <see cref="WorkflowInstance.CustomStatus"/> shows from now on.</summary>
    /// <param name="status">A small value, serializable as JSON.</param>
    public abstract void SetCustomStatus(object status);

    /// <summary>Ends this run and starts the same instance afresh with a new input and an empty history. Return right after.</summary>
    /// <param name="input">The new input.</param>
    public abstract void ContinueAsNew(object? input);
}

/// <summary>The result of waiting for an event.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
/// <param name="Received">True when the event came.</param>
/// <param name="Value">The payload when it came.</param>
public readonly record struct EventOrTimeout<T>(bool Received, T? Value)
{
    /// <summary>No event came in time.</summary>
    public static EventOrTimeout<T> TimedOut => default;
}

/// <summary>When and how often an activity that threw is run again.</summary>
/// <param name="MaxAttempts">The most runs in all, at least 1.</param>
/// <param name="FirstDelay">The wait before the second run.</param>
/// <param name="BackoffCoefficient">What the wait is multiplied by after each run, at least 1.</param>
/// <param name="MaxDelay">The longest wait.</param>
public sealed record RetryPolicy(int MaxAttempts, TimeSpan FirstDelay, double BackoffCoefficient, TimeSpan MaxDelay)
{
    /// <summary>For activities that only touch our own stores: until it works, for a day.</summary>
    public static RetryPolicy Infrastructure { get; } = new(300, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(5));

    /// <summary>The wait after a run that threw.</summary>
    /// <param name="attempt">The number of that run, from 1.</param>
    /// <returns>The wait.</returns>
    public TimeSpan DelayAfter(int attempt)
    {
        var factor = Math.Pow(BackoffCoefficient, attempt - 1);
        var ticks = FirstDelay.Ticks * factor;
        return ticks >= MaxDelay.Ticks ? MaxDelay : TimeSpan.FromTicks((long)ticks);
    }
}

/// <summary>An activity or sub-workflow failed for good, seen from the workflow that called it.</summary>
/// <param name="name">The activity's or workflow's name.</param>
/// <param name="errorType">The full name of the exception's type.</param>
/// <param name="message">The exception's message.</param>
public sealed class ActivityFailedException(string name, string errorType, string message)
    : Exception($"'{name}' failed: {errorType}: {message}")
{
    /// <summary>The activity's or workflow's name.</summary>
    public string Name { get; } = name;

    /// <summary>The full name of the exception's type.</summary>
    public string ErrorType { get; } = errorType;
}
