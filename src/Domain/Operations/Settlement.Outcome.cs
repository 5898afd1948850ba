using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Operations;

/// <summary>How an outcome ends an operation or lets it be tried again.</summary>
public sealed partial class Settlement
{
    private TimeSpan? Delay(IntegrationProfile profile, Operation operation, RunOutcome outcome)
    {
        if (outcome.Failure is null || outcome.Final || outcome.Cancelled || outcome.Overtaken)
        {
            return null;
        }

        // While the app as a whole is down nobody's attempts are used up: the circuit says when the next one is tried.
        var own = rules.For(profile.Integration.Retry);
        return IsFree(operation, outcome)
            ? TimeSpan.Zero
            : own.DelayAfter(outcome.Failure.Code, operation.Attempt - operation.FreeAttempts, Random.Shared.NextDouble())
                ?? (outcome.Unsettled && FailureCodes.Of(outcome.Failure.Code).Retryable ? own.MaxDelay : null);
    }

    private static bool IsFree(Operation operation, RunOutcome outcome) =>
        outcome is { Down: true, Failure: { } failure } && operation.Kind != OperationKind.Validate && FailureCodes.Of(failure.Code).Infrastructure;

    private Operation Retried(IntegrationProfile profile, Operation operation, RunOutcome outcome, DateTimeOffset now)
    {
        var due = now + (Delay(profile, operation, outcome) ?? TimeSpan.Zero);
        return operation with
        {
            FreeAttempts = operation.FreeAttempts + (IsFree(operation, outcome) ? 1 : 0),
            Status = OperationStatus.Retrying,
            DueAt = due,
            Failure = outcome.Failure,
            QueueRow = Rows.RetryPlace(due, operation.Priority, operation.Id),
        };
    }

    private static Operation Requeued(Operation operation) => operation with
    {
        Status = OperationStatus.Queued,
        QueueRow = Rows.QueuePlace(operation.Priority, operation.DueAt, operation.Id),
    };

    private static Operation Ended(Operation operation, RunOutcome outcome, DateTimeOffset now) => operation with
    {
        Status = outcome.Overtaken || outcome.Cancelled ? OperationStatus.Cancelled
            : outcome.Halted is not null ? OperationStatus.Halted
            : outcome.Failure is null ? OperationStatus.Succeeded : OperationStatus.Failed,
        CancelReason = outcome.Overtaken ? OvertakenReason : outcome.Halted ?? operation.CancelReason,
        EndedAt = now,
        Failure = outcome.Overtaken ? null : outcome.Failure,
        AppliedGeneration = outcome.Failure is null && !outcome.Overtaken ? outcome.Generation : null,
        Changes = outcome.Changes,
        QueueRow = null,
    };

    private static ActivityKind EndEvent(Operation ended) => ended.Status switch
    {
        OperationStatus.Succeeded => OperationEvents.Succeeded(ended.Kind),
        OperationStatus.Cancelled => ActivityKind.OperationCancelled,
        _ => OperationEvents.Failed(ended.Kind),
    };

    private static string? EndDetail(Operation ended) => ended.Status switch
    {
        OperationStatus.Succeeded => ended.Changes.Count == 0 ? "nothing to change" : string.Join("; ", ended.Changes),
        OperationStatus.Cancelled => ended.CancelReason,
        _ => Describe(ended.Failure),
    };

    /// <summary>Asks a person about a new version of the connector, once for each place in it.</summary>
    private async Task ProposeAsync(
        IntegrationProfile profile, Operation ended, LocatorRepair repair, List<RecordChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (connector, version) = (profile.Integration.ConnectorId, profile.Integration.ConnectorVersion);
        var proposed = ApprovalRecord.ProposedRow(connector, version, repair);
        if (await store.GetAsync(profile.Partition, proposed, cancellationToken) is not null)
        {
            return;
        }

        var approval = new ApprovalRecord
        {
            Id = Ids.NewestFirst(now),
            Kind = ApprovalKind.RepairConnector,
            Status = ApprovalStatus.Pending,
            Target = $"{connector} {version}",
            Detail = $"make a version of {connector} that also looks for {repair.Words()} where {version} looks for {repair.Wanted} (line {repair.Line}); integrations move to it when somebody moves them",
            OperationId = ended.Id,
            RequestedBy = Provenance.System.Actor,
            RequestedAt = now,
            Repair = repair,
            ConnectorVersion = version,
        };
        changes.Add(RecordChange.Upsert(proposed, default));
        changes.Add(TypedRecords.Insert(ApprovalRecord.Row(approval.Id), approval));
        changes.Add(ActivityLog.Append(OperationEvents.Make(ActivityKind.ApprovalRequested, ended, Provenance.System.Actor, now, approval.Detail)));
    }

    private static string? Describe(Failure? failure) => failure is null ? null : $"{failure.Code}: {failure.Detail}";
}
