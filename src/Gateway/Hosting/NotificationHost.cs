using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>Tells notification channels of events. A slow receiver holds up nobody but its own integration's turn.</summary>
internal sealed partial class NotificationHost(NotificationPump pump, IntegrationStore integrations, TimeProvider clock, ILogger<NotificationHost> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not delivered is delivered after the next start.
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll((await integrations.ListIdsAsync(stoppingToken)).Select(id => pump.RunDueAsync(id, stoppingToken)));
        }
#pragma warning disable CA1031 // The next turn tries again; deliveries are durable.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailed(error);
        }
    }

    [LoggerMessage(2005, LogLevel.Error, "Notifications could not be handed out; it is tried again within seconds")]
    private partial void LogFailed(Exception error);
}
