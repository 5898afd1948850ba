using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;

namespace IdLcm.Gateway.Api;

/// <summary>Why something failed, with what it means and what the person should do.</summary>
internal sealed record FailureResource(FailureCode Code, string Detail, string? Step, string Meaning, string Action, bool Retryable)
{
    public static FailureResource? Of(Failure? failure)
    {
        if (failure is null)
        {
            return null;
        }

        var info = FailureCodes.Of(failure.Code);
        return new FailureResource(failure.Code, failure.Detail, failure.Step, info.Meaning, info.Action, info.Retryable);
    }
}

/// <summary>An operation, as in lists.</summary>
internal class OperationResource(Operation operation)
{
    public string Id => operation.Id;

    public string IntegrationId => operation.IntegrationId;

    public OperationKind Kind => operation.Kind;

    public OperationStatus Status => operation.Status;

    /// <summary>True when it has ended: succeeded, failed or cancelled.</summary>
    public bool Ended => operation.Ended;

    public string Target => operation.Target;

    public string? UserId => operation.UserId;

    public Provenance RequestedBy => operation.RequestedBy;

    public DateTimeOffset CreatedAt => operation.CreatedAt;

    public DateTimeOffset? StartedAt => operation.StartedAt;

    public DateTimeOffset? EndedAt => operation.EndedAt;

    /// <summary>While it waits for another attempt: when that is due.</summary>
    public DateTimeOffset? NextAttemptAt => operation.Status == OperationStatus.Retrying ? operation.DueAt : null;

    /// <summary>The attempt that runs or ran last; 0 before the first.</summary>
    public int Attempt => operation.Attempt;

    public FailureResource? Failure { get; } = FailureResource.Of(operation.Failure);

    public IReadOnlyList<string> Changes => operation.Changes;

    /// <summary>The operation that goes on where this one was overtaken.</summary>
    public string? SuccessorId => operation.SuccessorId;

    public string? CancelReason => operation.CancelReason;

    /// <summary>Whose word it waits for beside its turn; null for nobody's.</summary>
    public OperationHold? Hold => operation.Ended ? null : operation.Hold;

    /// <summary>For a sync that a person allowed: the plan that it applies.</summary>
    public string? PlanId => operation.PlanId;

    public bool CancelRequested => operation.CancelRequested;
}

/// <summary>An operation by itself: with its attempts.</summary>
internal sealed class OperationDetails(Operation operation, IReadOnlyList<OperationAttempt> attempts, IReadOnlyList<string>? forecast) : OperationResource(operation)
{
    /// <summary>
    /// For one that waits: what it would do, in words and in order, judged by what the app showed last; empty where the app
    /// shows what is wished already. Null for one that runs, has ended, or is not about an account.
    /// </summary>
    public IReadOnlyList<string>? Forecast => forecast;

    public IReadOnlyList<AttemptResource> Attempts { get; } = [.. attempts.Select(attempt => AttemptResource.Of(operation.Id, attempt))];
}

/// <summary>One run of an operation.</summary>
internal sealed record AttemptResource(
    int Number,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    FailureResource? Failure,
    IReadOnlyList<StepRecord> Steps,
    IReadOnlyList<EvidenceResource> Evidence,
    IReadOnlyList<CommitIntent> CommitSteps)
{
    public static AttemptResource Of(string operationId, OperationAttempt attempt) => new(
        attempt.Number,
        attempt.StartedAt,
        attempt.EndedAt,
        FailureResource.Of(attempt.Failure),
        attempt.Steps,
        [.. attempt.Evidence.Select(item => EvidenceResource.Of(operationId, item))],
        attempt.Intents);
}

/// <summary>Something kept to show what happened.</summary>
internal sealed record EvidenceResource(string Kind, string Caption, string ContentType, long Length, string Hash, string Href)
{
    public static EvidenceResource Of(string operationId, EvidenceItem item) =>
        new(item.Kind, item.Caption, item.ContentType, item.Length, item.Hash, $"/api/operations/{operationId}/evidence/{item.Hash}");
}

/// <summary>Which failed operations to open again.</summary>
internal sealed record RetryFailedRequest
{
    /// <summary>Only those that failed so; null for all.</summary>
    public FailureCode? FailureCode { get; init; }
}

/// <summary>The workflow that opens failed operations again.</summary>
internal sealed record RetryAccepted(string WorkflowId, int Count);
