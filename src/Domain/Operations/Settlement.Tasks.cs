using IdLcm.Domain.Activity;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Operations;

/// <summary>The human tasks that outcomes open and close.</summary>
public sealed partial class Settlement
{
    private async Task SettleTaskAsync(
        IntegrationProfile profile, Operation operation, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (operation.Status == OperationStatus.Failed && HumanTask.For(profile, operation, now) is { } task)
        {
            // Whoever validates again and again is told once what stands in the way.
            if (task.OfValidation && await ValidationTaskAsync(profile, cancellationToken) is not null)
            {
                return;
            }

            changes.Add(TypedRecords.Insert(HumanTask.Row(task.Id), task));
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.TaskOpened, operation, Provenance.System.Actor, now, task.Title)));
        }
        else if (operation is { Kind: OperationKind.Validate, Status: OperationStatus.Succeeded } && await ValidationTaskAsync(profile, cancellationToken) is { } mended)
        {
            const string passed = "A later validation passed.";
            var closed = mended.Value with
            {
                Status = HumanTaskStatus.Closed, ClosedBy = Provenance.System.Actor, ClosedAt = now, Resolution = passed, VerifyingOperationId = operation.Id,
            };
            changes.Add(RecordChange.Delete(HumanTask.Row(closed.Id), mended.ETag));
            changes.Add(TypedRecords.Insert(HumanTask.ClosedRow(closed.Id), closed));
            changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.TaskClosed, operation, Provenance.System.Actor, now, passed)));
        }
    }

    private async Task<Versioned<HumanTask>?> ValidationTaskAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        await foreach (var record in store.ScanAsync(profile.Partition, RowRange.Prefix(HumanTask.OpenPrefix), cancellationToken))
        {
            if (DomainJson.Decode<HumanTask>(record.Value) is { OfValidation: true } task)
            {
                return new Versioned<HumanTask>(task, record.ETag);
            }
        }

        return null;
    }
}
