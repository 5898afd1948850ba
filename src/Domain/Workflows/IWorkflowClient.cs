namespace IdLcm.Domain.Workflows;

/// <summary>Starts, asks and steers workflow instances.</summary>
public interface IWorkflowClient
{
    /// <summary>
    /// Starts an instance, durably. Idempotent: where an instance of that id exists, running or ended, nothing
    /// happens.
    /// </summary>
    /// <param name="workflow">The workflow's registered name.</param>
    /// <param name="instanceId">The instance id: printable ASCII, at most 100 characters.</param>
    /// <param name="input">The input, serializable as JSON.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when a new instance was made.</returns>
    Task<bool> StartAsync(string workflow, string instanceId, object? input, CancellationToken cancellationToken = default);

    /// <summary>Reads one instance.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The instance, or null where there is none.</returns>
    Task<WorkflowInstance?> GetAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>Reads many instances, newest first.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A page of them.</returns>
    Task<WorkflowInstancePage> QueryAsync(WorkflowInstanceQuery query, CancellationToken cancellationToken = default);

    /// <summary>Sends an event to an instance, durably. Events for an instance that has ended or is unknown are dropped.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="eventName">The event's name.</param>
    /// <param name="payload">The payload, serializable as JSON.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when the instance exists and has not ended.</returns>
    Task<bool> RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken = default);

    /// <summary>Ends an instance at once: running activities are cancelled, nothing after them runs.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when it was running.</returns>
    Task<bool> TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default);

    /// <summary>Deletes instances that ended before a moment, with their histories.</summary>
    /// <param name="endedBefore">The moment.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were deleted.</returns>
    Task<int> PurgeAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken = default);
}

/// <summary>Where an instance stands.</summary>
public enum WorkflowRuntimeStatus
{
    /// <summary>Started, nothing of it has run.</summary>
    Pending,

    /// <summary>Under way: running or waiting.</summary>
    Running,

    /// <summary>Ended with an output.</summary>
    Completed,

    /// <summary>Ended by an exception of the workflow.</summary>
    Failed,

    /// <summary>Ended by <see cref="IWorkflowClient.TerminateAsync"/>.</summary>
    Terminated,
}

/// <summary>One instance.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="Workflow">The workflow's name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="LastUpdatedAt">When its history last grew.</param>
/// <param name="Input">Its input as JSON.</param>
/// <param name="Output">Its output as JSON, or the error's text, once it has ended.</param>
/// <param name="CustomStatus">What the workflow last set, as JSON.</param>
public sealed record WorkflowInstance(
    string InstanceId,
    string Workflow,
    WorkflowRuntimeStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUpdatedAt,
    string? Input,
    string? Output,
    string? CustomStatus);

/// <summary>Which instances to read.</summary>
/// <param name="Workflow">Only those of one workflow.</param>
/// <param name="Statuses">Only those in one of these statuses.</param>
/// <param name="InstanceIdPrefix">Only those whose id starts so.</param>
/// <param name="Limit">The most to return, 1 to 1000.</param>
/// <param name="Continuation">What the page before returned.</param>
public sealed record WorkflowInstanceQuery(
    string? Workflow = null,
    IReadOnlyCollection<WorkflowRuntimeStatus>? Statuses = null,
    string? InstanceIdPrefix = null,
    int Limit = 100,
    string? Continuation = null);

/// <summary>A page of instances.</summary>
/// <param name="Instances">The instances, newest first.</param>
/// <param name="Continuation">Token of the next page, or null when this was the last.</param>
public sealed record WorkflowInstancePage(IReadOnlyList<WorkflowInstance> Instances, string? Continuation);
