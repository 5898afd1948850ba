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

    private async Task<RunOutcome> PlanAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        var readAt = clock.GetUtcNow();
        var (shown, failure) = await ReadAsync(run, cancellationToken);
        if (shown is null)
        {
            return new RunOutcome { Failure = failure };
        }

        var comparison = new SyncComparison(shown.Accounts);
        await CompareAsync(profile.Partition, comparison, cancellationToken);
        var entries = comparison.End(out var counts);
        var reasons = profile.Integration.Safeguard.Exceeded(counts);
        var plan = new SyncPlanRecord
        {
            Id = run.Operation.Id,
            Status = reasons.Count > 0 ? SyncPlanStatus.Halted : SyncPlanStatus.Ready,
            ReadAt = readAt,
            CreatedAt = clock.GetUtcNow(),
            Counts = counts,
            Chunks = await plans.KeepAsync(entries, cancellationToken),
            Lines = entries.Count,
            HaltReasons = reasons,
            AppliedBy = reasons.Count > 0 ? null : run.Operation.Id,
        };
        var told = OperationEvents.Make(ActivityKind.SyncPlanReady, run.Operation, Provenance.System.Actor, plan.CreatedAt, Describe(counts, shown.Entitlements));
        await store.CommitAsync(profile.Partition, [RecordChange.Upsert(SyncPlans.Row(plan.Id), DomainJson.Encode(plan)), ActivityLog.Append(told)], cancellationToken);
        if (reasons.Count > 0)
        {
            return new RunOutcome { Halted = string.Join(" ", reasons), PlanId = plan.Id };
        }

        var seats = shown.Seats;
        if (seats is not null || profile.Integration.Seats is not null)
        {
            // A list that does not show them is reason enough to let the next person through to try.
            await new IntegrationStore(store).ChangeAsync(profile.Integration.Id, before => (before with { Seats = seats }, []), cancellationToken);
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
    }

    /// <summary>Applies exactly what a person allowed: nothing that a later read does not bear out, and nothing beside it.</summary>
    private async Task<RunOutcome> AllowedAsync(ActiveRun run, string planId, CancellationToken cancellationToken)
    {
        var partition = run.Profile.Partition;
        var found = await plans.FindAsync(partition, planId, cancellationToken) ?? throw new InvalidDataException($"There is no plan {planId}.");
        if (found.Value.Status != SyncPlanStatus.Allowed || clock.GetUtcNow() - found.Value.ReadAt <= FreshFor)
        {
            return new RunOutcome { PlanId = planId };
        }

        var readAt = clock.GetUtcNow();
        var (shown, failure) = await ReadAsync(run, cancellationToken);
        if (shown is null)
        {
            return new RunOutcome { Failure = failure };
        }

        var now = shown.Accounts.GroupBy(seen => Ids.KeyOf(seen.Identifier), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var kept = new List<SyncEntry>();
        foreach (var hash in found.Value.Chunks)
        {
            foreach (var entry in await plans.ChunkAsync(hash, cancellationToken) ?? throw new InvalidDataException($"The lines of plan {planId} are gone."))
            {
                var seen = now.GetValueOrDefault(entry.Key);
                var holds = entry.Seen is null ? seen is null : seen is not null && SyncComparison.Same(entry.Seen, seen);
                if (holds)
                {
                    kept.Add(entry with { Seen = seen });
                }
            }
        }

        var checkedPlan = found.Value with
        {
            ReadAt = readAt,
            Chunks = await plans.KeepAsync(kept, cancellationToken),
            Dropped = found.Value.Dropped + found.Value.Lines - kept.Count,
            Lines = kept.Count,
        };
        await store.CommitAsync(partition, [TypedRecords.Write(SyncPlans.Row(planId), checkedPlan, found.ETag)], cancellationToken);
        return new RunOutcome { PlanId = planId };
    }

    private async Task<(Shown? Shown, Failure? Failure)> ReadAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var opened = await runner.OpenAsync(Sessions.For(run.Profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is null)
        {
            return (null, opened.Failure);
        }

        await using var session = opened.Session;
        var (users, failure) = await ListAsync(run, session, ConnectorVerb.ListUsers, "accounts", cancellationToken);
        if (users is null)
        {
            return (null, failure);
        }

        IReadOnlyList<EntitlementOption>? offered = null;
        if (EntitlementCatalog.IsReadable(run.Profile))
        {
            (var listed, failure) = await ListAsync(run, session, ConnectorVerb.ListEntitlements, "entitlements", cancellationToken);
            if (listed is null)
            {
                return (null, failure);
            }

            offered = EntitlementCatalog.Read(run.Profile, listed);
        }

        IReadOnlyList<Asset>? assets = null;
        if (AssetCatalog.IsReadable(run.Profile))
        {
            (var listed, failure) = await ListAsync(run, session, ConnectorVerb.ListAssets, "assets", cancellationToken);
            if (listed is null)
            {
                return (null, failure);
            }

            (assets, var onAssets) = AssetCatalog.Read(run.Profile, listed);
            offered = [.. (offered ?? []).Concat(onAssets).DistinctBy(option => option.Row)];
        }

        // Before the accounts, which are made of the same rows.
        var seats = Seats.Shown(users.Count > 0 ? users[0] : null, clock.GetUtcNow());
        return (new Shown([.. users.Select(row => ImportedUser.Observe(run.Profile, row, clock.GetUtcNow())).OfType<ObservedAccount>()], offered, assets, seats), null);
    }

    private static async Task<(IReadOnlyList<JsonObject>? Rows, Failure? Failure)> ListAsync(
        ActiveRun run, IConnectorSession session, ConnectorVerb verb, string what, CancellationToken cancellationToken)
    {
        run.Begin(verb);
        var result = await session.RunAsync(new VerbCall(verb, []), cancellationToken);
        run.Keep(result.Evidence);
        return result.Failure is null && result.Complete
            ? (result.Rows, null)
            : (null, result.Failure ?? new Failure(FailureCode.IncompleteRead, $"The list of {what} was not proved complete."));
    }

    /// <summary>A page of records at a time.</summary>
    private async Task CompareAsync(string partition, SyncComparison comparison, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(Rows.Accounts), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                if (DomainJson.Decode<AppAccount>(record.Value) is { ReservedFor: null } account)
                {
                    comparison.Add(account);
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private static string Describe(SyncCounts counts, IReadOnlyList<EntitlementOption>? offered) =>
        $"read {counts.Read} accounts: {counts.New} new, {counts.Changed} changed, {counts.Gone} gone, {counts.LostAssignments} assignments lost"
        + (offered is null ? "" : $"; {offered.Count} entitlements are offered");
}

/// <summary>What a complete read of an app showed.</summary>
/// <param name="Accounts">The accounts.</param>
/// <param name="Entitlements">The entitlements that it offers; null where they cannot be read.</param>
/// <param name="Assets">The assets that it manages access to; null where they cannot be read.</param>
/// <param name="Seats">That its seats are taken; null when they are not, or it does not show them.</param>
internal sealed record Shown(IReadOnlyList<ObservedAccount> Accounts, IReadOnlyList<EntitlementOption>? Entitlements, IReadOnlyList<Asset>? Assets, SeatsTaken? Seats);
