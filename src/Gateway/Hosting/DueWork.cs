using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Sync;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>Does what falls due by the clock: scheduled syncs, deletions after some days, alarms and reminders.</summary>
internal sealed partial class DueWork(
    SyncTimer syncs, LeaverWatch leavers, HumanTaskService tasks, IntegrationStore integrations, TimeProvider clock, ILogger<DueWork> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Does what is due in every integration.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await integrations.ListIdsAsync(cancellationToken))
        {
            try
            {
                await syncs.RunDueAsync(id, cancellationToken);
                await leavers.RunDueAsync(id, cancellationToken);
                await tasks.RemindAsync(id, cancellationToken);
            }
#pragma warning disable CA1031 // One integration's trouble must not stop the others; the next turn tries again.
            catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailed(error, id);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is due stays due.
        }
    }

    [LoggerMessage(2004, LogLevel.Error, "Work of integration {IntegrationId} that is due could not be done; it is tried again within seconds")]
    private partial void LogFailed(Exception error, string integrationId);
}
