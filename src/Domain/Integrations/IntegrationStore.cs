using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Integrations;

/// <summary>Reads and changes integrations and workspace-wide records.</summary>
/// <param name="store">The record store.</param>
public sealed class IntegrationStore(IRecordStore store)
{
    private const string WorkspacePartition = ActivityLog.Workspace;
    private const string WorkspaceRow = "workspace";
    private const string EntryPrefix = "i:";
    private const string KeyPrefix = "key:";

    private long changes;

    /// <summary>Goes up with every change of an integration that this process has committed.</summary>
    internal long Changes => Interlocked.Read(ref changes);

    /// <summary>Reads an integration.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The integration, or null where there is none.</returns>
    public async ValueTask<Versioned<Integration>?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        IsWellFormed(id) && await store.FindAsync<Integration>(Rows.Partition(id), Rows.Integration, cancellationToken) is { Value.DeletedAt: null } found ? found : null;

    /// <summary>Reads an integration, unless it is the version that the caller knows.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="knownETag">The ETag of the known version, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>Null where there is none; with a null value where it is the known version.</returns>
    public async ValueTask<Versioned<Integration?>?> FindAsync(string id, string? knownETag, CancellationToken cancellationToken)
    {
        if (!IsWellFormed(id) || await store.GetAsync(Rows.Partition(id), Rows.Integration, cancellationToken) is not { } record)
        {
            return null;
        }

        if (record.ETag == knownETag)
        {
            return new Versioned<Integration?>(null, record.ETag);
        }

        var integration = DomainJson.Decode<Integration>(record.Value);
        return integration.DeletedAt is null ? new Versioned<Integration?>(integration, record.ETag) : null;
    }

    /// <summary>Reads every integration, in the order of their ids.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The integrations.</returns>
    public async Task<IReadOnlyList<Integration>> ListAsync(CancellationToken cancellationToken = default)
    {
        var integrations = new List<Integration>();
        foreach (var id in await ListIdsAsync(cancellationToken))
        {
            // An entry without its integration is what a crash between the two commits of a creation leaves.
            if (await FindAsync(id, cancellationToken) is { } found)
            {
                integrations.Add(found.Value);
            }
        }

        return integrations;
    }

    /// <summary>Reads the ids of every integration.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The ids.</returns>
    public async Task<IReadOnlyList<string>> ListIdsAsync(CancellationToken cancellationToken = default)
    {
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(WorkspacePartition, RowRange.Prefix(EntryPrefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            ids.AddRange(page.Records.Select(record => record.Row[EntryPrefix.Length..]));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return ids;
    }

    /// <summary>Adds an integration, with the events that tell of it.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="events">The events.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public async Task AddAsync(Integration integration, IReadOnlyList<ActivityEvent> events, CancellationToken cancellationToken = default)
    {
        await store.CommitAsync(
            WorkspacePartition,
            [TypedRecords.Insert(EntryPrefix + integration.Id, new IntegrationEntry(integration.Id, integration.ConnectorId))],
            cancellationToken);
        var appRow = AppRow(integration.ConnectorId);
        if (await store.GetAsync(WorkspacePartition, appRow, cancellationToken) is null)
        {
            // Losing this race is fine: then another integration of the app is the first.
            await store.CommitAsync(WorkspacePartition, [TypedRecords.Insert(appRow, new AppValidation(integration.Id, null))], cancellationToken);
        }

        await store.CommitAsync(
            Rows.Partition(integration.Id),
            [
                TypedRecords.Insert(Rows.Integration, integration),
                TypedRecords.Insert(Rows.Lane, new Lane()),
                .. events.Select(ActivityLog.Append),
            ],
            cancellationToken);
    }

    /// <summary>Changes an integration, with the events that tell of it, again and again until no other change came between.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="change">Gives the changed integration and the events, or null to leave it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The integration as it is now, or null where there is none.</returns>
    public Task<Integration?> ChangeAsync(
        string id, Func<Integration, (Integration Integration, IReadOnlyList<ActivityEvent> Events)?> change, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync<Integration?>(
            async () =>
            {
                var found = await FindAsync(id, cancellationToken);
                if (found is null || change(found.Value) is not { } changed)
                {
                    return (true, found?.Value);
                }

                var result = await store.CommitAsync(
                    Rows.Partition(id),
                    [TypedRecords.Write(Rows.Integration, changed.Integration, found.ETag), .. changed.Events.Select(ActivityLog.Append)],
                    cancellationToken);
                Changed();
                return (result.Committed, changed.Integration);
            },
            cancellationToken);

    /// <summary>Notes that this process has committed a change of an integration's record.</summary>
    internal void Changed() => Interlocked.Increment(ref changes);

    /// <summary>Appends an event to an integration's activity by itself.</summary>
    /// <param name="id">The integration.</param>
    /// <param name="activityEvent">The event.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task NoteAsync(string id, ActivityEvent activityEvent, CancellationToken cancellationToken = default) =>
        store.CommitAsync(Rows.Partition(id), [ActivityLog.Append(activityEvent)], cancellationToken);

    /// <summary>Whether the first validation of an app in this workspace is still to come.</summary>
    /// <param name="connectorId">The app's connector.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The record, or null where no integration of the app exists.</returns>
    public async ValueTask<AppValidation?> AppValidationAsync(string connectorId, CancellationToken cancellationToken = default) =>
        (await store.FindAsync<AppValidation>(WorkspacePartition, AppRow(connectorId), cancellationToken))?.Value;

    /// <summary>Notes that an app has been validated in this workspace. Later calls change nothing.</summary>
    /// <param name="connectorId">The app's connector.</param>
    /// <param name="integrationId">The integration that was validated.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task AppValidatedAsync(string connectorId, string integrationId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(
            async () =>
            {
                var row = AppRow(connectorId);
                var found = await store.FindAsync<AppValidation>(WorkspacePartition, row, cancellationToken);
                if (found?.Value.ValidatedAt is not null)
                {
                    return (true, true);
                }

                var validated = new AppValidation(found?.Value.FirstIntegrationId ?? integrationId, now);
                return ((await store.CommitAsync(WorkspacePartition, [TypedRecords.Write(row, validated, found?.ETag)], cancellationToken)).Committed, true);
            },
            cancellationToken);

    /// <summary>Reads the workspace's switches.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The switches.</returns>
    public async ValueTask<Workspace> WorkspaceAsync(CancellationToken cancellationToken = default) =>
        (await store.FindAsync<Workspace>(WorkspacePartition, WorkspaceRow, cancellationToken))?.Value ?? new Workspace();

    /// <summary>Sets or lifts the pause of the whole workspace.</summary>
    /// <param name="pause">The pause, or null to lift it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task PauseWorkspaceAsync(Pause? pause, CancellationToken cancellationToken = default) =>
        store.CommitAsync(WorkspacePartition, [RecordChange.Upsert(WorkspaceRow, DomainJson.Encode(new Workspace { Paused = pause }))], cancellationToken);

    /// <summary>Reads an API key.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The key, or null where there is none.</returns>
    public async ValueTask<ApiKey?> FindApiKeyAsync(string id, CancellationToken cancellationToken = default) =>
        IsWellFormed(id) ? (await store.FindAsync<ApiKey>(WorkspacePartition, KeyPrefix + id, cancellationToken))?.Value : null;

    /// <summary>Reads every API key.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The keys, without their secrets, which nobody has.</returns>
    public async Task<IReadOnlyList<ApiKey>> ListApiKeysAsync(CancellationToken cancellationToken = default)
    {
        var page = await store.QueryAsync(WorkspacePartition, RowRange.Prefix(KeyPrefix), RecordLimits.MaxPageSize, null, cancellationToken);
        return [.. page.Records.Select(record => DomainJson.Decode<ApiKey>(record.Value))];
    }

    /// <summary>Adds an API key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task AddApiKeyAsync(ApiKey key, CancellationToken cancellationToken = default) => AddApiKeyAsync(key, null, cancellationToken);

    /// <summary>Adds an API key, with the event that tells of it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="told">The event of the workspace's activity; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task AddApiKeyAsync(ApiKey key, ActivityEvent? told, CancellationToken cancellationToken = default) => store.CommitAsync(
        WorkspacePartition,
        told is null ? [TypedRecords.Insert(KeyPrefix + key.Id, key)] : [TypedRecords.Insert(KeyPrefix + key.Id, key), ActivityLog.Append(told)],
        cancellationToken);

    /// <summary>
    /// Takes an integration out of the list. Its records stay, and nobody finds them by it any more. Where it was the first of
    /// its app and never validated, the oldest one left is the first from now on.
    /// </summary>
    /// <param name="integration">The integration.</param>
    /// <param name="told">The event of the workspace's activity.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task UnlistAsync(Integration integration, ActivityEvent told, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync(
            async () =>
            {
                RecordChange[] changes = [RecordChange.DeleteIfExists(EntryPrefix + integration.Id), ActivityLog.Append(told)];
                var row = AppRow(integration.ConnectorId);
                if (await store.FindAsync<AppValidation>(WorkspacePartition, row, cancellationToken) is { Value.ValidatedAt: null } app
                    && app.Value.FirstIntegrationId == integration.Id)
                {
                    var successor = (await ListAsync(cancellationToken))
                        .Where(other => other.ConnectorId == integration.ConnectorId && other.Id != integration.Id)
                        .MinBy(other => other.CreatedAt);
                    changes = [.. changes, successor is null ? RecordChange.Delete(row, app.ETag) : TypedRecords.Write(row, new AppValidation(successor.Id, null), app.ETag)];
                }

                return ((await store.CommitAsync(WorkspacePartition, changes, cancellationToken)).Committed, true);
            },
            cancellationToken);

    /// <summary>Revokes an API key.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="told">The event of the workspace's activity; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when there was one.</returns>
    public async Task<bool> RemoveApiKeyAsync(string id, ActivityEvent? told = null, CancellationToken cancellationToken = default)
    {
        if (await FindApiKeyAsync(id, cancellationToken) is null)
        {
            return false;
        }

        RecordChange[] tells = told is null ? [] : [ActivityLog.Append(told)];
        await store.CommitAsync(WorkspacePartition, [RecordChange.DeleteIfExists(KeyPrefix + id), .. tells], cancellationToken);
        return true;
    }

    /// <summary>True when a text could be an id of ours: nothing else reaches a key.</summary>
    /// <param name="id">The text.</param>
    /// <returns>True for 1 to 64 letters, digits and '-'.</returns>
    public static bool IsWellFormed(string id) =>
        id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static string AppRow(string connectorId) => "app:" + connectorId;
}
