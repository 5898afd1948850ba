using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// One attempt while it runs: keeps its record, and stands before every step that cannot be taken back. Its fencing
/// token makes sure that of two runs of the same attempt only the later one acts.
/// </summary>
internal sealed class ActiveRun : ICommitGate, IStepObserver
{
    /// <summary>A loop over thousands of rows must not make the record of an attempt outgrow its limit.</summary>
    private const int MaxSteps = 500;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly IRecordStore store;
    private readonly TimeProvider clock;
    private readonly Lock sync = new();
    private readonly List<StepRecord> steps = [];
    private readonly List<EvidenceItem> evidence = [];
    private OperationAttempt attempt;
    private ConnectorVerb verb;
    private long generation;
    private AccountGoal? goal;
    private DateTimeOffset lastProgress;
    private Task progress = Task.CompletedTask;

    private ActiveRun(IRecordStore store, TimeProvider clock, IntegrationProfile profile, Operation operation, LaneLease lease, OperationAttempt attempt)
    {
        this.store = store;
        this.clock = clock;
        this.attempt = attempt;
        Profile = profile;
        Operation = operation;
        Lease = lease;
        lastProgress = clock.GetUtcNow();
    }

    public IntegrationProfile Profile { get; }

    public Operation Operation { get; }

    public LaneLease Lease { get; }

    public bool CalledOff { get; private set; }

    public bool Cancelled { get; private set; }

    /// <summary>True when the wish turned round before the step that could not have been taken back: who returned is not deleted first.</summary>
    public bool Overtaken { get; private set; }

    /// <summary>Steps that cannot be taken back and whose outcome nobody has read yet.</summary>
    public IReadOnlyList<CommitIntent> Unsettled => [.. attempt.Intents.Where(intent => intent.Settled is null)];

    /// <summary>Takes over the attempt with a new fencing token.</summary>
    /// <returns>The run, or null when there is nothing to run any more.</returns>
    public static Task<ActiveRun?> BeginAsync(
        IRecordStore store, TimeProvider clock, IntegrationProfile profile, OperationRun run, CancellationToken cancellationToken) =>
        Optimistic.RunAsync<ActiveRun?>(
            async () =>
            {
                var operation = await store.FindAsync<Operation>(profile.Partition, Rows.Operation(run.OperationId), cancellationToken);
                var lane = await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken);
                if (operation is null || operation.Value.Ended || lane?.Value.LeaseOf(run.OperationId) is not { } held || held.Attempt != run.Attempt)
                {
                    return (true, null);
                }

                var now = clock.GetUtcNow();
                var row = Rows.Attempt(run.OperationId, run.Attempt);
                var before = await store.FindAsync<OperationAttempt>(profile.Partition, row, cancellationToken);
                var record = new OperationAttempt
                {
                    Number = run.Attempt,
                    StartedAt = before?.Value.StartedAt ?? now,
                    Steps = before?.Value.Steps ?? [],
                    Evidence = before?.Value.Evidence ?? [],
                    Intents = before?.Value.Intents ?? await InheritAsync(store, profile, run, cancellationToken),
                };
                var lease = held with { Fence = lane.Value.LastFence + 1, Begun = true };
                var leases = lane.Value.Leases.Select(l => l.OperationId == lease.OperationId ? lease : l);
                var result = await store.CommitAsync(
                    profile.Partition,
                    [
                        TypedRecords.Write(Rows.Lane, lane.Value with { LastFence = lease.Fence, Leases = [.. leases] }, lane.ETag),
                        TypedRecords.Write(row, record, before?.ETag),
                    ],
                    cancellationToken);
                var active = new ActiveRun(store, clock, profile, operation.Value, lease, record);
                active.steps.AddRange(record.Steps);
                active.evidence.AddRange(record.Evidence);
                return (result.Committed, active);
            },
            cancellationToken);

    /// <summary>Says which wish the next steps serve, and what it means for the account.</summary>
    public void Serve(UserRecord user, AccountGoal served) => (generation, goal, Overtaken) = (user.Wish, served, false);

    public async Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
    {
        await FinishProgressAsync();
        return await Optimistic.RunAsync(
            async () =>
            {
                var lane = await store.FindAsync<Lane>(Profile.Partition, Rows.Lane, cancellationToken);
                var operation = await store.FindAsync<Operation>(Profile.Partition, Rows.Operation(Operation.Id), cancellationToken);
                var integration = await store.FindAsync<Integration>(Profile.Partition, Rows.Integration, cancellationToken);
                var workspace = await new IntegrationStore(store).WorkspaceAsync(cancellationToken);
                Cancelled |= operation?.Value.CancelRequested is true;
                CalledOff |= lane?.Value.LeaseOf(Operation.Id)?.Fence != Lease.Fence || integration is null or { Value.Paused: not null } or { Value.ObserveOnly: not null } || workspace.Paused is not null;
                var (turned, wish) = await WishAsync(cancellationToken);
                Overtaken |= turned;
                if (Cancelled || CalledOff || Overtaken)
                {
                    return (true, false);
                }

                var noted = Current() with { Intents = [.. attempt.Intents, new CommitIntent(verb, step, generation, clock.GetUtcNow())] };
                var result = await store.CommitAsync(
                    Profile.Partition,
                    [
                        RecordChange.Upsert(Rows.Attempt(Operation.Id, attempt.Number), DomainJson.Encode(noted)),
                        RecordChange.Check(Rows.Lane, lane!.ETag),
                        RecordChange.Check(Rows.Integration, integration!.ETag),
                        .. wish,
                    ],
                    cancellationToken);
                if (result.Committed)
                {
                    attempt = noted;
                }

                return (result.Committed, true);
            },
            cancellationToken);
    }

    /// <summary>Whether somebody wants something else for the account by now, and what must still hold when the step is entered.</summary>
    private async Task<(bool Turned, IReadOnlyList<RecordChange> Checks)> WishAsync(CancellationToken cancellationToken)
    {
        if (goal is null
            || await store.FindAsync<AppAccount>(Profile.Partition, Rows.Account(Operation.AccountKey!), cancellationToken) is not { } account
            || await store.FindUserAsync(Profile.Partition, account.Value.UserId, cancellationToken) is not { } user)
        {
            return (false, []);
        }

        return (
            AccountGoals.Of(Profile, user.Value, account.Value, clock.GetUtcNow()) != goal,
            [RecordChange.Check(Rows.Account(account.Value.Key), account.ETag), RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag)]);
    }

    /// <summary>Names the verb that is about to run.</summary>
    public void Begin(ConnectorVerb next) => verb = next;

    /// <summary>Notes what a read showed of the steps whose outcome was open.</summary>
    public void Settle(bool done) =>
        attempt = attempt with { Intents = [.. attempt.Intents.Select(intent => intent.Settled is null ? intent with { Settled = done ? "done" : "absent" } : intent)] };

    /// <summary>Keeps what a verb did.</summary>
    public void Keep(IReadOnlyList<EvidenceItem> items)
    {
        lock (sync)
        {
            evidence.AddRange(items);
        }
    }

    public void StepEnded(StepRecord step)
    {
        lock (sync)
        {
            if (steps.Count < MaxSteps)
            {
                steps.Add(step);
            }

            var now = clock.GetUtcNow();
            if (now - lastProgress < ProgressInterval || !progress.IsCompleted)
            {
                return;
            }

            lastProgress = now;
            var snapshot = CurrentUnlocked();
            progress = store.CommitAsync(
                Profile.Partition, [RecordChange.Upsert(Rows.Attempt(Operation.Id, attempt.Number), DomainJson.Encode(snapshot))]);
        }
    }

    /// <summary>The record of the attempt as it stands.</summary>
    public async Task<OperationAttempt> CloseAsync()
    {
        await FinishProgressAsync();
        return Current();
    }

    /// <summary>Progress is for watchers: when it cannot be written, the attempt goes on, and its end is written anyway.</summary>
    private async Task FinishProgressAsync()
    {
        try
        {
            await progress;
        }
        catch (RecordStoreUnavailableException)
        {
            progress = Task.CompletedTask;
        }
    }

    private OperationAttempt Current()
    {
        lock (sync)
        {
            return CurrentUnlocked();
        }
    }

    private OperationAttempt CurrentUnlocked() => attempt with { Steps = [.. steps], Evidence = [.. evidence] };

    /// <summary>An intent of an earlier attempt that was never settled is still open in this one.</summary>
    private static async Task<IReadOnlyList<CommitIntent>> InheritAsync(
        IRecordStore store, IntegrationProfile profile, OperationRun run, CancellationToken cancellationToken)
    {
        if (run.Attempt <= 1)
        {
            return [];
        }

        var earlier = await store.FindAsync<OperationAttempt>(profile.Partition, Rows.Attempt(run.OperationId, run.Attempt - 1), cancellationToken);
        return [.. earlier?.Value.Intents.Where(intent => intent.Settled is null) ?? []];
    }
}
