using System.Globalization;
using System.Text;
using DurableTask.Core.Exceptions;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Activities;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Orchestrations;

/// <summary>The workflow port's client on Durable Functions.</summary>
internal sealed class DurableWorkflowClient(DurableClientSource source, WorkflowCatalog workflows, RunningActivities running) : IWorkflowClient
{
    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    private static readonly OrchestrationRuntimeStatus[] Any =
        [.. Ended, OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    public async Task<bool> StartAsync(string workflow, string instanceId, object? input, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workflow);
        InstanceIds.Validate(instanceId);
        if (!workflows.Has(workflow))
        {
            throw new ArgumentException($"No workflow '{workflow}' is registered.", nameof(workflow));
        }

        // Asked first, because what the host does with an id that is taken depends on its version and settings too.
        var client = await source.GetAsync(cancellationToken);
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is not null)
        {
            return false;
        }

        try
        {
            var options = new StartOrchestrationOptions(instanceId).WithDedupeStatuses(Any);
            await client.ScheduleNewOrchestrationInstanceAsync(workflow, DurableJson.Write(input), options, cancellationToken);
            return true;
        }
        catch (OrchestrationAlreadyExistsException)
        {
            return false;
        }
        catch (Exception error) when (error is not ArgumentException && !cancellationToken.IsCancellationRequested)
        {
            // The answer was lost, which says nothing about the start: the instance id does.
            if (await client.GetInstanceAsync(instanceId, cancellationToken) is not null)
            {
                return true;
            }

            throw;
        }
    }

    public async Task<WorkflowInstance?> GetAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var client = await source.GetAsync(cancellationToken);
        return await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken) is { } metadata ? Instance(metadata) : null;
    }

    /// <remarks>
    /// The back-ends list instances in an order of their own, so everything that matches is read and sorted. It serves
    /// people who look for an instance; nothing of the product's own work needs it.
    /// </remarks>
    public async Task<WorkflowInstancePage> QueryAsync(WorkflowInstanceQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var client = await source.GetAsync(cancellationToken);
        var found = new List<WorkflowInstance>();
        var filter = new OrchestrationQuery(
            Statuses: query.Statuses?.SelectMany(Statuses).ToList(), InstanceIdPrefix: query.InstanceIdPrefix, FetchInputsAndOutputs: true);
        await foreach (var metadata in client.GetAllInstancesAsync(filter).WithCancellation(cancellationToken))
        {
            if (query.Workflow is null || metadata.Name == query.Workflow)
            {
                found.Add(Instance(metadata));
            }
        }

        var after = query.Continuation is null ? null : Cursor.Read(query.Continuation);
        var page = found
            .OrderByDescending(instance => instance.CreatedAt)
            .ThenByDescending(instance => instance.InstanceId, StringComparer.Ordinal)
            .Where(instance => after is null || after.IsBefore(instance))
            .Take(query.Limit + 1)
            .ToList();
        return page.Count <= query.Limit
            ? new WorkflowInstancePage(page, null)
            : new WorkflowInstancePage(page[..query.Limit], Cursor.Of(page[query.Limit - 1]));
    }

    public async Task<bool> RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        InstanceIds.Validate(instanceId);
        var client = await source.GetAsync(cancellationToken);
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is not { IsCompleted: false })
        {
            return false;
        }

        await client.RaiseEventAsync(instanceId, eventName, DurableJson.Write(payload), cancellationToken);
        return true;
    }

    public async Task<bool> TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        InstanceIds.Validate(instanceId);
        var client = await source.GetAsync(cancellationToken);
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is not { IsCompleted: false })
        {
            return false;
        }

        await client.TerminateInstanceAsync(instanceId, reason, cancellationToken);

        // Other processes notice by themselves within seconds.
        running.Cancel(instanceId);
        return true;
    }

    /// <remarks>The SDK purges by when an instance was made; the port by when it ended, so each is looked at.</remarks>
    public async Task<int> PurgeAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken = default)
    {
        var client = await source.GetAsync(cancellationToken);
        var old = new List<string>();
        await foreach (var metadata in client.GetAllInstancesAsync(new OrchestrationQuery(CreatedTo: endedBefore, Statuses: Ended)).WithCancellation(cancellationToken))
        {
            if (metadata.IsCompleted && metadata.LastUpdatedAt < endedBefore)
            {
                old.Add(metadata.InstanceId);
            }
        }

        var purged = 0;
        foreach (var instanceId in old)
        {
            purged += (await client.PurgeInstanceAsync(instanceId, cancellationToken)).PurgedInstanceCount;
        }

        return purged;
    }

    internal static WorkflowInstance Instance(OrchestrationMetadata metadata) => new(
        metadata.InstanceId,
        metadata.Name,
        Status(metadata.RuntimeStatus),
        metadata.CreatedAt,
        metadata.LastUpdatedAt,
        metadata.SerializedInput,
        metadata.FailureDetails is { } failure ? $"{failure.ErrorType}: {failure.ErrorMessage}" : metadata.SerializedOutput,
        metadata.SerializedCustomStatus);

    private static WorkflowRuntimeStatus Status(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Pending => WorkflowRuntimeStatus.Pending,
        OrchestrationRuntimeStatus.Completed => WorkflowRuntimeStatus.Completed,
        OrchestrationRuntimeStatus.Failed => WorkflowRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated => WorkflowRuntimeStatus.Terminated,
        _ => WorkflowRuntimeStatus.Running,
    };

    private static IEnumerable<OrchestrationRuntimeStatus> Statuses(WorkflowRuntimeStatus status) => status switch
    {
        WorkflowRuntimeStatus.Pending => [OrchestrationRuntimeStatus.Pending],
        WorkflowRuntimeStatus.Running => [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
        WorkflowRuntimeStatus.Completed => [OrchestrationRuntimeStatus.Completed],
        WorkflowRuntimeStatus.Failed => [OrchestrationRuntimeStatus.Failed],
        _ => [OrchestrationRuntimeStatus.Terminated],
    };

    /// <summary>The last instance of a page.</summary>
    private sealed record Cursor(long CreatedAt, string InstanceId)
    {
        public static string Of(WorkflowInstance last) => Convert.ToBase64String(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.UtcTicks}/{last.InstanceId}")));

        public static Cursor Read(string continuation)
        {
            var bytes = new byte[continuation.Length];
            if (Convert.TryFromBase64String(continuation, bytes, out var length)
                && Encoding.UTF8.GetString(bytes, 0, length).Split('/', 2) is [var ticks, var id]
                && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var createdAt))
            {
                return new Cursor(createdAt, id);
            }

            throw new ArgumentException($"'{continuation}' is no continuation of a query.", nameof(continuation));
        }

        public bool IsBefore(WorkflowInstance instance) =>
            instance.CreatedAt.UtcTicks < CreatedAt
            || (instance.CreatedAt.UtcTicks == CreatedAt && string.CompareOrdinal(instance.InstanceId, InstanceId) < 0);
    }
}
