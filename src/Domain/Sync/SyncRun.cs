using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Assets;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>
/// Reads every account of the app and makes the plan that brings the gateway's records up to it, so that identity
/// providers can import and match them. The plan is kept, and applied by the workflow afterwards, only when the read is
/// proved complete and the safeguard holds or a person allowed it.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="plans">Keeps plans.</param>
/// <param name="runner">Runs connectors.</param>
/// <param name="clock">The clock.</param>
internal sealed class SyncRun(IRecordStore store, SyncPlans plans, IConnectorRunner runner, TimeProvider clock)
{
    /// <summary>How old the read of a plan may be when it is applied; an older one is checked against a new read.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(15);

    public Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken) =>
        run.Operation.PlanId is { } allowed ? AllowedAsync(run, allowed, cancellationToken) : PlanAsync(run, cancellationToken);

    private Task<RunOutcome> PlanAsync(ActiveRun run, CancellationToken cancellationToken) => ReadAsync(
        run,
        async (stage, shown, readAt) =>
        {
            var profile = run.Profile;
            var comparison = new SyncComparison(profile.Manifest.Capabilities.PendingUsersVisible);
            var (chunks, lines) = await plans.KeepAsync(comparison.CompareAsync(stage.ReadAsync(cancellationToken), KnownAsync(profile.Partition, cancellationToken), cancellationToken), cancellationToken);
            var counts = comparison.Counts;
            var reasons = profile.Integration.Safeguard.Exceeded(counts);
            var plan = new SyncPlanRecord
            {
                Id = run.Operation.Id,
                Status = reasons.Count > 0 ? SyncPlanStatus.Halted : SyncPlanStatus.Ready,
                ReadAt = readAt,
                CreatedAt = clock.GetUtcNow(),
                Counts = counts,
                Chunks = chunks,
                Lines = lines,
                HaltReasons = reasons,
                AppliedBy = reasons.Count > 0 ? null : run.Operation.Id,
            };
            var told = OperationEvents.Make(ActivityKind.SyncPlanReady, run.Operation, Provenance.System.Actor, plan.CreatedAt, Describe(profile, counts, shown));
            await store.CommitAsync(profile.Partition, [RecordChange.Upsert(SyncPlans.Row(plan.Id), DomainJson.Encode(plan)), ActivityLog.Append(told)], cancellationToken);
            if (shown.Seats is not null || shown.Roles is not null || profile.Integration is not { Seats: null, SeatCount: null, OfferedRoles: null })
            {
                // A list that does not show seats is reason enough to let the next person through to try.
                await new IntegrationStore(store).ChangeAsync(
                    profile.Integration.Id,
                    before => (before with { SeatCount = shown.Seats, Seats = Seats.Taken(shown.Seats), OfferedRoles = shown.Roles }, []),
                    cancellationToken);
            }

            if (reasons.Count > 0)
            {
                return new RunOutcome { Halted = string.Join(" ", reasons), PlanId = plan.Id };
            }

            // What the app offers takes nothing from anybody, so it needs no plan.
            if (shown.Entitlements is { } offered)
            {
                await new EntitlementCatalog(store).ApplyAsync(profile, offered, cancellationToken);
            }

            if (shown.Assets is { } assets)
            {
                await new AssetCatalog(store).ApplyAsync(profile, assets, cancellationToken);
            }

            return new RunOutcome { PlanId = plan.Id };
        },
        cancellationToken);

    /// <summary>Applies exactly what a person allowed: nothing that a later read does not bear out, and nothing beside it.</summary>
    private async Task<RunOutcome> AllowedAsync(ActiveRun run, string planId, CancellationToken cancellationToken)
    {
        var partition = run.Profile.Partition;
        var found = await plans.FindAsync(partition, planId, cancellationToken) ?? throw new InvalidDataException($"There is no plan {planId}.");
        if (found.Value.Status != SyncPlanStatus.Allowed || clock.GetUtcNow() - found.Value.ReadAt <= FreshFor)
        {
            return new RunOutcome { PlanId = planId };
        }

        return await ReadAsync(
            run,
            async (stage, _, readAt) =>
            {
                var (chunks, lines) = await plans.KeepAsync(BorneOutAsync(stage, found.Value, cancellationToken), cancellationToken);
                var checkedPlan = found.Value with { ReadAt = readAt, Chunks = chunks, Dropped = found.Value.Dropped + found.Value.Lines - lines, Lines = lines };
                await store.CommitAsync(partition, [TypedRecords.Write(SyncPlans.Row(planId), checkedPlan, found.ETag)], cancellationToken);
                return new RunOutcome { PlanId = planId };
            },
            cancellationToken);
    }

    /// <summary>The lines of a plan that a later read shows the same.</summary>
    private async IAsyncEnumerable<SyncEntry> BorneOutAsync(SyncStage stage, SyncPlanRecord plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var hash in plan.Chunks)
        {
            foreach (var entry in await plans.ChunkAsync(hash, cancellationToken) ?? throw new InvalidDataException($"The lines of plan {plan.Id} are gone."))
            {
                var seen = await stage.FindAsync(entry.Key, cancellationToken);
                if (entry.Seen is null ? seen is null : seen is not null && SyncComparison.Same(entry.Seen, seen))
                {
                    yield return entry with { Seen = seen };
                }
            }
        }
    }

    /// <summary>Reads the app to a proved end, and hands on what it showed; nothing of the read is left afterwards.</summary>
    private async Task<RunOutcome> ReadAsync(ActiveRun run, Func<SyncStage, Shown, DateTimeOffset, Task<RunOutcome>> then, CancellationToken cancellationToken)
    {
        var readAt = clock.GetUtcNow();
        var stage = new SyncStage(store, run);
        await stage.SweepAsync(cancellationToken);
        try
        {
            var (shown, failure) = await ReadAsync(run, stage, cancellationToken);
            return shown is null ? new RunOutcome { Failure = failure } : await then(stage, shown, readAt);
        }
        finally
        {
            await stage.ClearAsync(CancellationToken.None);
        }
    }

    private async Task<(Shown? Shown, Failure? Failure)> ReadAsync(ActiveRun run, SyncStage stage, CancellationToken cancellationToken)
    {
        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is null)
        {
            return (null, opened.Failure);
        }

        await using var session = opened.Session;
        var accounts = new StagedRows(run.Profile, stage, clock);
        var (people, failure) = await ListAsync(run, session, ConnectorVerb.ListUsers, "accounts", cancellationToken, accounts);
        if (people is null)
        {
            return (null, failure);
        }

        await accounts.EndAsync(cancellationToken);
        OfferedRoles? roles = null;
        if (run.Profile.Manifest.Verbs.Contains(ConnectorVerb.ListRoles))
        {
            (var listed, failure) = await ListAsync(run, session, ConnectorVerb.ListRoles, "roles", cancellationToken);
            if (listed is null)
            {
                return (null, failure);
            }

            roles = OfferedRoles.Read(listed.Rows, clock.GetUtcNow());
        }

        IReadOnlyList<EntitlementOption>? offered = null;
        if (EntitlementCatalog.IsReadable(run.Profile))
        {
            (var listed, failure) = await ListAsync(run, session, ConnectorVerb.ListEntitlements, "entitlements", cancellationToken);
            if (listed is null)
            {
                return (null, failure);
            }

            offered = EntitlementCatalog.Read(run.Profile, listed.Rows);
        }

        IReadOnlyList<Asset>? assets = null;
        if (AssetCatalog.IsReadable(run.Profile))
        {
            (var listed, failure) = await ListAsync(run, session, ConnectorVerb.ListAssets, "assets", cancellationToken);
            if (listed is null)
            {
                return (null, failure);
            }

            (assets, var onAssets) = AssetCatalog.Read(run.Profile, listed.Rows);
            offered = [.. (offered ?? []).Concat(onAssets).DistinctBy(option => option.Row)];
        }

        var seats = people.Seats ?? accounts.Seats;
        return (new Shown(roles, offered, assets, seats is null ? null : new SeatCount(seats.Used, seats.Total, clock.GetUtcNow())), null);
    }

    private static async Task<(VerbResult? Listed, Failure? Failure)> ListAsync(
        ActiveRun run, IConnectorSession session, ConnectorVerb verb, string what, CancellationToken cancellationToken, IRowSink? rows = null)
    {
        run.Begin(verb);
        var result = await session.RunAsync(new VerbCall(verb, []) { Rows = rows }, cancellationToken);
        run.Keep(result.Evidence);
        return result.Failure is null && result.Complete
            ? (result, null)
            : (null, result.Failure ?? new Failure(FailureCode.IncompleteRead, $"The list of {what} was not proved complete."));
    }

    private IAsyncEnumerable<AppAccount> KnownAsync(string partition, CancellationToken cancellationToken) =>
        store.ScanAsync(partition, RowRange.Prefix(Rows.Accounts), cancellationToken)
            .Select(record => DomainJson.Decode<AppAccount>(record.Value))
            .Where(account => account.ReservedFor is null);

    private static string Describe(IntegrationProfile profile, SyncCounts counts, Shown shown) =>
        $"read {counts.Read} accounts: {counts.New} new, {counts.Changed} changed, {counts.Gone} gone, {counts.LostAssignments} assignments lost"
        + (shown.Entitlements is { } offered ? $"; {offered.Count} entitlements are offered" : "")
        + (shown.Roles is { } roles ? $"; {roles.Shown.Count} roles are offered" : "")
        + (shown.Roles?.MissingOf(profile.Schema) is [_, ..] missing ? $", without {string.Join(", ", missing)} of the user schema" : "");
}

/// <summary>What a complete read of an app showed beside its accounts.</summary>
/// <param name="Roles">The roles that it offers; null where they cannot be read.</param>
/// <param name="Entitlements">The entitlements that it offers; null where they cannot be read.</param>
/// <param name="Assets">The assets that it manages access to; null where they cannot be read.</param>
/// <param name="Seats">Its seats; null where it does not show them.</param>
internal sealed record Shown(OfferedRoles? Roles, IReadOnlyList<EntitlementOption>? Entitlements, IReadOnlyList<Asset>? Assets, SeatCount? Seats);

/// <summary>Puts the rows of an app's list of accounts aside, some at a time.</summary>
internal sealed class StagedRows(IntegrationProfile profile, SyncStage stage, TimeProvider clock) : IRowSink
{
    private readonly List<ObservedAccount> waiting = [];

    /// <summary>What the list said about the app's seats.</summary>
    public ListedSeats? Seats { get; private set; }

    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        waiting.Clear();
        Seats = null;
        await stage.ClearAsync(cancellationToken);
    }

    public async ValueTask TakeAsync(IReadOnlyList<JsonObject> rows, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var row in rows)
        {
            // Before the account, which is made of the same row.
            Seats = Domain.Integrations.Seats.Shown(row) ?? Seats;
            if (ImportedUser.Observe(profile, row, now) is { } account)
            {
                waiting.Add(account);
            }
        }

        if (waiting.Count >= RecordLimits.MaxChangesPerCommit)
        {
            await EndAsync(cancellationToken);
        }
    }

    /// <summary>Puts aside what is left.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await stage.AddAsync(waiting, cancellationToken);
        waiting.Clear();
    }
}
