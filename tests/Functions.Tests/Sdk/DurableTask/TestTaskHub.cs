using System.Collections.Concurrent;
using System.Text.Json;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask.Client;

namespace Microsoft.DurableTask.Testing;

/// <summary>What a worker process offers to a task hub.</summary>
internal interface ITaskHubWorker
{
    Func<TaskOrchestrationContext, Task<JsonElement?>>? Orchestrator(string name);

    Func<JsonElement?, string, CancellationToken, Task<JsonElement?>>? Activity(string name);
}

/// <summary>
/// A task hub in memory, which outlives the workers that come and go. Orchestrators are replayed from the beginning of
/// their history for every message; activities run at least once; what a worker had not finished when it went is given
/// to the next one.
/// </summary>
internal sealed partial class TestTaskHub(TimeProvider clock) : DurableTaskClient("test")
{
    public const string FunctionNotFound = "FunctionNotFound";

    private readonly ConcurrentDictionary<string, HubInstance> instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TaskCompletionSource, bool> waiters = new();
    private readonly ConcurrentDictionary<(string Instance, int Execution, int Task), HubCommand> unfinished = new();
    private readonly ConcurrentQueue<string> violations = new();
    private (ITaskHubWorker Worker, CancellationTokenSource Stopping)? attached;
    private int replays;

    /// <summary>What orchestrators did against the rules, whatever became of their instances.</summary>
    public IReadOnlyCollection<string> Violations => violations;

    /// <summary>How often a history was replayed from its beginning.</summary>
    public int Replays => Volatile.Read(ref replays);

    /// <summary>How long a start lies in the back-end's queue before a worker sees it, which polls.</summary>
    public TimeSpan QueueDelay { get; init; }

    /// <summary>Set by a test to lose the answers of starts that happen.</summary>
    public int LoseStartAnswers { get; set; }

    /// <summary>The commands that an instance has given in its present execution.</summary>
    public IReadOnlyList<HubCommand> CommandsOf(string instanceId) => [.. instances[instanceId].History.SelectMany(row => row.Commands)];

    /// <summary>A worker process has started.</summary>
    public void Attach(ITaskHubWorker worker)
    {
        attached = (worker, new CancellationTokenSource());
        foreach (var instance in instances.Values)
        {
            Drain(instance);
        }

        foreach (var (key, command) in unfinished)
        {
            Run(key, command);
        }
    }

    /// <summary>The worker process is gone, in the middle of whatever it did.</summary>
    public async Task DetachAsync()
    {
        if (attached is { } worker)
        {
            attached = null;
            await worker.Stopping.CancelAsync();
        }
    }

    public async Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until)
    {
        var deadline = Task.Delay(TimeSpan.FromSeconds(90));
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters[changed] = true;
            try
            {
                if (await GetInstanceAsync(instanceId, getInputsAndOutputs: true) is { } metadata && until(metadata))
                {
                    return metadata;
                }

                if (await Task.WhenAny(changed.Task, deadline) == deadline)
                {
                    throw new TimeoutException($"'{instanceId}' did not get there. {string.Join(' ', violations)}");
                }
            }
            finally
            {
                waiters.TryRemove(changed, out _);
            }
        }
    }

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        if (!Create(id, orchestratorName.Name, HubConverter.Instance.Serialize(input), parent: null))
        {
            var status = instances[id].Status.ToString();
            if (options?.DedupeStatuses?.Contains(status) != true)
            {
                throw new NotSupportedException($"The test hub replaces no instance: '{id}' is {status}.");
            }

            throw new OrchestrationAlreadyExistsException($"An orchestration instance with ID '{id}' is {status}.");
        }

        if (LoseStartAnswers > 0)
        {
            LoseStartAnswers--;
            throw new TimeoutException("The answer to the start was lost.");
        }

        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        Deliver(instanceId, new HubMessage(MessageKind.EventRaised, clock.GetUtcNow(), Name: eventName, Payload: HubConverter.Instance.Serialize(eventPayload)));
        return Task.CompletedTask;
    }

    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        Deliver(instanceId, new HubMessage(MessageKind.Terminated, clock.GetUtcNow(), Payload: HubConverter.Instance.Serialize(options?.Output)));
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata?> GetInstancesAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(instances.TryGetValue(instanceId, out var instance) ? instance.Metadata(getInputsAndOutputs) : null);

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        filter ??= new OrchestrationQuery();
        var found = instances.Values
            .Select(instance => instance.Metadata(filter.FetchInputsAndOutputs))
            .Where(metadata => filter.Statuses?.Contains(metadata.RuntimeStatus) != false
                && (filter.InstanceIdPrefix is null || metadata.InstanceId.StartsWith(filter.InstanceIdPrefix, StringComparison.Ordinal))
                && (filter.CreatedFrom is null || metadata.CreatedAt >= filter.CreatedFrom)
                && (filter.CreatedTo is null || metadata.CreatedAt <= filter.CreatedTo))
            .OrderBy(metadata => metadata.InstanceId, StringComparer.Ordinal);
        return new Pages([.. found.Chunk(filter.PageSize)]);
    }

    public override Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (instances.TryGetValue(instanceId, out var instance) && instance.Metadata(false).IsCompleted)
        {
            return Task.FromResult(new PurgeResult(instances.TryRemove(instanceId, out _) ? 1 : 0));
        }

        return Task.FromResult(new PurgeResult(0));
    }

    public override ValueTask DisposeAsync() => new(DetachAsync());

    private sealed class Pages(OrchestrationMetadata[][] pages) : AsyncPageable<OrchestrationMetadata>
    {
        public override async IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(string? continuationToken = default, int? pageSizeHint = default)
        {
            foreach (var page in pages)
            {
                await Task.Yield();
                yield return new Page<OrchestrationMetadata>(page);
            }
        }
    }
}
