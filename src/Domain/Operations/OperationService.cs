using IdLcm.Domain.Activity;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Groups;
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
public sealed partial class OperationService(
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

    /// <summary>Says what an operation that waits would do, judged by what the app showed last. Nothing is read in the app.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>What it would do, in words and in order; empty where the app shows what is wished already; null for one that runs, has ended, or is not about an account.</returns>
    public async Task<IReadOnlyList<string>?> ForecastAsync(IntegrationProfile profile, Operation operation, CancellationToken cancellationToken = default)
    {
        if (operation is not { Status: OperationStatus.Queued or OperationStatus.Retrying, AccountKey: { } key }
            || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken) is not { Value: var account }
            || await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken) is not { Value: var user })
        {
            return null;
        }

        var granted = await GroupAccess.ThroughGroupsAsync(new GroupReader(store), profile, user.Id, cancellationToken);
        var desired = DesiredAccount.Of(profile, user, granted) with { Recreate = account.RecreateApproved == user.Wish };
        if (account.Observed is { } seen && profile.Manifest.Capabilities.SetEntitlements)
        {
            desired = desired with { Offered = await new EntitlementCatalog(store).OfferedAsync(profile, [.. desired.Entitlements, .. seen.Entitlements], cancellationToken) };
        }

        return AccountForecast.Of(profile, AccountGoals.Of(profile, user, account, clock.GetUtcNow()), desired, account);
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
}
