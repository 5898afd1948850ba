using System.Text.Json;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Activities;

/// <summary>The activities: the Domain's own, under their own names, which are part of stored histories.</summary>
/// <param name="activities">The activities.</param>
/// <param name="running">Those under way.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
/// <param name="logger">The log.</param>
public sealed partial class ActivityFunctions(
    IEnumerable<IActivity> activities, RunningActivities running, DurableClientSource source, ILogger<ActivityFunctions> logger)
{
    /// <summary>Runs one attempt of an operation in the app, and settles it.</summary>
    /// <param name="input">An <see cref="OperationRun"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function(OperationActivity.ActivityName)]
    public async Task<JsonElement?> RunOperationAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var output = await RunAsync(OperationActivity.ActivityName, input, instanceId, client, cancellationToken);
        var (run, result) = (DurableJson.Read<OperationRun>(input), DurableJson.Read<OperationRunResult>(output));
        switch (result)
        {
            case { Ended: true, Status: OperationStatus.Failed }:
                LogFailed(run.OperationId, run.IntegrationId, result.FailureCode ?? "");
                break;
            case { Ended: true, Status: OperationStatus.Halted }:
                LogHalted(run.OperationId, run.IntegrationId);
                break;
        }

        return output;
    }

    /// <summary>Opens some failed operations again.</summary>
    /// <param name="input">A <see cref="RetryRequest"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>How many, as JSON.</returns>
    [Function(ReopenActivity.ActivityName)]
    public Task<JsonElement?> ReopenAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync(ReopenActivity.ActivityName, input, instanceId, client, cancellationToken);

    /// <summary>Brings some lines of a sync's plan into the records.</summary>
    /// <param name="input">A <see cref="SyncStep"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>What was done, as JSON.</returns>
    [Function(ApplySyncActivity.ActivityName)]
    public Task<JsonElement?> ApplySyncAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync(ApplySyncActivity.ActivityName, input, instanceId, client, cancellationToken);

    /// <summary>Settles a sync whose plan has been applied.</summary>
    /// <param name="input">A <see cref="SyncEnd"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function(EndSyncActivity.ActivityName)]
    public Task<JsonElement?> EndSyncAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync(EndSyncActivity.ActivityName, input, instanceId, client, cancellationToken);

    /// <summary>Opens operations for accounts that a sync found to differ from their wish.</summary>
    /// <param name="input">An <see cref="OperationRun"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>How many, as JSON.</returns>
    [Function(CorrectDriftActivity.ActivityName)]
    public Task<JsonElement?> CorrectDriftAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync(CorrectDriftActivity.ActivityName, input, instanceId, client, cancellationToken);

    private async Task<JsonElement?> RunAsync(string name, JsonElement input, string instanceId, DurableTaskClient client, CancellationToken cancellationToken)
    {
        source.Attach(client);
        var activity = activities.Single(candidate => candidate.Name == name);
        return await running.RunAsync(
            instanceId,
            async cancelled => DurableJson.Write(await activity.RunAsync(DurableJson.Read(input, activity.InputType), cancelled)),
            cancellationToken);
    }

    [LoggerMessage(4211, LogLevel.Warning, "Operation {OperationId} of integration {IntegrationId} ended as failed: {FailureCode}")]
    private partial void LogFailed(string operationId, string integrationId, string failureCode);

    [LoggerMessage(4212, LogLevel.Warning, "Sync {OperationId} of integration {IntegrationId} was halted by its safeguard")]
    private partial void LogHalted(string operationId, string integrationId);
}
