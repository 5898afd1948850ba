using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Sync;

/// <summary>
/// Reads every account of the app and brings the gateway's records up to it, so that identity providers can import and
/// match them. Nothing is applied unless the read is proved complete and the safeguard holds.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="runner">Runs connectors.</param>
/// <param name="clock">The clock.</param>
internal sealed class SyncRun(IRecordStore store, IConnectorRunner runner, TimeProvider clock)
{
    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        var readSince = clock.GetUtcNow();
        var opened = await runner.OpenAsync(Sessions.For(profile, run), cancellationToken);
        run.Keep(opened.Evidence);
        if (opened.Session is null)
        {
            return new RunOutcome { Failure = opened.Failure };
        }

        IReadOnlyList<ObservedAccount> shown;
        IReadOnlyList<EntitlementOption>? offered = null;
        await using (opened.Session)
        {
            run.Begin(ConnectorVerb.ListUsers);
            var result = await opened.Session.RunAsync(new VerbCall(ConnectorVerb.ListUsers, []), cancellationToken);
            run.Keep(result.Evidence);
            if (result.Failure is not null || !result.Complete)
            {
                return new RunOutcome { Failure = result.Failure ?? new Failure(FailureCode.IncompleteRead, "The list of accounts was not proved complete.") };
            }

            shown = [.. result.Rows.Select(row => ImportedUser.Observe(profile, row, clock.GetUtcNow())).OfType<ObservedAccount>()];
            if (EntitlementCatalog.IsReadable(profile))
            {
                run.Begin(ConnectorVerb.ListEntitlements);
                var listed = await opened.Session.RunAsync(new VerbCall(ConnectorVerb.ListEntitlements, []), cancellationToken);
                run.Keep(listed.Evidence);
                if (listed.Failure is not null || !listed.Complete)
                {
                    return new RunOutcome { Failure = listed.Failure ?? new Failure(FailureCode.IncompleteRead, "The list of entitlements was not proved complete.") };
                }

                offered = EntitlementCatalog.Read(profile, listed.Rows);
            }
        }

        var plan = SyncPlan.Of(await KnownAsync(profile.Partition, cancellationToken), shown);
        if (profile.Integration.Safeguard.Exceeded(plan.Population, plan.Gone.Count) is { } reason)
        {
            return new RunOutcome { Halted = reason };
        }

        var apply = new SyncApply(store, profile, readSince, clock);
        var (seen, gone) = (0, 0);
        foreach (var account in plan.Seen)
        {
            seen += await apply.SeenAsync(account, cancellationToken) ? 1 : 0;
        }

        foreach (var key in plan.Gone)
        {
            gone += await apply.GoneAsync(key, cancellationToken) ? 1 : 0;
        }

        var changes = new List<string> { $"read {shown.Count} accounts: {plan.Added} new, {seen - Math.Min(seen, plan.Added)} changed, {gone} gone" };
        if (offered is not null)
        {
            var applied = await new EntitlementCatalog(store).ApplyAsync(profile, offered, cancellationToken);
            changes.Add($"read {offered.Count} entitlements: {applied.Added} new, {applied.Changed} changed, {applied.Gone} gone");
        }

        return new RunOutcome { Changes = changes };
    }

    private async Task<Dictionary<string, AppAccount>> KnownAsync(string partition, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, AppAccount>(StringComparer.Ordinal);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(Rows.Accounts), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var account in page.Records.Select(record => DomainJson.Decode<AppAccount>(record.Value)).Where(a => a.ReservedFor is null))
            {
                known[account.Key] = account;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return known;
    }
}
