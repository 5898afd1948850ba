using IdLcm.Domain.Activity;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Operations;

/// <summary>A page of operations, newest first.</summary>
/// <param name="Items">The operations.</param>
/// <param name="Cursor">Where the next page begins, or null when this was the last.</param>
public sealed record OperationPage(IReadOnlyList<Operation> Items, string? Cursor);

/// <summary>Answers questions about operations from the records, and carries out what people decide about them.</summary>
/// <param name="store">The record store.</param>
/// <param name="workflows">The workflow engine.</param>
/// <param name="running">The attempts of this process.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed class OperationService(
    IRecordStore store, IWorkflowClient workflows, RunningOperations running, ChangeFeed feed, LaneSignal signal, TimeProvider clock)
{
    /// <summary>Reads one operation.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="operationId">The operation; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The operation, or null where there is none.</returns>
    public async ValueTask<Operation?> FindAsync(string integrationId, string operationId, CancellationToken cancellationToken = default) =>
        IntegrationStore.IsWellFormed(operationId)
            ? (await store.FindAsync<Operation>(Rows.Partition(integrationId), Rows.Operation(operationId), cancellationToken))?.Value
            : null;

    /// <summary>Reads the attempts of an operation, in order.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The attempts.</returns>
    public async Task<IReadOnlyList<OperationAttempt>> AttemptsAsync(Operation operation, CancellationToken cancellationToken = default)
    {
        var attempts = new List<OperationAttempt>();
        for (var number = 1; number <= operation.Attempt; number++)
        {
            if (await store.FindAsync<OperationAttempt>(Rows.Partition(operation.IntegrationId), Rows.Attempt(operation.Id, number), cancellationToken) is { } found)
            {
                attempts.Add(found.Value);
            }
        }

        return attempts;
    }

    /// <summary>Reads operations of an integration, newest first.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="matches">Which ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="cursor">What the page before returned.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page.</returns>
    public Task<OperationPage> ListAsync(
        string integrationId, Func<Operation, bool> matches, int limit, string? cursor, CancellationToken cancellationToken = default) =>
        ListAsync(integrationId, matches, limit, cursor, int.MaxValue, cancellationToken);

    /// <summary>Reads operations of an integration, newest first, and looks at so many of them at the most.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="matches">Which ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="cursor">What the page before returned.</param>
    /// <param name="maxExamined">The most to look at: the page ends then, with a cursor, however few matched.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page.</returns>
    public async Task<OperationPage> ListAsync(
        string integrationId, Func<Operation, bool> matches, int limit, string? cursor, int maxExamined, CancellationToken cancellationToken = default)
    {
        var partition = Rows.Partition(integrationId);
        var examined = 0;
        var range = cursor is null || !IntegrationStore.IsWellFormed(cursor)
            ? RowRange.Prefix(Rows.Operations)
            : RowRange.PrefixAfter(Rows.Operations, Rows.Operation(cursor));
        var found = new List<Operation>();
        string? last = null;
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, range, 200, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                if (examined++ == maxExamined)
                {
                    return new OperationPage(found, last);
                }

                var operation = DomainJson.Decode<Operation>(record.Value);
                if (!matches(operation))
                {
                    last = operation.Id;
                    continue;
                }

                if (found.Count == limit)
                {
                    return new OperationPage(found, found[^1].Id);
                }

                last = operation.Id;
                found.Add(operation);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return new OperationPage(found, null);
    }

    /// <summary>Waits until an operation has ended or its status changed, but no longer than asked.</summary>
    /// <param name="operation">The operation as known.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The operation as it is then.</returns>
    public async Task<Operation> WaitAsync(Operation operation, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        using var subscription = feed.Watch(operation.IntegrationId);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var current = await FindAsync(operation.IntegrationId, operation.Id, cancellationToken) ?? operation;
        while (!current.Ended && !limit.IsCancellationRequested)
        {
            try
            {
                // Another process may have changed it without telling this one, so the record is read now and then anyway.
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                pause.CancelAfter(TimeSpan.FromSeconds(1));
                await subscription.Changes.ReadAsync(pause.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Time to look, or time to answer.
            }

            current = await FindAsync(operation.IntegrationId, operation.Id, cancellationToken) ?? operation;
        }

        return current;
    }

    /// <summary>Opens a validation of an integration; one that waits already is shared.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation's id.</returns>
    public Task<string> ValidateAsync(IntegrationProfile profile, Provenance provenance, CancellationToken cancellationToken = default) =>
        OpenSharedAsync(profile, OperationKind.Validate, OperationPriority.Validation, provenance, cancellationToken);

    /// <summary>Validations and syncs have a priority of their own, so the queue itself tells whether one waits.</summary>
    private async Task<string> OpenSharedAsync(
        IntegrationProfile profile, OperationKind kind, int priority, Provenance provenance, CancellationToken cancellationToken)
    {
        var waiting = await store.QueryAsync(profile.Partition, RowRange.Prefix($"{Rows.Queue}{priority}:"), 1, null, cancellationToken);
        if (waiting.Records is [var row])
        {
            return row.Row[(row.Row.LastIndexOf(':') + 1)..];
        }

        var intake = new Intake(store, profile, provenance, clock.GetUtcNow());
        intake.OpenForIntegration(kind, priority);
        await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
        signal.Raise(profile.Integration.Id);
        return intake.OperationId!;
    }

    /// <summary>Opens a sync of an integration; one that waits already is shared.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation's id.</returns>
    public async Task<string> SyncAsync(IntegrationProfile profile, Provenance provenance, CancellationToken cancellationToken = default) =>
        await OpenSharedAsync(profile, OperationKind.Sync, OperationPriority.Background, provenance, cancellationToken);

    /// <summary>Opens a change of the service account's own sign-in; one that is open already is shared, whatever it changes.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="kind">Which change.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="also">What is to be committed with it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The id of the operation, or null when one of another kind is open.</returns>
    public Task<string?> ChangeCredentialAsync(
        IntegrationProfile profile, OperationKind kind, Provenance provenance, IReadOnlyList<RecordChange> also, CancellationToken cancellationToken = default) =>
        Optimistic.RunAsync<string?>(
            async () =>
            {
                var found = await store.FindAsync<Posture.ServiceCredential>(profile.Partition, Posture.ServiceCredential.Row, cancellationToken);
                if (found?.Value.OperationId is { } last
                    && await store.FindAsync<Operation>(profile.Partition, Rows.Operation(last), cancellationToken) is { Value.Ended: false } open)
                {
                    return (true, open.Value.Kind == kind ? last : null);
                }

                var intake = new Intake(store, profile, provenance, clock.GetUtcNow());
                intake.OpenForIntegration(kind, OperationPriority.Credential);
                var credential = (found?.Value ?? new Posture.ServiceCredential()) with { OperationId = intake.OperationId };
                var result = await store.CommitAsync(
                    profile.Partition, [.. intake.Changes, TypedRecords.Write(Posture.ServiceCredential.Row, credential, found?.ETag), .. also], cancellationToken);
                if (result.Committed)
                {
                    signal.Raise(profile.Integration.Id);
                }

                return (result.Committed, intake.OperationId);
            },
            cancellationToken);

    /// <summary>Cancels an operation: one that waits ends at once, one that runs ends before its next step that changes something.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation, or null where there is none. It has ended already when nothing was cancelled.</returns>
    public Task<Operation?> CancelAsync(IntegrationProfile profile, string operationId, Provenance by, CancellationToken cancellationToken = default) =>
        CancelAsync(profile, operationId, by, why: null, cancellationToken);

    /// <summary>Cancels an operation for a reason that is kept with it.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="why">Why; null where nobody said it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation, or null where there is none. It has ended already when nothing was cancelled.</returns>
    public async Task<Operation?> CancelAsync(
        IntegrationProfile profile, string operationId, Provenance by, string? why, CancellationToken cancellationToken = default)
    {
        if (!IntegrationStore.IsWellFormed(operationId))
        {
            return null;
        }

        var cancelled = await Optimistic.RunAsync<Operation?>(() => TryCancelAsync(profile, operationId, by, why, cancellationToken), cancellationToken);
        if (cancelled is not null)
        {
            running.Cancel(operationId);
            feed.Publish(new LiveChange(profile.Integration.Id, cancelled));
        }

        return cancelled;
    }

    private async Task<(bool Committed, Operation? Operation)> TryCancelAsync(
        IntegrationProfile profile, string operationId, Provenance by, string? why, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync<Operation>(profile.Partition, Rows.Operation(operationId), cancellationToken);
        if (found is null || found.Value.Ended)
        {
            return (true, found?.Value);
        }

        var now = clock.GetUtcNow();
        var reason = why is null ? $"Cancelled by {by.Actor}." : $"Cancelled by {by.Actor}: {why}";
        var unsettled = found.Value.Kind.ChangesCredential()
            && await store.FindAsync<Lane>(profile.Partition, Rows.Lane, cancellationToken) is { Value.UnsettledOperationId: { } held } && held == operationId;
        if (found.Value.Status == OperationStatus.Running || unsettled)
        {
            var asked = found.Value with { CancelRequested = true, CancelReason = reason };
            var noted = await store.CommitAsync(profile.Partition, [TypedRecords.Write(Rows.Operation(operationId), asked, found.ETag)], cancellationToken);
            return (noted.Committed, asked);
        }

        var intake = new Intake(store, profile, by, now);
        intake.Supersede(found, reason);
        if (found.Value.AccountKey is { } key
            && await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken) is { } account)
        {
            // Shown as a failure that a person chose, so that it can be retried; both transitions are in the table.
            var kind = found.Value.Kind;
            var stopped = account.Value.Move(AccountGoals.Ongoing(kind), now).Move(AccountGoals.Failed(kind), now) with
            {
                OpenOperationId = null,
                LastFailure = new Failure(FailureCode.Cancelled, reason),
            };
            intake.Changes.Add(TypedRecords.Write(Rows.Account(key), stopped, account.ETag));
        }

        var result = await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
        return (result.Committed, found.Value with { Status = OperationStatus.Cancelled, EndedAt = now, CancelReason = reason });
    }

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

                    if (account.Value.MissingSince is null && account.Value.State is not (ProvisioningState.ProvisioningFailed or ProvisioningState.UpdateFailed or ProvisioningState.DeleteFailed))
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
    /// <returns>The workflow's instance id and how many operations it opens again.</returns>
    public async Task<(string InstanceId, int Count)> RetryFailedAsync(
        string integrationId, FailureCode? code, Provenance by, CancellationToken cancellationToken = default)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = await ListAsync(
                integrationId, o => o.Status == OperationStatus.Failed && o.Kind != OperationKind.Validate && (code is null || o.Failure?.Code == code), 500, cursor, cancellationToken);
            ids.AddRange(page.Items.DistinctBy(o => o.AccountKey ?? $"{o.Kind}:{o.UserId}").Select(o => o.Id));
            cursor = page.Cursor;
        }
        while (cursor is not null && ids.Count < MaxRetries);

        var instanceId = "retry-" + Ids.OldestFirst(clock.GetUtcNow());
        await workflows.StartAsync(RetryWorkflow.WorkflowName, instanceId, new RetryRequest(integrationId, ids, 0, by), cancellationToken);
        return (instanceId, ids.Count);
    }

    private const int MaxRetries = 10_000;

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

/// <summary>Opens a batch of failed operations again.</summary>
/// <param name="operations">The operations.</param>
/// <param name="profiles">The integrations.</param>
public sealed class ReopenActivity(OperationService operations, IntegrationProfiles profiles) : Activity<RetryRequest, int>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "reopen-operations";

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(RetryRequest input, CancellationToken cancellationToken)
    {
        var opened = 0;
        if (await profiles.FindAsync(input.IntegrationId, cancellationToken) is { } profile)
        {
            foreach (var id in input.OperationIds)
            {
                if (await operations.FindAsync(input.IntegrationId, id, cancellationToken) is { } operation
                    && await operations.ReopenAsync(profile, operation, input.RequestedBy, cancellationToken) is not null)
                {
                    opened++;
                }
            }
        }

        return opened;
    }
}
