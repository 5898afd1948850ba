using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Approvals;

/// <content>Operations that wait for a person's word.</content>
public sealed partial class ApprovalService
{
    /// <summary>Lets a held operation run, or withdraws it.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operationId">The operation; any text.</param>
    /// <param name="release">True to let it run.</param>
    /// <param name="reason">Why; the activity keeps it with who and when.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation, or why nothing was done.</returns>
    public async Task<Result<Operation>> DecideHeldAsync(
        IntegrationProfile profile, string operationId, bool release, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        if (await operations.FindAsync(profile.Integration.Id, operationId, cancellationToken) is not { } operation)
        {
            return Refusal.NotFound("operation_not_found", $"There is no operation '{operationId}'.");
        }

        if (operation is not { Ended: false, Hold: { } hold })
        {
            return Refusal.Conflict("operation_not_held", "The operation is not held.");
        }

        if (hold.ApprovalId is not null)
        {
            return Refusal.Conflict("approval_needed", $"The operation waits for approval {hold.ApprovalId}: decide about that.");
        }

        if (release)
        {
            await ReleaseAsync(profile, operationId, by, OperationPriority.Last, why, cancellationToken);
        }
        else
        {
            await operations.CancelAsync(profile, operationId, by, why, cancellationToken);
        }

        return (await operations.FindAsync(profile.Integration.Id, operationId, cancellationToken))!;
    }

    /// <summary>Reads held operations, oldest last.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The operations.</returns>
    public async IAsyncEnumerable<Operation> HeldAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Rows.Held), 250, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                if (await operations.FindAsync(profile.Integration.Id, row.Row[Rows.Held.Length..], cancellationToken) is { Ended: false, Hold: not null } held)
                {
                    yield return held;
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Moves a held operation into the queue.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when it was held.</returns>
    public Task<bool> ReleaseAsync(IntegrationProfile profile, string operationId, Provenance by, CancellationToken cancellationToken = default) =>
        ReleaseAsync(profile, operationId, by, OperationPriority.Last, why: null, cancellationToken);

    /// <summary>Moves a held operation into the queue, before others where somebody waits for it.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="atLeast">The lowest place that it gets.</param>
    /// <param name="why">Why, where somebody said it.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>True when it was held.</returns>
    public async Task<bool> ReleaseAsync(
        IntegrationProfile profile, string operationId, Provenance by, int atLeast, string? why = null, CancellationToken cancellationToken = default)
    {
        var released = await Optimistic.RunAsync(
            async () =>
            {
                var found = await store.FindAsync<Operation>(profile.Partition, Rows.Operation(operationId), cancellationToken);
                if (found?.Value is not { Ended: false, Hold: { } hold, QueueRow: { } row } operation)
                {
                    return (true, false);
                }

                var now = clock.GetUtcNow();
                var priority = Math.Min(operation.Priority, atLeast);
                var queued = operation with { Hold = null, Priority = priority, QueueRow = Rows.QueuePlace(priority, now, operation.Id) };
                var result = await store.CommitAsync(
                    profile.Partition,
                    [
                        TypedRecords.Write(Rows.Operation(operation.Id), queued, found.ETag),
                        RecordChange.DeleteIfExists(row),
                        RecordChange.Insert(queued.QueueRow, default),
                        ActivityLog.Append(OperationEvents.Make(ActivityKind.OperationReleased, operation, by.Actor, now, why is null ? hold.Reason : $"{why} (held: {hold.Reason})")),
                    ],
                    cancellationToken);
                return (result.Committed, true);
            },
            cancellationToken);
        signal.Raise(profile.Integration.Id);
        return released;
    }
}
