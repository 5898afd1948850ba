using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Approvals;

/// <summary>A decided approval.</summary>
/// <param name="Approval">The approval.</param>
/// <param name="OperationId">The operation that carries it out; null for a rejected one.</param>
public sealed record DecidedApproval(ApprovalRecord Approval, string? OperationId);

/// <summary>Destructive changes that wait for a person's word, and held operations.</summary>
/// <param name="store">The record store.</param>
/// <param name="operations">Cancels and opens operations.</param>
/// <param name="users">Deletes users.</param>
/// <param name="erasure">Erases personal data.</param>
/// <param name="catalog">Makes new versions of connectors.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed partial class ApprovalService(
    IRecordStore store, OperationService operations, UserService users, PersonErasure erasure, IConnectorCatalog catalog, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Reads approvals, newest first.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="matches">Which ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The approvals, and whether more follow.</returns>
    public Task<(IReadOnlyList<ApprovalRecord> Items, bool More)> ListAsync(
        IntegrationProfile profile, Func<ApprovalRecord, bool> matches, int limit, string? afterId, CancellationToken cancellationToken = default) =>
        store.ListAsync(profile.Partition, ApprovalRecord.Prefix, matches, limit, afterId, cancellationToken);

    /// <summary>Finds what waits for a decision about a user.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="kind">What was asked for.</param>
    /// <param name="userId">The SCIM user.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The newest one, or null.</returns>
    public async Task<ApprovalRecord?> FindPendingAsync(IntegrationProfile profile, ApprovalKind kind, string userId, CancellationToken cancellationToken = default) =>
        (await ListAsync(profile, approval => approval.Status == ApprovalStatus.Pending && approval.Kind == kind && approval.UserId == userId, 1, null, cancellationToken)).Items is [var found] ? found : null;

    /// <summary>Asks for the removal of an account that no identity provider claims.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="user">The unmatched user.</param>
    /// <param name="identifier">The account's primary identifier.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The approval.</returns>
    public async Task<ApprovalRecord> AskRemovalAsync(
        IntegrationProfile profile, UserRecord user, string identifier, string reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var approval = new ApprovalRecord
        {
            Id = Ids.NewestFirst(clock.GetUtcNow()),
            Kind = ApprovalKind.RemoveUnmatched,
            Status = ApprovalStatus.Pending,
            Target = identifier,
            Detail = $"remove {identifier} from {profile.Manifest.AppName}; no identity provider claims the account",
            UserId = user.Id,
            AccountKey = user.AccountKey,
            RequestedBy = by.Actor,
            RequestedAt = clock.GetUtcNow(),
            Reason = reason,
        };
        await AskAsync(profile, approval, by, cancellationToken, Event(ActivityKind.RemovalDecided, approval, by, approval.RequestedAt, reason));
        return approval;
    }

    /// <summary>Asks for the erasure of a deleted person's data.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user; any text.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The approval, or why nothing can be erased.</returns>
    public async Task<Result<ApprovalRecord>> AskErasureAsync(
        IntegrationProfile profile, string userId, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        if (await erasure.FindAsync(profile, userId, cancellationToken) is { Refusal: { } refusal })
        {
            return refusal;
        }

        if (await FindPendingAsync(profile, ApprovalKind.ErasePerson, userId, cancellationToken) is { } waits)
        {
            return Refusal.Conflict("erasure_asked", $"The erasure waits for a decision already: {waits.RequestedBy} asked for it.");
        }

        // By the id alone: what is asked for must not leave the name behind.
        var approval = new ApprovalRecord
        {
            Id = Ids.NewestFirst(clock.GetUtcNow()),
            Kind = ApprovalKind.ErasePerson,
            Status = ApprovalStatus.Pending,
            Target = userId,
            Detail = $"erase the personal data of user {userId}",
            UserId = userId,
            RequestedBy = by.Actor,
            RequestedAt = clock.GetUtcNow(),
            Reason = why,
        };
        await AskAsync(profile, approval, by, cancellationToken);
        return approval;
    }

    /// <summary>Decides about an approval that needs no role of its own. What was approved is done once.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The approval; any text.</param>
    /// <param name="approve">True to approve.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The approval, or why it was not decided.</returns>
    public Task<Result<DecidedApproval>> DecideAsync(
        IntegrationProfile profile, string id, bool approve, string? reason, Provenance by, CancellationToken cancellationToken = default) =>
        DecideAsync(profile, id, approve, reason, by, asAdmin: false, cancellationToken);

    /// <summary>Decides about an approval. What was approved is done once.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The approval; any text.</param>
    /// <param name="approve">True to approve.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="asAdmin">True for an Admin or above, who may have personal data erased and connectors changed.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The approval, or why it was not decided.</returns>
    public async Task<Result<DecidedApproval>> DecideAsync(
        IntegrationProfile profile, string id, bool approve, string? reason, Provenance by, bool asAdmin, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        if (!IntegrationStore.IsWellFormed(id)
            || await store.FindAsync<ApprovalRecord>(profile.Partition, ApprovalRecord.Row(id), cancellationToken) is not { } found)
        {
            return Refusal.NotFound("approval_not_found", $"The integration has no approval '{id}'.");
        }

        if (found.Value.Status != ApprovalStatus.Pending)
        {
            return Refusal.Conflict("approval_decided", $"The approval is {found.Value.Status} already, by {found.Value.DecidedBy}.");
        }

        if (approve && found.Value.Kind == ApprovalKind.ErasePerson)
        {
            if (!asAdmin)
            {
                return Refusal.Forbidden("role_not_allowed", "Only an Admin or above may have personal data erased.");
            }

            if (await erasure.FindAsync(profile, found.Value.UserId!, cancellationToken) is { Refusal: { } refusal })
            {
                return refusal;
            }
        }

        RepairedConnector? repaired = null;
        if (approve && found.Value is { Kind: ApprovalKind.RepairConnector, Repair: { } repair, ConnectorVersion: { } repairedVersion })
        {
            if (!asAdmin)
            {
                return Refusal.Forbidden("role_not_allowed", "A connector is the whole workspace's: only an Admin or above may have it changed.");
            }

            repaired = catalog.Repair(profile.Integration.ConnectorId, repairedVersion, repair);
            if (repaired.Problem is { } problem)
            {
                return Refusal.Conflict("connector_not_repaired", problem);
            }
        }

        // What follows bears being done again, and the decision is written last: a crash between leaves it pending.
        var operationId = found.Value.Kind == ApprovalKind.RepairConnector ? null : approve ? await CarryOutAsync(profile, found.Value, by, cancellationToken) : await WithdrawAsync(profile, found.Value, by, cancellationToken);
        var now = clock.GetUtcNow();
        var decided = found.Value with
        {
            Status = approve ? ApprovalStatus.Approved : ApprovalStatus.Rejected,
            DecidedBy = by.Actor,
            DecidedAt = now,
            DecisionReason = why,
            OperationId = operationId ?? found.Value.OperationId,
        };
        var kind = approve ? ActivityKind.Approved : ActivityKind.ApprovalRejected;
        var result = await store.CommitAsync(
            profile.Partition,
            [
                TypedRecords.Write(ApprovalRecord.Row(id), decided, found.ETag),
                ActivityLog.Append(Event(kind, decided, by, now, $"{decided.Detail}{(repaired is null ? "" : $"; it is {repaired.Version}")}: {why}")),
            ],
            cancellationToken);
        if (!result.Committed)
        {
            return Refusal.Conflict("approval_decided", "Somebody else decided about the approval at the same time.");
        }

        signal.Raise(profile.Integration.Id);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return new DecidedApproval(decided, operationId);
    }

    private async Task AskAsync(IntegrationProfile profile, ApprovalRecord approval, Provenance by, CancellationToken cancellationToken, params IEnumerable<ActivityEvent> decided)
    {
        await store.CommitAsync(
            profile.Partition,
            [
                TypedRecords.Insert(ApprovalRecord.Row(approval.Id), approval),
                .. decided.Select(ActivityLog.Append),
                ActivityLog.Append(Event(ActivityKind.ApprovalRequested, approval, by, approval.RequestedAt, $"{approval.Detail}: {approval.Reason}")),
            ],
            cancellationToken);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
    }

    private async Task<string?> CarryOutAsync(IntegrationProfile profile, ApprovalRecord approval, Provenance by, CancellationToken cancellationToken)
    {
        switch (approval.Kind)
        {
            case ApprovalKind.DeleteAccount:
                await ReleaseAsync(profile, approval.OperationId!, by, cancellationToken);
                return approval.OperationId;
            case ApprovalKind.RemoveUnmatched:
                // Somebody may have claimed the account while a person thought about it: then it stays.
                var user = await store.FindUserAsync(profile.Partition, approval.UserId!, cancellationToken);
                return user?.Value is { Owned: false, DeletedAt: null } unmatched
                    ? (await users.DeleteAsync(profile, unmatched.Id, version => version == unmatched.Generation, by, cancellationToken)).OperationId
                    : null;
            case ApprovalKind.ErasePerson:
                if (await erasure.FindAsync(profile, approval.UserId!, cancellationToken) is { Value: { } person })
                {
                    await erasure.RunAsync(profile, person, by, $"{approval.Reason}, asked for by {approval.RequestedBy}", cancellationToken);
                }

                return null;
            default:
                return await RecreateAsync(profile, approval, by, cancellationToken);
        }
    }

    private async Task<string?> WithdrawAsync(IntegrationProfile profile, ApprovalRecord approval, Provenance by, CancellationToken cancellationToken)
    {
        if (approval is { Kind: ApprovalKind.DeleteAccount, OperationId: { } operationId })
        {
            await operations.CancelAsync(profile, operationId, by, cancellationToken);
        }

        return null;
    }

    /// <summary>The approval holds for the wish that it was asked for: a newer one asks again.</summary>
    private Task<string?> RecreateAsync(IntegrationProfile profile, ApprovalRecord approval, Provenance by, CancellationToken cancellationToken) =>
        Optimistic.RunAsync<string?>(
            async () =>
            {
                if (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(approval.AccountKey!), cancellationToken) is not { } account
                    || await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken) is not { } user)
                {
                    return (true, null);
                }

                var intake = new Intake(store, profile, by, clock.GetUtcNow());
                intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
                await intake.ServeAsync(account.Value with { RecreateApproved = user.Value.Wish }, account.ETag, touched: true, user.Value, cancellationToken);
                return ((await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed, intake.OperationId);
            },
            cancellationToken);

    private static ActivityEvent Event(ActivityKind kind, ApprovalRecord approval, Provenance by, DateTimeOffset now, string detail) =>
        ActivityEvent.Of(now, by.Actor, kind, approval.Target, detail, approval.UserId, approval.OperationId);
}
