using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Leavers;

/// <summary>
/// Looks after those who leave: deletes the deactivated when their days are over, and raises an alarm when a
/// deprovision is not verified within its time limit, whatever the reason (paused, held, failing, forgotten).
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class LeaverWatch(IRecordStore store, IntegrationProfiles profiles, LaneSignal signal, TimeProvider clock)
{
    internal const string WatchPrefix = "lw:";

    /// <summary>Opens the deletions that are due and raises the alarms that are.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>How many deletions were opened and alarms raised.</returns>
    public async Task<(int Deletions, int Alarms)> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { } profile)
        {
            return (0, 0);
        }

        return (await DeleteDueAsync(profile, cancellationToken), await AlarmAsync(profile, cancellationToken));
    }

    /// <summary>Keeps a deactivated account that was to be deleted.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The user; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when a deletion was planned.</returns>
    public Task<bool> UndoDeletionAsync(IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(
            async () =>
            {
                if (!IntegrationStore.IsWellFormed(userId)
                    || await store.FindUserAsync(profile.Partition, userId, cancellationToken) is not { } user
                    || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken) is not { Value.DeleteDueAt: { } due } account)
                {
                    return (true, false);
                }

                var now = clock.GetUtcNow();
                var result = await store.CommitAsync(
                    profile.Partition,
                    [
                        TypedRecords.Write(Rows.Account(account.Value.Key), account.Value with { DeleteDueAt = DateTimeOffset.MaxValue }, account.ETag),
                        RecordChange.DeleteIfExists(Rows.Deletion(due, account.Value.Key)),
                        ActivityLog.Append(Event(ActivityKind.DeletionUndone, account.Value, by.Actor, now, $"was to be deleted on {due:u}")),
                    ],
                    cancellationToken);
                return (result.Committed, true);
            },
            cancellationToken);

    private async Task<int> DeleteDueAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        var opened = 0;
        var range = new RowRange(Rows.Deletions, Rows.Deletions + Rows.Time(clock.GetUtcNow()) + "~");
        var due = await store.QueryAsync(profile.Partition, range, 200, null, cancellationToken);
        foreach (var row in due.Records)
        {
            opened += await Optimistic.RunAsync(() => DeleteAsync(profile, row.Row, cancellationToken), cancellationToken);
        }

        if (opened > 0)
        {
            signal.Raise(profile.Integration.Id);
        }

        return opened;
    }

    private async Task<(bool Committed, int Opened)> DeleteAsync(IntegrationProfile profile, string row, CancellationToken cancellationToken)
    {
        var key = row[(row.LastIndexOf(':') + 1)..];
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken);
        var user = account is null ? null : await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken);
        if (account is { Value.OpenOperationId: not null })
        {
            // What runs or waits for it comes first; the row stays and is looked at again.
            return (true, 0);
        }

        if (account?.Value.DeleteDueAt is not { } dueAt || dueAt > clock.GetUtcNow() || user is null || !AccountGoals.HasLeft(profile, user.Value))
        {
            await store.CommitAsync(profile.Partition, [RecordChange.DeleteIfExists(row)], cancellationToken);
            return (true, 0);
        }

        var intake = new Intake(store, profile, new Provenance("delete after days", "system"), clock.GetUtcNow());
        intake.Changes.Add(RecordChange.DeleteIfExists(row));
        intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
        await intake.ServeAsync(account.Value, account.ETag, touched: true, user.Value, cancellationToken);
        return ((await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed, 1);
    }

    /// <summary>Open and failed removals that are older than the limit; each is told once.</summary>
    private async Task<int> AlarmAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        if (profile.Integration.LeaverLimitMinutes is not { } minutes)
        {
            return 0;
        }

        var alarms = 0;
        var now = clock.GetUtcNow();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(WatchPrefix), 200, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var since = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(record.Row.Split(':')[1], 16));
                if (since.AddMinutes(minutes) > now)
                {
                    // Rows are in the order of time: nobody after this one is late.
                    return alarms;
                }

                alarms += await JudgeAsync(profile, record, since, now, cancellationToken) ? 1 : 0;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return alarms;
    }

    private async Task<bool> JudgeAsync(IntegrationProfile profile, StoredRecord record, DateTimeOffset since, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = record.Row[(record.Row.LastIndexOf(':') + 1)..];
        var account = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken))?.Value;
        var user = account is null ? null : (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value;
        var late = account is not null && user is not null && AccountGoals.Of(profile, user, account, now) != AccountGoal.Active
            && (account.OpenOperationId is not null || account.LastFailure is not null) && account.Observed is { Active: true };
        var changes = new List<RecordChange> { RecordChange.Delete(record.Row, record.ETag) };
        if (late)
        {
            var why = account!.LastFailure is { } failure ? $"{failure.Code}: {failure.Detail}"
                : profile.Integration.Paused is not null ? "the integration is paused" : "it still waits";
            changes.Add(ActivityLog.Append(Event(
                ActivityKind.LeaverOverdue, account, Provenance.System.Actor, now, $"to be without access since {since:u}, and the app still shows it: {why}")));
        }

        return (await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed && late;
    }

    /// <summary>The change that begins to watch an account whose access is to go.</summary>
    /// <param name="accountKey">The account.</param>
    /// <param name="now">Since when.</param>
    /// <returns>The change.</returns>
    internal static RecordChange Watch(string accountKey, DateTimeOffset now) => RecordChange.Upsert($"{WatchPrefix}{Rows.Time(now)}:{accountKey}", default);

    private static ActivityEvent Event(ActivityKind kind, AppAccount account, string actor, DateTimeOffset now, string detail) =>
        ActivityEvent.Of(now, actor, kind, account.Identifier, detail, account.UserId, account.OpenOperationId ?? account.LastOperationId);
}
