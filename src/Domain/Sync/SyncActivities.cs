using System.Collections.Concurrent;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Sync;

/// <summary>Which lines of a plan to apply.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="OperationId">The sync that applies it.</param>
/// <param name="PlanId">The plan.</param>
/// <param name="Chunk">Which of its blobs, from 0.</param>
public sealed record SyncStep(string IntegrationId, string OperationId, string PlanId, int Chunk);

/// <summary>What applying lines of a plan gave.</summary>
/// <param name="Applied">What was recorded.</param>
/// <param name="Last">True when no lines follow.</param>
public sealed record SyncStepResult(SyncApplied Applied, bool Last);

/// <summary>Applies the lines of one blob of a plan. Bears being run again: what was applied is found applied.</summary>
/// <param name="store">The record store.</param>
/// <param name="plans">Keeps plans.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="clock">The clock.</param>
public sealed class ApplySyncActivity(IRecordStore store, SyncPlans plans, IntegrationProfiles profiles, TimeProvider clock) : Activity<SyncStep, SyncStepResult>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "apply-sync";

    private const int AtOnce = 8;

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<SyncStepResult> RunAsync(SyncStep input, CancellationToken cancellationToken)
    {
        if (await profiles.FindAsync(input.IntegrationId, cancellationToken) is not { } profile
            || await plans.FindAsync(profile.Partition, input.PlanId, cancellationToken) is not { } plan
            || plan.Value.Status is not (SyncPlanStatus.Ready or SyncPlanStatus.Allowed)
            || input.Chunk >= plan.Value.Chunks.Count)
        {
            return new SyncStepResult(SyncApplied.None, Last: true);
        }

        var entries = await plans.ChunkAsync(plan.Value.Chunks[input.Chunk], cancellationToken)
            ?? throw new InvalidDataException($"The lines of plan {input.PlanId} are gone.");
        var apply = new SyncApply(store, profile, plan.Value.ReadAt, clock);
        var results = new ConcurrentBag<SyncApplied>();
        await Parallel.ForEachAsync(
            entries,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (entry, stop) => results.Add(await ApplyAsync(apply, entry, stop)));
        return new SyncStepResult(results.Aggregate(SyncApplied.None, (sum, one) => sum.Plus(one)), input.Chunk + 1 >= plan.Value.Chunks.Count);
    }

    private static async Task<SyncApplied> ApplyAsync(SyncApply apply, SyncEntry entry, CancellationToken cancellationToken) => entry.Kind switch
    {
        SyncEntryKind.Gone => await apply.GoneAsync(entry.Key, cancellationToken) ? new(0, 0, 1, 0) : new(0, 0, 0, 1),
        SyncEntryKind.SeenAgain or SyncEntryKind.NotSeenAgain => await apply.SightedAsync(entry.Key, entry.Kind == SyncEntryKind.SeenAgain, cancellationToken),
        _ => await apply.SeenAsync(entry.Seen!, cancellationToken) is false ? new(0, 0, 0, 1)
            : entry.Kind == SyncEntryKind.New ? new(1, 0, 0, 0) : new(0, 1, 0, 0),
    };
}

/// <summary>How a sync ended, for its last step.</summary>
/// <param name="Run">The attempt.</param>
/// <param name="PlanId">The plan.</param>
/// <param name="Applied">What was recorded of it.</param>
public sealed record SyncEnd(OperationRun Run, string PlanId, SyncApplied Applied);

/// <summary>Ends a sync whose plan has been applied.</summary>
/// <param name="store">The record store.</param>
/// <param name="plans">Keeps plans.</param>
/// <param name="settlement">Writes how the attempt ended.</param>
public sealed class EndSyncActivity(IRecordStore store, SyncPlans plans, Settlement settlement) : Activity<SyncEnd, OperationRunResult>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "end-sync";

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<OperationRunResult> RunAsync(SyncEnd input, CancellationToken cancellationToken)
    {
        var partition = Rows.Partition(input.Run.IntegrationId);
        var operation = await store.FindAsync<Operation>(partition, Rows.Operation(input.Run.OperationId), cancellationToken);
        var lane = await store.FindAsync<Lane>(partition, Rows.Lane, cancellationToken);
        var plan = await plans.FindAsync(partition, input.PlanId, cancellationToken);
        if (operation is null || operation.Value.Ended || plan is null || lane?.Value.LeaseOf(input.Run.OperationId) is not { } lease)
        {
            return operation is null ? new OperationRunResult(Ended: true, OperationStatus.Cancelled, null) : Result(operation.Value);
        }

        var attempt = await store.FindAsync<OperationAttempt>(partition, Rows.Attempt(input.Run.OperationId, input.Run.Attempt), cancellationToken);
        var applied = input.Applied;
        var summary = $"read {plan.Value.Counts.Read} accounts: {applied.New} new, {applied.Changed} changed, {applied.Gone} gone";
        var outcome = new RunOutcome
        {
            PlanId = input.PlanId,
            PlanApplied = applied,
            Changes = [applied.Left == 0 ? summary : $"{summary}, {applied.Left} left to operations that touched them since"],
        };
        return Result(await settlement.SettleAsync(input.Run.IntegrationId, lease, attempt?.Value, outcome, cancellationToken));
    }

    private static OperationRunResult Result(Operation operation) => new(operation.Ended, operation.Status, operation.Failure?.Code.ToString());
}
