using System.Text.Json;
using IdLcm.Domain.Workflows;
using Microsoft.DurableTask;
using RetryPolicy = IdLcm.Domain.Workflows.RetryPolicy;

namespace IdLcm.Functions.Orchestrations;

/// <summary>The workflow port on Durable Functions.</summary>
internal sealed class DurableWorkflowContext(TaskOrchestrationContext context) : WorkflowContext
{
    private readonly EventInbox inbox = new(context);

    public override string InstanceId => context.InstanceId;

    public override DateTimeOffset UtcNow => new(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));

    public override bool IsReplaying => context.IsReplaying;

    public override Guid NewGuid() => context.NewGuid();

    public override async Task<TResult> CallActivityAsync<TResult>(string name, object? input, RetryPolicy? retry = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            return DurableJson.Read<TResult>(await context.CallActivityAsync<JsonElement?>(name, DurableJson.Write(input), Options(retry)));
        }
        catch (TaskFailedException failed)
        {
            throw Failure(name, failed);
        }
    }

    public override Task CreateTimerAsync(DateTimeOffset dueAt) => context.CreateTimer(dueAt.UtcDateTime, CancellationToken.None);

    public override async Task<EventOrTimeout<TEvent>> WaitForEventAsync<TEvent>(string name, TimeSpan? timeout = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var wait = inbox.Next(name);
        if (!wait.Task.IsCompleted && timeout is { } limit && limit != Timeout.InfiniteTimeSpan)
        {
            using var cancelTimer = new CancellationTokenSource();
            var timer = context.CreateTimer((UtcNow + limit).UtcDateTime, cancelTimer.Token);
            await Task.WhenAny(wait.Task, timer);
            if (!wait.Task.IsCompleted)
            {
                wait.Forget();
                return EventOrTimeout<TEvent>.TimedOut;
            }

            // Not CancelAsync, which leaves the thread of the orchestration.
            cancelTimer.Cancel();
        }

        return new EventOrTimeout<TEvent>(Received: true, DurableJson.Read<TEvent>(await wait.Task));
    }

    public override async Task<TResult> CallSubWorkflowAsync<TResult>(string name, string instanceId, object? input)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        InstanceIds.Validate(instanceId);
        if (instanceId == InstanceId)
        {
            throw new ArgumentException("A workflow cannot wait for itself: the sub-workflow needs an instance id of its own.", nameof(instanceId));
        }

        try
        {
            return DurableJson.Read<TResult>(await context.CallSubOrchestratorAsync<JsonElement?>(
                name, DurableJson.Write(input), new SubOrchestrationOptions(retry: null, instanceId)));
        }
        catch (TaskFailedException failed)
        {
            throw Failure(name, failed);
        }
    }

    public override void SetCustomStatus(object status) => context.SetCustomStatus(DurableJson.Write(status));

    public override void ContinueAsNew(object? input)
    {
        inbox.PassOn();
        context.ContinueAsNew(DurableJson.Write(input), preserveUnprocessedEvents: true);
    }

    private static TaskOptions? Options(RetryPolicy? retry)
    {
        if (retry is null)
        {
            return null;
        }

        if (retry is { MaxAttempts: < 1 } or { BackoffCoefficient: < 1 })
        {
            throw new ArgumentOutOfRangeException(nameof(retry), retry, "A retry policy has at least one attempt and a coefficient of at least 1.");
        }

        // The SDK takes no wait of zero, and none that is longer than the longest.
        var first = retry.FirstDelay > TimeSpan.Zero ? retry.FirstDelay : TimeSpan.FromMilliseconds(1);
        return TaskOptions.FromRetryPolicy(new Microsoft.DurableTask.RetryPolicy(
            retry.MaxAttempts, first, retry.BackoffCoefficient, retry.MaxDelay > first ? retry.MaxDelay : first));
    }

    // What was terminated instead of failing comes without details, though the type promises them.
    private static ActivityFailedException Failure(string name, TaskFailedException failed) =>
        new(name, failed.FailureDetails?.ErrorType ?? nameof(TaskFailedException), failed.FailureDetails?.ErrorMessage ?? failed.Message);
}
