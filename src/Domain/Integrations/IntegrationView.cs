using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Integrations;

/// <summary>An integration as people see it: its configuration and how it does.</summary>
/// <param name="Integration">The configuration.</param>
/// <param name="Manifest">Its connector; null where the catalog lost it.</param>
/// <param name="Status">How it does.</param>
/// <param name="LastSynced">When the last sync was attempted; null before the first.</param>
/// <param name="WorkspacePaused">Set while the whole workspace is paused.</param>
public sealed record IntegrationView(
    Integration Integration, ConnectorManifest? Manifest, IntegrationStatus Status, DateTimeOffset? LastSynced, Pause? WorkspacePaused)
{
    /// <summary>The sync plan that a safeguard halted and that waits for a person; null for none.</summary>
    public string? HaltedPlanId { get; init; }

    /// <summary>Set while failures of the app as a whole hold the queue.</summary>
    public CircuitState? Circuit { get; init; }

    /// <summary>How many operations wait for a person's word, at most 1000.</summary>
    public int Held { get; init; }

    /// <summary>The operations that run now.</summary>
    public IReadOnlyList<LaneLease> Running { get; init; } = [];

    /// <summary>The app's name as people know it.</summary>
    public string AppName => Manifest?.AppName ?? Integration.ConnectorId;
}

/// <summary>Gathers the facts that an integration's status is derived from, out of the records.</summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="catalog">The connectors.</param>
public sealed class IntegrationViews(IRecordStore store, IntegrationStore integrations, IConnectorCatalog catalog)
{
    /// <summary>Finds an integration.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The integration, or null where there is none.</returns>
    public async Task<IntegrationView?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        await integrations.FindAsync(id, cancellationToken) is { } found ? await ViewAsync(found.Value, cancellationToken) : null;

    /// <summary>Shows an integration that was read.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The view.</returns>
    public async Task<IntegrationView> ViewAsync(Integration integration, CancellationToken cancellationToken = default)
    {
        var facts = await FactsAsync(integration, cancellationToken);
        var workspace = await integrations.WorkspaceAsync(cancellationToken);
        var lane = (await store.FindAsync<Lane>(Rows.Partition(integration.Id), Rows.Lane, cancellationToken))?.Value;
        var held = await store.QueryAsync(Rows.Partition(integration.Id), RowRange.Prefix(Rows.Held), RecordLimits.MaxPageSize, null, cancellationToken);
        return new IntegrationView(
            integration,
            catalog.Find(integration.ConnectorId, integration.ConnectorVersion),
            IntegrationStatuses.Derive(facts),
            LastSynced: lane?.LastSyncedAt,
            workspace.Paused)
        {
            HaltedPlanId = lane?.HaltedPlanId,
            Circuit = lane?.Circuit is { OpenedAt: not null } open ? open : null,
            Held = held.Records.Count,
            Running = lane?.Leases ?? [],
        };
    }

    /// <summary>Gathers the facts.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The facts.</returns>
    public async Task<IntegrationFacts> FactsAsync(Integration integration, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integration.Id);
        var lane = (await store.FindAsync<Lane>(partition, Rows.Lane, cancellationToken))?.Value ?? new Lane();
        var validating = await IsValidatingAsync(partition, lane, cancellationToken);
        var tasks = await store.QueryAsync(partition, RowRange.Prefix(HumanTasks.HumanTask.OpenPrefix), 1, null, cancellationToken);
        var retries = await store.QueryAsync(partition, RowRange.Prefix(Rows.Retries), 1, null, cancellationToken);
        return new IntegrationFacts(
            AppUnderValidation: await IsAppUnderValidationAsync(integration, validating, cancellationToken),
            ValidationRunning: validating,
            OperationsRunning: lane.Leases.Any(lease => lease.Kind != OperationKind.Validate),
            RetryWaiting: retries.Records.Count > 0,
            HumanTaskOpen: tasks.Records.Count > 0,
            LastValidationPassed: integration.Validation?.Passed,
            LatestOperationFailed: lane.LatestFailed,
            OperationSinceValidation: lane.LatestEndedAt is { } ended && (integration.Validation is null || ended >= integration.Validation.EndedAt));
    }

    private async Task<bool> IsAppUnderValidationAsync(Integration integration, bool validating, CancellationToken cancellationToken)
    {
        if (await integrations.AppValidationAsync(integration.ConnectorId, cancellationToken) is not { ValidatedAt: null } first)
        {
            return false;
        }

        if (first.FirstIntegrationId == integration.Id)
        {
            return validating;
        }

        var partition = Rows.Partition(first.FirstIntegrationId);
        var lane = (await store.FindAsync<Lane>(partition, Rows.Lane, cancellationToken))?.Value;
        return lane is not null && await IsValidatingAsync(partition, lane, cancellationToken);
    }

    private async Task<bool> IsValidatingAsync(string partition, Lane lane, CancellationToken cancellationToken)
    {
        if (lane.Leases.Any(lease => lease.Kind == OperationKind.Validate))
        {
            return true;
        }

        var waiting = RowRange.Prefix($"{Rows.Queue}{OperationPriority.Validation}:");
        return (await store.QueryAsync(partition, waiting, 1, null, cancellationToken)).Records.Count > 0;
    }
}
