using IdLcm.Domain.Approvals;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Operations;

namespace IdLcm.Gateway.Dashboard;

/// <summary>How the operations of one integration went lately.</summary>
/// <param name="Failed">The newest operation of each account or kind, where it failed or was halted: what a person has to look at.</param>
/// <param name="Succeeded">Operations that succeeded, by hour, oldest first; the last is the running hour.</param>
/// <param name="NotSucceeded">Operations that failed, by hour.</param>
/// <param name="Onboarding">How long people waited from the request to the proof that they are in, with the hour in which it ended.</param>
/// <param name="Waiting">How many operations wait in the queue or for their next attempt.</param>
/// <param name="Tasks">Open human tasks, newest first.</param>
/// <param name="Approvals">Changes that wait for approval, newest first.</param>
/// <param name="Held">How many operations are held until somebody releases them.</param>
/// <param name="Dead">How many notifications were given up.</param>
/// <param name="Drifting">Steps that lately found what they look for by a later alternative of their locator only.</param>
internal sealed record IntegrationHealth(
    IReadOnlyList<Operation> Failed,
    IReadOnlyList<int> Succeeded,
    IReadOnlyList<int> NotSucceeded,
    IReadOnlyList<(int Hour, TimeSpan Time)> Onboarding,
    int Waiting,
    IReadOnlyList<HumanTask> Tasks,
    IReadOnlyList<ApprovalRecord> Approvals,
    int Held,
    int Dead,
    IReadOnlyList<DriftingStep> Drifting)
{
    public const int Hours = 24;

    /// <summary>What the counts of operations rest on.</summary>
    public required CountedOperations Counted { get; init; }
}

/// <summary>What operations were counted.</summary>
/// <param name="At">When.</param>
/// <param name="Newest">The newest of them; null where there was none.</param>
/// <param name="AllEnded">True when none of them was open: none of them changes any more.</param>
internal sealed record CountedOperations(DateTimeOffset At, Operation? Newest, bool AllEnded);

/// <summary>A step whose first locator does not match any more. It still works: the time to mend the connector is now.</summary>
/// <param name="Step">The verb and what the step does.</param>
/// <param name="Alternative">Which of the locators matched, from 2.</param>
/// <param name="OperationId">The newest operation that showed it.</param>
/// <param name="SeenAt">When.</param>
internal sealed record DriftingStep(string Step, int Alternative, string OperationId, DateTimeOffset SeenAt);
