using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Decides, for a changed wish, which operation serves it, and gathers the changes that make it so: the caller
/// commits them together with the wish. Writers share the one open operation of an account.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="profile">The integration.</param>
/// <param name="provenance">Who asks.</param>
/// <param name="now">The time.</param>
internal sealed class Intake(IRecordStore store, IntegrationProfile profile, Provenance provenance, DateTimeOffset now)
{
    /// <summary>The changes, in the order of the commit.</summary>
    public List<RecordChange> Changes { get; } = new(8);

    /// <summary>The operation that serves the wish; null when nothing needs to be done in the app.</summary>
    public string? OperationId { get; private set; }

    /// <summary>Serves a wish. Adds the account's change too.</summary>
    /// <param name="account">The account as it is to be (owner, identifier), its state untouched.</param>
    /// <param name="etag">The ETag that the account was read with; null for a new one.</param>
    /// <param name="touched">True when the account differs from what was read.</param>
    /// <param name="user">The user that owns it, with the new wish.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The account as it will be.</returns>
    public async Task<AppAccount> ServeAsync(AppAccount account, string? etag, bool touched, UserRecord user, CancellationToken cancellationToken)
    {
        if (account.DeleteDueAt is { } due && !AccountGoals.HasLeft(profile, user))
        {
            // Whoever is back is not deleted: the deletion that was planned is undone.
            Changes.Add(RecordChange.DeleteIfExists(Rows.Deletion(due, account.Key)));
            account = account with { DeleteDueAt = null };
            touched = true;
        }

        var goal = AccountGoals.Of(profile, user, account, now);
        var kind = AccountGoals.KindFor(account.State, goal);
        var open = account.OpenOperationId is { } openId
            ? await store.FindAsync<Operation>(profile.Partition, Rows.Operation(openId), cancellationToken)
            : null;
        var priority = AccountGoals.PriorityOf(account, goal);

        if (open is not null && ProvisioningStates.IsOngoing(account.State!.Value))
        {
            // It runs now. Its outcome finds the newer wish and makes the successor, so the account may not change in between.
            Share(open.Value);
        }
        else if (open is not null && open.Value.Kind == kind)
        {
            ShareQueued(open, priority, goal);
        }
        else
        {
            if (open is not null)
            {
                Supersede(open, "A later wish made it needless.");
                touched = true;
                account = account with { OpenOperationId = null };
            }

            if (kind == OperationKind.Deprovision && account.State == ProvisioningState.ProvisioningAwaiting && open?.Value.Attempt is 0)
            {
                account = account.Move(ProvisioningState.Deleted, now) with { SatisfiedGeneration = user.Wish };
                Changes.Add(ActivityLog.Append(OperationEvents.Make(
                    ActivityKind.UserRemoved, open.Value, provenance.Actor, now, "Withdrawn before anything was made in the app.")));
                OperationId = open.Value.Id;
            }
            else if (kind is { } needed && !IsDrift(account, goal, provenance))
            {
                if (goal != AccountGoal.Active && account.Observed is { Active: true })
                {
                    Changes.Add(Leavers.LeaverWatch.Watch(account.Key, now));
                }

                account = Open(account, needed, priority, user, now, await InboundAsync(account, goal, cancellationToken));
                touched = true;
            }
        }

        var row = Rows.Account(account.Key);
        if (touched || etag is null)
        {
            Changes.Add(TypedRecords.Write(row, account, etag));
        }
        else
        {
            Changes.Add(RecordChange.Check(row, etag));
        }

        return account;
    }

    /// <summary>Opens an operation: it waits in the lane's queue from this commit on.</summary>
    /// <param name="account">The account.</param>
    /// <param name="kind">What it does.</param>
    /// <param name="priority">Its place.</param>
    /// <param name="user">The user that owns the account.</param>
    /// <param name="dueAt">Not before.</param>
    /// <param name="hold">Whose word it waits for; null for nobody's.</param>
    /// <returns>The account with the operation.</returns>
    public AppAccount Open(AppAccount account, OperationKind kind, int priority, UserRecord user, DateTimeOffset dueAt, OperationHold? hold = null)
    {
        var operation = NewOperation(kind, priority, account.Identifier, dueAt) with { AccountKey = account.Key, UserId = user.Id };
        hold ??= HoldFor(operation, account);
        if (hold is not null)
        {
            operation = operation with { Hold = hold, QueueRow = Rows.HeldPlace(operation.Id) };
        }

        Enqueue(operation);
        return account.Move(AccountGoals.Awaiting(kind), now).Opened(operation.Id);
    }

    /// <summary>Opens an operation on the integration itself.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="priority">Its place.</param>
    /// <param name="planId">For a sync: the plan that a person allowed.</param>
    public void OpenForIntegration(OperationKind kind, int priority, string? planId = null) =>
        Enqueue(NewOperation(kind, priority, kind.ChangesCredential() ? profile.Integration.ServiceAccount!.UserName : profile.Integration.Name, now) with { PlanId = planId });

    /// <summary>Opens the operation that secures the own account of somebody who left.</summary>
    /// <param name="userId">The person's SCIM id.</param>
    /// <param name="identifier">What names the account in the app.</param>
    public void OpenSecuring(string userId, string identifier) => OpenForPerson(OperationKind.SecureAccount, OperationPriority.Leaver, userId, identifier);

    /// <summary>Opens an operation on the sign-in of a person's own account.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="priority">Its place.</param>
    /// <param name="userId">The person's SCIM id.</param>
    /// <param name="identifier">What names the account in the app.</param>
    public void OpenForPerson(OperationKind kind, int priority, string userId, string identifier) =>
        Enqueue(NewOperation(kind, priority, identifier, now) with { UserId = userId });

    /// <summary>Whether an account that somebody deleted in the app by hand stays so: an identity provider's change of something else is no word on that.</summary>
    internal static bool IsDrift(AppAccount account, AccountGoal goal, Provenance by) =>
        account is { State: ProvisioningState.Deleted, MissingSince: not null } && goal == AccountGoal.Active && by.Source == "scim";

    /// <summary>Whose word an operation waits for, by how the integration is set.</summary>
    private OperationHold? HoldFor(Operation operation, AppAccount account)
    {
        if (operation.Kind == OperationKind.Deprovision && profile.Integration.Deprovision.DeleteNeedsApproval && account.State is not null
            && account.State != ProvisioningState.ProvisioningAwaiting)
        {
            var approval = new ApprovalRecord
            {
                Id = Ids.NewestFirst(now),
                Kind = ApprovalKind.DeleteAccount,
                Status = ApprovalStatus.Pending,
                Target = operation.Target,
                Detail = $"delete {operation.Target} in {profile.Manifest.AppName}",
                UserId = operation.UserId,
                AccountKey = operation.AccountKey,
                OperationId = operation.Id,
                RequestedBy = provenance.Actor,
                RequestedAt = now,
            };
            Changes.Add(TypedRecords.Insert(ApprovalRecord.Row(approval.Id), approval));
            Changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.ApprovalRequested, operation, provenance.Actor, now, approval.Detail)));
            return new OperationHold(HoldKind.Approval, now, "Deletions of this integration wait for a person's approval.", approval.Id);
        }

        return operation.Kind == OperationKind.Provision && WaitsForClaim(profile.Integration.Invite, profile.Manifest.Capabilities.CreateUser)
            ? new OperationHold(HoldKind.Claim, now, "The account is made when the person opens the claim link.")
            : null;
    }

    private static bool WaitsForClaim(InviteModel model, CreateUserMode mode) => model switch
    {
        InviteModel.OnClaim => mode is CreateUserMode.InviteEmail or CreateUserMode.InviteLink,
        InviteModel.JustInTime => mode is CreateUserMode.InviteEmail or CreateUserMode.InviteLink or CreateUserMode.Direct,
        _ => false,
    };

    /// <summary>An identity provider that takes away more people within a while than is plausible is asked about by a person first.</summary>
    private async Task<OperationHold?> InboundAsync(AppAccount account, AccountGoal goal, CancellationToken cancellationToken)
    {
        if (profile.Integration.InboundHold is not { } limit || goal == AccountGoal.Active || provenance.Source != "scim"
            || account.Observed is not { Active: true })
        {
            return null;
        }

        var window = now.AddMinutes(-limit.WindowMinutes);
        var range = RowRange.Prefix(Rows.Leavers) with { From = Rows.Leavers + Rows.Time(window) };
        var lately = (await store.QueryAsync(profile.Partition, range, Math.Min(limit.Absolute + 1, RecordLimits.MaxPageSize), null, cancellationToken)).Records.Count + 1;
        Changes.Add(RecordChange.Insert($"{Rows.Leavers}{Rows.Time(now)}:{Ids.NewShort()}", default));
        var population = await new Listing.CountedListing(store).PageAsync(profile.Partition, Listing.Listed.Users, 1, 0, cancellationToken);
        var rule = new Sync.RemovalLimit(limit.Percent, limit.Absolute, limit.MinimumPopulation);
        var reason = rule.Exceeded((int)Math.Min(population.Total, int.MaxValue), lately, $"people were taken away within {limit.WindowMinutes} minutes");
        return reason is null ? null : new OperationHold(HoldKind.Inbound, now, reason);
    }

    /// <summary>Ends an operation that waits, because a later wish or a person made it needless.</summary>
    /// <param name="open">The operation.</param>
    /// <param name="reason">Why.</param>
    public void Supersede(Versioned<Operation> open, string reason)
    {
        var ended = open.Value with { Status = OperationStatus.Cancelled, EndedAt = now, CancelReason = reason, QueueRow = null };
        Changes.Add(TypedRecords.Write(Rows.Operation(ended.Id), ended, open.ETag));
        if (open.Value.QueueRow is { } row)
        {
            Changes.Add(RecordChange.DeleteIfExists(row));
        }

        Changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.OperationCancelled, ended, provenance.Actor, now, reason)));
    }

    private Operation NewOperation(OperationKind kind, int priority, string target, DateTimeOffset dueAt)
    {
        var id = Ids.NewestFirst(now);
        return new Operation
        {
            Id = id,
            IntegrationId = profile.Integration.Id,
            Kind = kind,
            Status = OperationStatus.Queued,
            Priority = priority,
            Target = target,
            RequestedBy = provenance,
            CreatedAt = now,
            DueAt = dueAt,
            QueueRow = Rows.QueuePlace(priority, dueAt, id),
        };
    }

    private void Enqueue(Operation operation)
    {
        OperationId = operation.Id;
        Changes.Add(TypedRecords.Insert(Rows.Operation(operation.Id), operation));
        Changes.Add(RecordChange.Insert(operation.QueueRow!, default));
        Changes.Add(ActivityLog.Append(OperationEvents.Make(OperationEvents.Requested(operation.Kind), operation, provenance.Actor, now)));
        if (operation.Hold is { } hold)
        {
            Changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.OperationHeld, operation, provenance.Actor, now, hold.Reason)));
        }
    }

    private void Share(Operation open)
    {
        OperationId = open.Id;
        Changes.Add(ActivityLog.Append(OperationEvents.Make(OperationEvents.Requested(open.Kind), open, provenance.Actor, now)));
    }

    private void ShareQueued(Versioned<Operation> open, int priority, AccountGoal goal)
    {
        Share(open.Value);

        // Whoever is back is not asked about any more, and an emergency asks nobody.
        var released = open.Value.Hold is { Kind: HoldKind.Inbound } && (goal == AccountGoal.Active || priority == OperationPriority.Emergency);
        if ((priority < open.Value.Priority || released) && open.Value.QueueRow is { } row)
        {
            var moved = released ? Rows.QueuePlace(priority, open.Value.DueAt, open.Value.Id)
                : open.Value.Hold is not null ? row
                : open.Value.Status == OperationStatus.Retrying
                ? Rows.RetryPlace(open.Value.DueAt, priority, open.Value.Id)
                : Rows.QueuePlace(priority, open.Value.DueAt, open.Value.Id);
            Changes.Add(TypedRecords.Write(Rows.Operation(open.Value.Id), open.Value with { Priority = priority, QueueRow = moved, Hold = released ? null : open.Value.Hold }, open.ETag));
            if (moved != row)
            {
                Changes.Add(RecordChange.DeleteIfExists(row));
                Changes.Add(RecordChange.Insert(moved, default));
            }
        }
    }
}
