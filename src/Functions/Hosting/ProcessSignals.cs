using System.Collections.Concurrent;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Functions.Timers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Hosting;

/// <summary>
/// Does at once what a request or an activity of this process has raised: pumps its lane, rolls its change set forward.
/// The timers find whatever a process that ended has left.
/// </summary>
internal sealed partial class ProcessSignals(
    LaneScheduler scheduler,
    LaneSignal lanes,
    GroupWork groups,
    GroupMappings mappings,
    IdlePace pace,
    TimeProvider clock,
    ILogger<ProcessSignals> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<string, ITimer> alarms = new(StringComparer.Ordinal);

    public override void Dispose()
    {
        foreach (var alarm in alarms.Values)
        {
            alarm.Dispose();
        }

        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        ListenAsync(lanes.NextAsync, PumpAsync, stoppingToken),
        ListenAsync(groups.NextAsync, RollAsync, stoppingToken));

    private async Task ListenAsync(
        Func<CancellationToken, ValueTask<string>> next, Func<string, CancellationToken, Task> handle, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await handle(await next(stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // One integration's trouble must not stop the others; a timer tries again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    private async Task PumpAsync(string integrationId, CancellationToken cancellationToken)
    {
        pace.Stir(integrationId);
        if (await scheduler.PumpAsync(integrationId, cancellationToken) is not { } due)
        {
            return;
        }

        var wait = due - clock.GetUtcNow();
        var alarm = alarms.GetOrAdd(
            integrationId, id => clock.CreateTimer(_ => lanes.Raise(id), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        alarm.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task RollAsync(string integrationId, CancellationToken cancellationToken)
    {
        pace.Stir(integrationId);
        await mappings.FollowAsync(integrationId, cancellationToken);
    }

    [LoggerMessage(4001, LogLevel.Error, "A lane or a group could not be moved on; a timer tries again within seconds")]
    private partial void LogFailed(Exception error);
}
