using System.Collections.Concurrent;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Matching;

/// <summary>
/// Writes down when exemptions end by the clock. That they count no longer needs nobody to notice; that somebody reads it
/// in the activity does. Rows <c>xe:{time}:{account}</c>.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class ExemptionEnds(IRecordStore store, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>How long after its end an exemption is noted at the latest, while the gateway runs: looking costs a read.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    internal const string Prefix = "xe:";

    private readonly ConcurrentDictionary<string, DateTimeOffset> looked = new(StringComparer.Ordinal);

    /// <summary>Ends the exemptions of an integration whose time is over.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    /// <returns>How many ended.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        if (looked.TryGetValue(integrationId, out var last) && now - last is var since && since >= TimeSpan.Zero && since < Pace)
        {
            return 0;
        }

        var partition = Rows.Partition(integrationId);
        var range = new RowRange(Prefix, Prefix + Rows.Time(now) + "~");
        var due = await store.QueryAsync(partition, range, 200, null, cancellationToken);
        var ended = 0;
        foreach (var row in due.Records)
        {
            ended += await Optimistic.RunAsync(() => EndAsync(partition, row.Row, now, cancellationToken), cancellationToken);
        }

        if (ended > 0)
        {
            feed.Publish(new LiveChange(integrationId, null));
        }

        // Where more are due than one turn takes, the next turn goes on.
        looked[integrationId] = due.Continuation is null ? now : DateTimeOffset.MinValue;
        return ended;
    }

    /// <summary>The change that has the end of an exemption noted.</summary>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="accountKey">The exempted account.</param>
    /// <returns>The change.</returns>
    internal static RecordChange At(DateTimeOffset expiresAt, string accountKey) =>
        RecordChange.Upsert($"{Prefix}{Rows.Time(expiresAt)}:{accountKey}", default);

    private async Task<(bool Committed, int Ended)> EndAsync(string partition, string row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = row[(row.LastIndexOf(':') + 1)..];
        var exemption = await store.FindAsync<Exemption>(partition, Unmatched.ExemptionRow(key), cancellationToken);
        if (exemption?.Value.ExpiresAt is not { } end || end > now)
        {
            // It was ended by somebody before, or given another end, which has a row of its own.
            await store.CommitAsync(partition, [RecordChange.DeleteIfExists(row)], cancellationToken);
            return (true, 0);
        }

        List<RecordChange> changes = [RecordChange.Delete(Unmatched.ExemptionRow(key), exemption.ETag), RecordChange.DeleteIfExists(row)];
        var account = (await store.FindAsync<AppAccount>(partition, Rows.Account(key), cancellationToken))?.Value;
        var isUnmatched = account is not null && await store.FindUserAsync(partition, account.UserId, cancellationToken) is { Value: { Owned: false, DeletedAt: null } };
        if (isUnmatched)
        {
            var detail = $"its time was over on {end:u}; exempted by {exemption.Value.By}: {exemption.Value.Reason}";
            changes.Add(ActivityLog.Append(
                ActivityEvent.Of(now, Provenance.System.Actor, ActivityKind.ExemptionEnded, account!.Identifier, detail, account.UserId)));
        }

        return ((await store.CommitAsync(partition, changes, cancellationToken)).Committed, isUnmatched ? 1 : 0);
    }
}
