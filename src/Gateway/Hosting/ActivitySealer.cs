using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>Seals new activity into the hash chain every few seconds.</summary>
internal sealed partial class ActivitySealer(
    ActivityLog log, IntegrationStore integrations, TimeProvider clock, ILogger<ActivitySealer> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SealAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not sealed yet is sealed after the next start.
        }
    }

    private async Task SealAsync(CancellationToken stoppingToken)
    {
        try
        {
            await log.SealAsync(ActivityLog.Workspace, stoppingToken);
            foreach (var id in await integrations.ListIdsAsync(stoppingToken))
            {
                await log.SealAsync(id, stoppingToken);
            }
        }
#pragma warning disable CA1031 // The next turn tries again; events wait in their inbox.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogSealFailed(error);
        }
    }

    [LoggerMessage(2002, LogLevel.Error, "Activity could not be sealed; it is tried again within seconds")]
    private partial void LogSealFailed(Exception error);
}
