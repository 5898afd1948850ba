using IdLcm.Domain.Sync;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Operations;

/// <summary>Which attempt of which operation to run: the input of its workflow and of its activity.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="OperationId">The operation; also the workflow's instance id.</param>
/// <param name="Attempt">The attempt.</param>
public sealed record OperationRun(string IntegrationId, string OperationId, int Attempt);

/// <summary>How an attempt ended, for the workflow. Everything else is in the records.</summary>
/// <param name="Ended">True when the operation has ended; false when another attempt will be admitted.</param>
/// <param name="Status">The operation's status.</param>
/// <param name="FailureCode">Why the attempt failed, or null.</param>
/// <param name="PlanId">For a sync that read the app and has not ended: the plan that is to be applied now.</param>
public sealed record OperationRunResult(bool Ended, OperationStatus Status, string? FailureCode, string? PlanId = null);

/// <summary>
/// An operation as a durable flow: runs the attempt that its lane admitted, and waits for the lane to admit the next
/// one until the operation has ended. When the next attempt is due is a row of the lane's queue, so that priorities,
/// pauses and the pace of the app hold for repeated attempts too.
/// </summary>
public abstract class OperationWorkflow : Workflow<OperationRun, OperationRunResult>
{
    /// <summary>The event by which the lane admits another attempt; its payload is an <see cref="OperationRun"/>.</summary>
    public const string AdmittedEvent = "admitted";

    /// <inheritdoc/>
    public override async Task<OperationRunResult> RunAsync(WorkflowContext context, OperationRun input)
    {
        var run = input;
        while (true)
        {
            context.SetCustomStatus(run);
            var result = await context.CallActivityAsync<OperationRunResult>(OperationActivity.ActivityName, run, RetryPolicy.Infrastructure);
            result = await FollowAsync(context, run, result);
            if (result.Ended)
            {
                return result;
            }

            EventOrTimeout<OperationRun> admitted;
            do
            {
                // An admission may be told twice: one that is not newer than the last run is an echo.
                admitted = await context.WaitForEventAsync<OperationRun>(AdmittedEvent);
            }
            while (admitted.Value is null || admitted.Value.Attempt <= run.Attempt);
            run = admitted.Value;
        }
    }

    /// <summary>What comes after an attempt, before the operation has ended.</summary>
    /// <param name="context">The workflow's context.</param>
    /// <param name="run">The attempt.</param>
    /// <param name="result">How it ended.</param>
    /// <returns>How it ended with what came after.</returns>
    protected virtual Task<OperationRunResult> FollowAsync(WorkflowContext context, OperationRun run, OperationRunResult result) => Task.FromResult(result);

    /// <summary>The workflow of a kind of operation.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>Its registered name.</returns>
    public static string NameOf(OperationKind kind) => kind switch
    {
        OperationKind.Provision => "provision",
        OperationKind.Update => "update",
        OperationKind.Deprovision => "deprovision",
        OperationKind.Sync => "sync",
        OperationKind.RotatePassword => "rotate-password",
        OperationKind.EnableMfa => "enable-mfa",
        OperationKind.DisableMfa => "disable-mfa",
        OperationKind.SecureAccount => "secure-account",
        _ => "validate",
    };
}

/// <summary>Makes an account.</summary>
public sealed class ProvisionWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.Provision);
}

/// <summary>Changes an account.</summary>
public sealed class UpdateWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.Update);
}

/// <summary>Takes an account away.</summary>
public sealed class DeprovisionWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.Deprovision);
}

/// <summary>Checks an integration in its app.</summary>
public sealed class ValidateWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.Validate);
}

/// <summary>Changes the service account's password.</summary>
public sealed class RotatePasswordWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.RotatePassword);
}

/// <summary>Turns one-time codes on for the service account.</summary>
public sealed class EnableMfaWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.EnableMfa);
}

/// <summary>Turns one-time codes off for the service account.</summary>
public sealed class DisableMfaWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.DisableMfa);
}

/// <summary>Secures the own account of somebody who left.</summary>
public sealed class SecureAccountWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.SecureAccount);
}

/// <summary>Brings the gateway's records up to what the app shows: applies the plan some lines at a time, so that a killed one goes on where it was.</summary>
public sealed class SyncWorkflow : OperationWorkflow
{
    /// <inheritdoc/>
    public override string Name => NameOf(OperationKind.Sync);

    /// <inheritdoc/>
    protected override async Task<OperationRunResult> FollowAsync(WorkflowContext context, OperationRun run, OperationRunResult result)
    {
        if (result.Ended || result.PlanId is not { } planId)
        {
            return result;
        }

        var applied = SyncApplied.None;
        for (var chunk = 0; ; chunk++)
        {
            var step = await context.CallActivityAsync<SyncStepResult>(
                ApplySyncActivity.ActivityName, new SyncStep(run.IntegrationId, run.OperationId, planId, chunk), RetryPolicy.Infrastructure);
            applied = applied.Plus(step.Applied);
            if (step.Last)
            {
                break;
            }
        }

        var end = await context.CallActivityAsync<OperationRunResult>(EndSyncActivity.ActivityName, new SyncEnd(run, planId, applied), RetryPolicy.Infrastructure);
        await context.CallActivityAsync<int>(CorrectDriftActivity.ActivityName, run, RetryPolicy.Infrastructure);
        return end;
    }
}

/// <summary>Which failed operations to open again.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="OperationIds">The operations.</param>
/// <param name="Next">The index of the first that has not been opened again.</param>
/// <param name="RequestedBy">Who asked.</param>
public sealed record RetryRequest(string IntegrationId, IReadOnlyList<string> OperationIds, int Next, Provenance RequestedBy);

/// <summary>Opens failed operations again, in small batches, so that neither the queue nor the app is flooded.</summary>
public sealed class RetryWorkflow : Workflow<RetryRequest, int>
{
    /// <summary>The registered name.</summary>
    public const string WorkflowName = "retry";

    /// <summary>How many operations are opened again at once.</summary>
    public const int BatchSize = 25;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override string Name => WorkflowName;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(WorkflowContext context, RetryRequest input)
    {
        var batch = input with { OperationIds = [.. input.OperationIds.Skip(input.Next).Take(BatchSize)], Next = 0 };
        await context.CallActivityAsync<int>(ReopenActivity.ActivityName, batch, RetryPolicy.Infrastructure);
        var next = input.Next + BatchSize;
        if (next < input.OperationIds.Count)
        {
            await context.CreateTimerAsync(context.UtcNow + Pace);
            context.ContinueAsNew(input with { Next = next });
        }

        return Math.Min(next, input.OperationIds.Count);
    }
}
