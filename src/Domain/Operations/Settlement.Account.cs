using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>What an outcome says about an account, and what follows from it: successor, planned deletion, approval.</summary>
public sealed partial class Settlement
{
    private async Task<Operation> SettleAccountAsync(
        IntegrationProfile profile, Operation operation, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(operation.AccountKey!), cancellationToken)
            ?? throw new InvalidDataException($"Operation {operation.Id} has no account record.");
        var user = await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken)
            ?? throw new InvalidDataException($"Account {operation.AccountKey} has no user.");
        var settled = account.Value;
        await NoteSeatsAsync(profile, account.Value, outcome, changes, now, cancellationToken);
        if (outcome.WasRead)
        {
            settled = Access.GrantHistory.Follow(settled with { Observed = outcome.Observed }, operation.Id, operation.RequestedBy.Actor);
        }

        var newer = outcome.UserId is not null && (outcome.UserId != user.Value.Id || outcome.Generation != user.Value.Wish);
        var goal = AccountGoals.Of(profile, user.Value, settled, now);
        if (outcome.CalledOff || (Delay(profile, operation, outcome) is not null && (!newer || AccountGoals.KindFor(settled.State, goal) == operation.Kind)))
        {
            var waiting = outcome.CalledOff ? Requeued(operation) : Retried(profile, operation, outcome, now);
            if (!outcome.CalledOff)
            {
                changes.Add(ActivityLog.Append(OperationEvents.Make(
                    ActivityKind.RetryScheduled, waiting, Provenance.System.Actor, now, $"{Describe(outcome.Failure)} Next attempt at {waiting.DueAt:u}.")));
            }

            settled = settled.Move(AccountGoals.Awaiting(operation.Kind), now) with { LastFailure = outcome.Failure ?? settled.LastFailure };
            changes.Add(TypedRecords.Write(Rows.Account(settled.Key), settled, account.ETag));
            return waiting;
        }

        var ended = Ended(operation, outcome, now);
        settled = settled with { OpenOperationId = null, LastFailure = outcome.Overtaken ? null : outcome.Failure };
        if (outcome.Missing)
        {
            settled = settled.Move(ProvisioningState.Onboarded, now).Move(ProvisioningState.Deleted, now) with { Applied = null, RecreateApproved = null, MissingSince = now };
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.AccountMissing, ended, Provenance.System.Actor, now, outcome.Failure?.Detail)));
        }
        else if (outcome.Failure is not null || outcome.Overtaken)
        {
            settled = settled.Move(AccountGoals.Failed(operation.Kind), now);
        }
        else
        {
            settled = Reached(operation, outcome, settled, now) with
            {
                SatisfiedGeneration = outcome.Generation,
                Applied = outcome.Observed is null ? null : outcome.Applied ?? settled.Applied,
                RecreateApproved = null,
                ResendAskedAt = null,
            };
            settled = PlanDeletion(profile, ended, settled, user.Value, changes, now);
        }

        if (outcome.NeedsApproval is { } wanted)
        {
            AskApproval(profile, ended, settled, wanted, changes, now);
        }

        changes.Add(ActivityLog.Append(OperationEvents.Make(EndEvent(ended), ended, Provenance.System.Actor, now, EndDetail(ended))));
        settled = await SettleTaskAsync(profile, ended, settled, changes, now, cancellationToken);

        // The account answers to what the app shows now; the reservation made with the wish becomes the account itself.
        var key = outcome is { Failure: null, WasRead: true, Observed: { } seen } ? Ids.KeyOf(seen.Identifier) : settled.Key;
        var owner = user.Value;
        if (key != settled.Key)
        {
            var reserved = await store.GetAsync(profile.Partition, Rows.Account(key), cancellationToken);
            changes.Add(RecordChange.Delete(Rows.Account(settled.Key), account.ETag));
            settled = settled with { Key = key, Identifier = outcome.Observed!.Identifier };
            owner = owner with { AccountKey = key };
            ended = ended with { AccountKey = key };
            changes.Add(UserRecords.Write(owner, user.ETag));
            ended = Succeed(profile, ended, ref settled, owner, newer, changes, now);
            changes.Add(TypedRecords.Write(Rows.Account(key), settled, reserved?.ETag));
        }
        else
        {
            // A wish that comes in between changes the user, and this commit is decided again.
            changes.Add(RecordChange.Check(UserRecords.RowOf(owner), user.ETag));
            ended = Succeed(profile, ended, ref settled, owner, newer, changes, now);
            changes.Add(TypedRecords.Write(Rows.Account(key), settled, account.ETag));
        }

        return ended;
    }

    /// <summary>Whether the app has a free seat is known by the people it refuses and by those who leave.</summary>
    private async Task NoteSeatsAsync(
        IntegrationProfile profile, AppAccount before, RunOutcome outcome, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var known = profile.Integration.Seats;
        var after = Seats.After(known, outcome, before.Observed is { Active: true }, now);
        if (!ReferenceEquals(after, known) && await integrations.FindAsync(profile.Integration.Id, cancellationToken) is { } integration)
        {
            changes.Add(TypedRecords.Write(Rows.Integration, integration.Value with { Seats = after }, integration.ETag));
        }
    }

    /// <summary>Opens the successor where the wish moved on while the operation ran, or where a deactivation only goes before the deletion.</summary>
    private Operation Succeed(
        IntegrationProfile profile, Operation ended, ref AppAccount account, UserRecord user, bool newer, List<RecordChange> changes, DateTimeOffset now)
    {
        var goal = AccountGoals.Of(profile, user, account, now);
        var isFirstHalf = goal == AccountGoal.Gone && ended is { Kind: OperationKind.Update, Status: OperationStatus.Succeeded };
        if ((!newer && !isFirstHalf && ended.CancelReason != OvertakenReason) || Intake.IsDrift(account, goal, ended.RequestedBy) || AccountGoals.KindFor(account.State, goal) is not { } kind)
        {
            return ended;
        }

        var intake = new Intake(store, profile, ended.RequestedBy, now);
        account = intake.Open(account, kind, AccountGoals.PriorityOf(account, goal), user, now);
        changes.AddRange(intake.Changes);
        return ended with { SuccessorId = intake.OperationId };
    }

    /// <summary>A person who left is deactivated now and deleted some days later.</summary>
    private static AppAccount PlanDeletion(
        IntegrationProfile profile, Operation ended, AppAccount account, UserRecord user, List<RecordChange> changes, DateTimeOffset now)
    {
        if (account.State == ProvisioningState.Deleted)
        {
            if (account.DeleteDueAt is { } planned)
            {
                changes.Add(RecordChange.DeleteIfExists(Rows.Deletion(planned, account.Key)));
            }

            return account with { DeleteDueAt = null, DiedAt = now, SeenAgainAt = null, MissingSince = null };
        }

        account = account with { DiedAt = null, SeenAgainAt = null, MissingSince = null };
        if (profile.Integration.Deprovision.DeleteAfterDays is not { } days || account.DeleteDueAt is not null || !AccountGoals.HasLeft(profile, user)
            || account.Observed is not { Active: false } || !profile.Manifest.Capabilities.Delete)
        {
            return account;
        }

        var due = now.AddDays(days);
        changes.Add(RecordChange.Upsert(Rows.Deletion(due, account.Key), default));
        changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.DeletionScheduled, ended, Provenance.System.Actor, now, $"on {due:u}, unless the person returns")));
        return account with { DeleteDueAt = due };
    }

    private static void AskApproval(IntegrationProfile profile, Operation ended, AppAccount account, string wanted, List<RecordChange> changes, DateTimeOffset now)
    {
        var approval = new ApprovalRecord
        {
            Id = Ids.NewestFirst(now),
            Kind = ApprovalKind.Recreate,
            Status = ApprovalStatus.Pending,
            Target = ended.Target,
            Detail = $"remove {ended.Target} from {profile.Manifest.AppName} and make the account again, to {wanted}",
            UserId = account.UserId,
            AccountKey = account.Key,
            OperationId = ended.Id,
            RequestedBy = ended.RequestedBy.Actor,
            RequestedAt = now,
        };
        changes.Add(TypedRecords.Insert(ApprovalRecord.Row(approval.Id), approval));
        changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.ApprovalRequested, ended, Provenance.System.Actor, now, approval.Detail)));
    }

    private const string OvertakenReason = "A newer wish asks for something else.";

    private static AppAccount Reached(Operation operation, RunOutcome outcome, AppAccount account, DateTimeOffset now)
    {
        if (outcome.Observed is not null)
        {
            return account.Move(ProvisioningState.Onboarded, now);
        }

        // Nobody had to be made for a person who is not active: the wish was withdrawn before anything came of it.
        return operation.Kind switch
        {
            OperationKind.Deprovision => account.Move(ProvisioningState.Deleted, now),
            OperationKind.Provision => account.Move(ProvisioningState.ProvisioningAwaiting, now).Move(ProvisioningState.Deleted, now),
            _ => account.Move(ProvisioningState.Onboarded, now).Move(ProvisioningState.Deleted, now),
        };
    }
}
