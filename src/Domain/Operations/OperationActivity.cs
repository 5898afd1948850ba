using System.Collections.Concurrent;
using System.Diagnostics;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Mfa;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Runs one attempt of an operation and settles it. Bears being run again at any point: what was done is found by
/// reading the app, and only the holder of the newest fencing token acts.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="secrets">The secrets.</param>
/// <param name="runner">Runs connectors.</param>
/// <param name="plans">Keeps the plans of syncs.</param>
/// <param name="settlement">Writes how the attempt ended.</param>
/// <param name="running">The attempts of this process, to cancel them.</param>
/// <param name="clock">The clock.</param>
public sealed class OperationActivity(
    IRecordStore store,
    IntegrationProfiles profiles,
    IntegrationStore integrations,
    ISecretStore secrets,
    IConnectorRunner runner,
    SyncPlans plans,
    Settlement settlement,
    RunningOperations running,
    TimeProvider clock) : Activity<OperationRun, OperationRunResult>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "run-operation";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>A long list takes its time; the Azure edition's host allows an activity half an hour.</summary>
    private static readonly TimeSpan SyncLimit = TimeSpan.FromMinutes(28);

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<OperationRunResult> RunAsync(OperationRun input, CancellationToken cancellationToken)
    {
        using var trace = Telemetry.Source.StartActivity("operation");
        trace?.SetTag("idlcm.operation", input.OperationId).SetTag("idlcm.integration", input.IntegrationId).SetTag("idlcm.attempt", input.Attempt);
        var profile = await profiles.FindAsync(input.IntegrationId, cancellationToken);
        var run = profile is null ? null : await ActiveRun.BeginAsync(store, clock, profile, input, cancellationToken);
        if (run is null)
        {
            return await CurrentAsync(input, cancellationToken);
        }

        var began = clock.GetTimestamp();
        var outcome = await AttemptAsync(run, cancellationToken);
        if (outcome is { PlanId: { } planId, Failure: null, Halted: null })
        {
            // The workflow applies the plan; the lease is held until it has.
            var read = await run.CloseAsync();
            await store.CommitAsync(profile!.Partition, [RecordChange.Upsert(Rows.Attempt(run.Operation.Id, read.Number), DomainJson.Encode(read))], CancellationToken.None);
            return new OperationRunResult(Ended: false, OperationStatus.Running, null, planId);
        }

        var operation = await settlement.SettleAsync(input.IntegrationId, run.Lease, await run.CloseAsync(), outcome, CancellationToken.None);
        Telemetry.Attempt(operation, outcome.Failure?.Code, clock.GetElapsedTime(began));
        trace?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, outcome.Failure?.Code.ToString());
        return Result(operation);
    }

    private async Task<RunOutcome> AttemptAsync(ActiveRun run, CancellationToken stopping)
    {
        var longest = run.Operation.Kind is OperationKind.Sync or OperationKind.Validate ? SyncLimit : Limit;
        using var limit = new CancellationTokenSource(longest, clock);
        using var cancel = running.Register(run.Operation.Id);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token, cancel.Token);
        try
        {
            var outcome = run.Operation.Kind switch
            {
                OperationKind.Validate => await new ValidationRun(runner).RunAsync(run, linked.Token),
                OperationKind.RotatePassword => await new RotationRun(store, secrets, runner, clock).RunServiceAsync(run, linked.Token),
                OperationKind.RotateAccountPassword => await new RotationRun(store, secrets, runner, clock).RunAccountAsync(run, linked.Token),
                OperationKind.EnableMfa or OperationKind.DisableMfa => await new MfaRun(store, secrets, runner, integrations, clock).RunAsync(run, linked.Token),
                OperationKind.SecureAccount => await new ConnectedAccounts.SecuringRun(store, secrets, runner, clock).RunAsync(run, linked.Token),
                OperationKind.Sync => await new SyncRun(store, plans, runner, clock).RunAsync(run, linked.Token),
                _ => await new AccountRun(store, runner, clock).RunAsync(run, linked.Token),
            };
            if (outcome.Failure is not { Code: FailureCode.Cancelled })
            {
                return outcome;
            }

            // The runner says that it was stopped; only here is it known by what.
            stopping.ThrowIfCancellationRequested();
            return cancel.IsCancellationRequested ? outcome with { Cancelled = true }
                : limit.IsCancellationRequested && outcome is { Cancelled: false, CalledOff: false, Overtaken: false } ? outcome with { Failure = TookTooLong(longest) }
                : outcome;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return cancel.IsCancellationRequested
                ? new RunOutcome { Cancelled = true, Failure = new Failure(FailureCode.Cancelled, "A person cancelled it.") }
                : new RunOutcome { Failure = TookTooLong(longest) };
        }
    }

    private static Failure TookTooLong(TimeSpan limit) => new(FailureCode.Timeout, $"The attempt took longer than {limit.TotalMinutes:0} minutes.");

    private async Task<OperationRunResult> CurrentAsync(OperationRun input, CancellationToken cancellationToken)
    {
        var operation = await store.FindAsync<Operation>(Rows.Partition(input.IntegrationId), Rows.Operation(input.OperationId), cancellationToken);
        return operation is null ? new OperationRunResult(Ended: true, OperationStatus.Cancelled, null) : Result(operation.Value);
    }

    private static OperationRunResult Result(Operation operation) =>
        new(operation.Ended, operation.Status, operation.Failure?.Code.ToString());
}

/// <summary>The attempts that run in this process, so that a person's cancellation reaches them at once.</summary>
public sealed class RunningOperations
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);

    /// <summary>Cancels an attempt, if it runs here.</summary>
    /// <param name="operationId">The operation.</param>
    public void Cancel(string operationId)
    {
        if (running.TryGetValue(operationId, out var source))
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended in this very moment.
            }
        }
    }

    internal Registration Register(string operationId)
    {
        var source = new CancellationTokenSource();
        running[operationId] = source;
        return new Registration(this, operationId, source);
    }

    internal sealed class Registration(RunningOperations owner, string operationId, CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Token => source.Token;

        public bool IsCancellationRequested => source.IsCancellationRequested;

        public void Dispose()
        {
            owner.running.TryRemove(new KeyValuePair<string, CancellationTokenSource>(operationId, source));
            source.Dispose();
        }
    }
}
