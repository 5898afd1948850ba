using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;

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
        Failure = outcome.Failure,
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

    private static string? Describe(Failure? failure) => failure is null ? null : $"{failure.Code}: {failure.Detail}";
}
