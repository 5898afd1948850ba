using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Functions.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>
/// Start relay and lane leases: starts what was admitted and never began, ends what lost its orchestration, and admits
/// what waits. Runs on one instance of the app at a time; a turn that is missed costs seconds, never an operation.
/// </summary>
/// <param name="scheduler">The lanes.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="source">Takes the Durable client that comes with an invocation.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class LaneTimer(
    LaneScheduler scheduler, IntegrationStore integrations, DurableClientSource source, TimeProvider clock, ILogger<LaneTimer> logger)
{
    /// <summary>Every five seconds.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="client">The Durable client.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when every lane was looked at.</returns>
    [Function("lanes")]
    public async Task RunAsync(
        [TimerTrigger("*/5 * * * * *", UseMonitor = false, RunOnStartup = true)] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        source.Attach(client);
        var lanes = await integrations.ListIdsAsync(cancellationToken);
        foreach (var id in lanes)
        {
            try
            {
                await scheduler.RelayAsync(id, afterRestart: false, cancellationToken);
                await scheduler.PumpAsync(id, cancellationToken);
            }
#pragma warning disable CA1031 // One lane's trouble must not stop the others; the next turn tries again.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(id, error);
            }
        }

        // Once a minute is enough for the alert that looks for it.
        if (clock.GetUtcNow().Second < 5)
        {
            LogMoved(lanes.Count);
        }
    }

    [LoggerMessage(4101, LogLevel.Error, "The lane of integration {IntegrationId} could not be moved on; it is tried again within seconds")]
    private partial void LogFailed(string integrationId, Exception error);

    [LoggerMessage(4202, LogLevel.Information, "The lanes are looked after: {Count}")]
    private partial void LogMoved(int count);
}
