using IdLcm.Domain.Activity;
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
        var goal = AccountGoals.Of(profile, user);
        var kind = AccountGoals.KindFor(account.State, goal);
        var open = account.OpenOperationId is { } openId
            ? await store.FindAsync<Operation>(profile.Partition, Rows.Operation(openId), cancellationToken)
            : null;
        var priority = goal == AccountGoal.Active ? OperationPriority.Normal : OperationPriority.Leaver;

        if (open is not null && ProvisioningStates.IsOngoing(account.State!.Value))
        {
            // It runs now. Its outcome finds the newer wish and makes the successor, so the account may not change in between.
            Share(open.Value);
        }
        else if (open is not null && open.Value.Kind == kind)
        {
            ShareQueued(open, priority);
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
            else if (kind is { } needed)
            {
                account = Open(account, needed, priority, user, now);
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
    /// <returns>The account with the operation.</returns>
    public AppAccount Open(AppAccount account, OperationKind kind, int priority, UserRecord user, DateTimeOffset dueAt)
    {
        var operation = NewOperation(kind, priority, account.Identifier, dueAt) with { AccountKey = account.Key, UserId = user.Id };
        Enqueue(operation);
        return account.Move(AccountGoals.Awaiting(kind), now).Opened(operation.Id);
    }

    /// <summary>Opens an operation on the integration itself.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="priority">Its place.</param>
    public void OpenForIntegration(OperationKind kind, int priority) =>
        Enqueue(NewOperation(kind, priority, profile.Integration.Name, now));

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
    }

    private void Share(Operation open)
    {
        OperationId = open.Id;
        Changes.Add(ActivityLog.Append(OperationEvents.Make(OperationEvents.Requested(open.Kind), open, provenance.Actor, now)));
    }

    private void ShareQueued(Versioned<Operation> open, int priority)
    {
        Share(open.Value);
        if (priority < open.Value.Priority && open.Value.QueueRow is { } row)
        {
            var moved = open.Value.Status == OperationStatus.Retrying
                ? Rows.RetryPlace(open.Value.DueAt, priority, open.Value.Id)
                : Rows.QueuePlace(priority, open.Value.DueAt, open.Value.Id);
            Changes.Add(TypedRecords.Write(Rows.Operation(open.Value.Id), open.Value with { Priority = priority, QueueRow = moved }, open.ETag));
            Changes.Add(RecordChange.DeleteIfExists(row));
            Changes.Add(RecordChange.Insert(moved, default));
        }
    }
}
