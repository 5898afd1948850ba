using System.Globalization;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Integrations;

/// <summary>A status that an integration had. Row <c>sh:{id}</c>, the newest first.</summary>
/// <param name="Sequence">Its number, from 1.</param>
/// <param name="Status">The status.</param>
/// <param name="Since">When it was first seen.</param>
/// <param name="Until">When another was; null while it lasts.</param>
public sealed record StatusChange(long Sequence, IntegrationStatus Status, DateTimeOffset Since, DateTimeOffset? Until = null)
{
    /// <summary>Its id; ids in key order are newest first.</summary>
    public string Id => (long.MaxValue - Sequence).ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>
/// Remembers which statuses an integration had. A status is derived from facts in many records, so it is looked at whenever
/// something changed and every few seconds: one that lasts shorter than a look may be missed.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="views">Derive the status.</param>
/// <param name="clock">The clock.</param>
public sealed class StatusHistory(IRecordStore store, IntegrationViews views, TimeProvider clock)
{
    /// <summary>How many statuses of an integration are kept.</summary>
    public const int Kept = 2_000;

    private const string Prefix = "sh:";

    /// <summary>Notes the status of an integration where it is another than the last.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The new status, or null when it is the same.</returns>
    public async Task<StatusChange?> NoteAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await views.FindAsync(integrationId, cancellationToken) is not { } view)
        {
            return null;
        }

        var partition = Rows.Partition(integrationId);
        var newest = await store.QueryAsync(partition, RowRange.Prefix(Prefix), 1, null, cancellationToken);
        var last = newest.Records is [var record] ? new Versioned<StatusChange>(DomainJson.Decode<StatusChange>(record.Value), record.ETag) : null;
        if (last?.Value.Status == view.Status)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var next = new StatusChange((last?.Value.Sequence ?? 0) + 1, view.Status, now);
        var changes = new List<RecordChange> { TypedRecords.Insert(Row(next), next) };
        if (last is not null)
        {
            changes.Add(TypedRecords.Write(Row(last.Value), last.Value with { Until = now }, last.ETag));
        }

        if (next.Sequence > Kept)
        {
            changes.Add(RecordChange.DeleteIfExists(Row(next with { Sequence = next.Sequence - Kept })));
        }

        // Whoever came first has noted it.
        return (await store.CommitAsync(partition, changes, cancellationToken)).Committed ? next : null;
    }

    /// <summary>Reads statuses, newest first.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The statuses, and whether more follow.</returns>
    public Task<(IReadOnlyList<StatusChange> Items, bool More)> ListAsync(
        string integrationId, int limit, string? afterId, CancellationToken cancellationToken = default) =>
        store.ListAsync<StatusChange>(Rows.Partition(integrationId), Prefix, _ => true, limit, afterId, cancellationToken);

    private static string Row(StatusChange change) => Prefix + change.Id;
}
