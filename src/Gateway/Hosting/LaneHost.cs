using System.Collections.Concurrent;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>
/// Keeps the lanes moving: pumps a lane when it is told of work, when a waiting attempt falls due, and, in case a signal
/// was lost, every few seconds.
/// </summary>
internal sealed partial class LaneHost(
    LaneScheduler scheduler, LaneSignal signal, IntegrationStore integrations, TimeProvider clock, ILogger<LaneHost> logger) : BackgroundService
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ITimer> alarms = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(SweepAsync(stoppingToken), ListenAsync(stoppingToken));

    public override void Dispose()
    {
        foreach (var alarm in alarms.Values)
        {
            alarm.Dispose();
        }

        base.Dispose();
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var id = await signal.NextAsync(stoppingToken);
                if (await scheduler.PumpAsync(id, stoppingToken) is { } due)
                {
                    SetAlarm(id, due);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // One lane's trouble must not stop the others; the sweep tries again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogPumpFailed(error);
            }
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        var afterRestart = true;
        using var timer = new PeriodicTimer(SweepInterval, clock);
        do
        {
            try
            {
                foreach (var id in await integrations.ListIdsAsync(stoppingToken))
                {
                    await scheduler.RelayAsync(id, afterRestart, stoppingToken);
                    signal.Raise(id);
                }

                afterRestart = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // As above.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogPumpFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void SetAlarm(string id, DateTimeOffset due)
    {
        var wait = due - clock.GetUtcNow();
        if (wait < TimeSpan.Zero)
        {
            wait = TimeSpan.Zero;
        }

        var alarm = alarms.GetOrAdd(id, key => clock.CreateTimer(_ => signal.Raise(key), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        alarm.Change(wait, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(2001, LogLevel.Error, "A lane could not be moved on; it is tried again within seconds")]
    private partial void LogPumpFailed(Exception error);
}
