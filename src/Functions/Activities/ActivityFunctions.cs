using System.Text.Json;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IdLcm.Functions.Activities;

/// <summary>The activities: the Domain's own, under their own names, which are part of stored histories.</summary>
/// <param name="activities">The activities.</param>
/// <param name="running">Those under way.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
public sealed class ActivityFunctions(IEnumerable<IActivity> activities, RunningActivities running, DurableClientSource source)
{
    /// <summary>Runs one attempt of an operation in the app, and settles it.</summary>
    /// <param name="input">An <see cref="OperationRun"/> as JSON.</param>
    /// <param name="instanceId">The instance that called it; bound by name.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>How it ended, as JSON.</returns>
    [Function(OperationActivity.ActivityName)]
    public Task<JsonElement?> RunOperationAsync(
        [ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync(OperationActivity.ActivityName, input, instanceId, client, cancellationToken);

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

    private async Task<JsonElement?> RunAsync(string name, JsonElement input, string instanceId, DurableTaskClient client, CancellationToken cancellationToken)
    {
        source.Attach(client);
        var activity = activities.Single(candidate => candidate.Name == name);
        return await running.RunAsync(
            instanceId,
            async cancelled => DurableJson.Write(await activity.RunAsync(DurableJson.Read(input, activity.InputType), cancelled)),
            cancellationToken);
    }
}
