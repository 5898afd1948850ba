using IdLcm.Domain.Activity;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>The human tasks that outcomes open and close: one at a time for an account, and one for each kind of operation on the rest.</summary>
public sealed partial class Settlement
{
    private async Task<AppAccount> SettleTaskAsync(
        IntegrationProfile profile, Operation operation, AppAccount account, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var open = account.TaskId is { } id ? await store.FindAsync<HumanTask>(profile.Partition, HumanTask.Row(id), cancellationToken) : null;
        return account with { TaskId = SettleTask(profile, operation, open, changes, now) };
    }

    private async Task SettleTaskAsync(
        IntegrationProfile profile, Operation operation, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (operation.Status is OperationStatus.Failed or OperationStatus.Succeeded)
        {
            SettleTask(profile, operation, await FindTaskAsync(profile, operation, cancellationToken), changes, now);
        }
    }

    /// <summary>Opens or closes what asks for a person.</summary>
    /// <returns>The id of the task that is open now, or null.</returns>
    private static string? SettleTask(IntegrationProfile profile, Operation operation, Versioned<HumanTask>? open, List<RecordChange> changes, DateTimeOffset now)
    {
        if (operation.Status == OperationStatus.Failed && HumanTask.For(profile, operation, now) is { } task)
        {
            if (open is not null && open.Value.FailureCode == task.FailureCode)
            {
                // Whoever tries again and again is told once what stands in the way; the newest attempt has the evidence.
                var renewed = open.Value with { OperationId = operation.Id, Instructions = task.Instructions };
                changes.Add(TypedRecords.Write(HumanTask.Row(renewed.Id), renewed, open.ETag));
                return renewed.Id;
            }

            Close(open, "Something else stands in the way now.");
            changes.Add(TypedRecords.Insert(HumanTask.Row(task.Id), task));
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.TaskOpened, operation, Provenance.System.Actor, now, task.Title)));
            return task.Id;
        }

        if (operation.Status != OperationStatus.Succeeded)
        {
            return open?.Value.Id;
        }

        Close(open, operation.Kind == OperationKind.Validate ? "A later validation passed." : "A later operation succeeded.");
        return null;

        void Close(Versioned<HumanTask>? mended, string resolution)
        {
            if (mended is null)
            {
                return;
            }

            var closed = mended.Value with
            {
                Status = HumanTaskStatus.Closed, ClosedBy = Provenance.System.Actor, ClosedAt = now, Resolution = resolution, VerifyingOperationId = operation.Id,
            };
            changes.Add(RecordChange.Delete(HumanTask.Row(closed.Id), mended.ETag));
            changes.Add(TypedRecords.Insert(HumanTask.ClosedRow(closed.Id), closed));
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.TaskClosed, operation, Provenance.System.Actor, now, resolution)));
        }
    }

    /// <summary>Finds the open task of an operation that is about no account's wish.</summary>
    private async Task<Versioned<HumanTask>?> FindTaskAsync(IntegrationProfile profile, Operation operation, CancellationToken cancellationToken)
    {
        await foreach (var record in store.ScanAsync(profile.Partition, RowRange.Prefix(HumanTask.OpenPrefix), cancellationToken))
        {
            var task = DomainJson.Decode<HumanTask>(record.Value);
            if (task.Kind == operation.Kind && task.UserId == operation.UserId)
            {
                return new Versioned<HumanTask>(task, record.ETag);
            }
        }

        return null;
    }
}
