using IdLcm.Domain.Activity;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <content>Opens operations again that have failed.</content>
public sealed partial class OperationService
{
    private const int MaxRetries = 10_000;

    /// <summary>Opens a failed operation again: the account gets a new operation with fresh attempts.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operation">The failed operation.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The id of the operation that serves the account now, or null when there is nothing to retry.</returns>
    public async Task<string?> ReopenAsync(IntegrationProfile profile, Operation operation, Provenance by, CancellationToken cancellationToken = default) =>
        operation.Kind == OperationKind.Validate ? await ValidateAsync(profile, by, cancellationToken)
            : operation.Kind.ChangesCredential() ? await ChangeCredentialAsync(profile, operation.Kind, by, [], cancellationToken)
            : operation.Kind == OperationKind.Sync ? await SyncAsync(profile, by, cancellationToken)
            : operation is { Kind: OperationKind.SecureAccount, UserId: { } leaver } ? await SecureAgainAsync(profile, leaver, operation.Target, by, cancellationToken)
            : operation is { Kind: OperationKind.RotateAccountPassword, UserId: { } person } ? await RotateAgainAsync(profile, person, operation.Target, by, cancellationToken)
            : await Optimistic.RunAsync<string?>(
                async () =>
                {
                    if (operation.AccountKey is null
                        || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(operation.AccountKey), cancellationToken) is not { } account
                        || await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken) is not { } user)
                    {
                        return (true, null);
                    }

                    if (account.Value.OpenOperationId is { } open)
                    {
                        return (true, open);
                    }

                    if (!HasFailed(account.Value))
                    {
                        return (true, null);
                    }

                    var now = clock.GetUtcNow();
                    var intake = new Intake(store, profile, by, now);
                    intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
                    await intake.ServeAsync(account.Value, account.ETag, touched: true, user.Value, cancellationToken);
                    intake.Changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.RetryRequested, operation, by.Actor, now)));
                    var result = await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
                    if (result.Committed)
                    {
                        signal.Raise(profile.Integration.Id);
                    }

                    return (result.Committed, intake.OperationId);
                },
                cancellationToken);

    /// <summary>Starts the workflow that opens failed operations again at a pace that the app bears.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="code">Only those that failed so; null for all.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the start.</param>
    /// <returns>The workflow's instance id and how many operations it opens again: those that nothing has mended since.</returns>
    public async Task<(string InstanceId, int Count)> RetryFailedAsync(
        string integrationId, FailureCode? code, Provenance by, CancellationToken cancellationToken = default)
    {
        var ids = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            // An account says itself how it stands; for the rest only the newest operation of its kind does.
            var page = await ListAsync(
                integrationId,
                o => o.Kind != OperationKind.Validate && (o.Status == OperationStatus.Failed || (o.AccountKey is null && o.Status != OperationStatus.Cancelled)),
                500,
                cursor,
                cancellationToken);
            foreach (var newest in page.Items.Where(o => seen.Add(SubjectOf(o))))
            {
                if (newest.Status == OperationStatus.Failed && (code is null || newest.Failure?.Code == code) && await IsStillFailedAsync(newest, cancellationToken))
                {
                    ids.Add(newest.Id);
                }
            }

            cursor = page.Cursor;
        }
        while (cursor is not null && ids.Count < MaxRetries);

        var instanceId = "retry-" + Ids.OldestFirst(clock.GetUtcNow());
        await workflows.StartAsync(RetryWorkflow.WorkflowName, instanceId, new RetryRequest(integrationId, ids, 0, by), cancellationToken);
        return (instanceId, ids.Count);
    }

    /// <summary>What an operation is about: of several, the newest says how it stands.</summary>
    private static string SubjectOf(Operation operation) => operation.AccountKey
        ?? (operation.Kind is OperationKind.EnableMfa or OperationKind.DisableMfa ? "mfa" : $"{operation.Kind}:{operation.UserId}");

    private static bool HasFailed(AppAccount account) =>
        account.MissingSince is not null || account.State is ProvisioningState.ProvisioningFailed or ProvisioningState.UpdateFailed or ProvisioningState.DeleteFailed;

    private async Task<bool> IsStillFailedAsync(Operation operation, CancellationToken cancellationToken) =>
        operation.AccountKey is not { } key
        || (await store.FindAsync<AppAccount>(Rows.Partition(operation.IntegrationId), Rows.Account(key), cancellationToken) is { Value: var account }
            && account.OpenOperationId is null && HasFailed(account));

    private async Task<string?> RotateAgainAsync(IntegrationProfile profile, string userId, string identifier, Provenance by, CancellationToken cancellationToken)
    {
        var operationId = await Optimistic.RunAsync<string?>(
            async () => await store.FindAsync<ManagedPassword>(profile.Partition, ManagedPassword.Row(userId), cancellationToken) is { } managed
                ? await ManagedRotation.TryOpenAsync(store, profile, managed, userId, identifier, by, clock.GetUtcNow(), cancellationToken)
                : (true, null),
            cancellationToken);
        signal.Raise(profile.Integration.Id);
        return operationId;
    }

    private async Task<string?> SecureAgainAsync(IntegrationProfile profile, string userId, string identifier, Provenance by, CancellationToken cancellationToken)
    {
        var intake = new Intake(store, profile, by, clock.GetUtcNow());
        intake.OpenSecuring(userId, identifier);
        await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
        signal.Raise(profile.Integration.Id);
        return intake.OperationId;
    }
}
