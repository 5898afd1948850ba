using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>Does what falls due by the clock: scheduled syncs, deletions after some days, alarms and reminders.</summary>
internal sealed partial class DueWork(
    DueTasks due, ActivityLog log, IntegrationStore integrations, IBlobStore blobs, EvidenceRetention evidence, TimeProvider clock, ILogger<DueWork> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TrimInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan PlanRetention = TimeSpan.FromDays(90);

    /// <summary>Does what is due in every integration.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await integrations.ListIdsAsync(cancellationToken))
        {
            try
            {
                await due.RunAsync(id, cancellationToken);
            }
#pragma warning disable CA1031 // One integration's trouble must not stop the others; the next turn tries again.
            catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailed(error, id);
            }
        }
    }

    /// <summary>Removes what is past its retention.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var integration in await integrations.ListAsync(cancellationToken))
        {
            if (integration.ActivityDays is { } days)
            {
                await log.TrimAsync(integration.Id, now.AddDays(-days), now, cancellationToken);
            }
        }

        await evidence.SweepAsync(blobs, now, cancellationToken);
        await blobs.SweepAsync(SyncPlanRecord.Container, now - PlanRetention, long.MaxValue, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var trimmed = clock.GetUtcNow();
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await GuardedAsync(() => RunOnceAsync(stoppingToken));
                if (clock.GetUtcNow() - trimmed >= TrimInterval)
                {
                    trimmed = clock.GetUtcNow();
                    await GuardedAsync(() => TrimAsync(stoppingToken));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is due stays due.
        }
    }

    private async Task GuardedAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
#pragma warning disable CA1031 // The store may be away for a while; the next turn tries again.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailed(error, "*");
        }
    }

    [LoggerMessage(2004, LogLevel.Error, "Work of integration {IntegrationId} that is due could not be done; it is tried again within seconds")]
    private partial void LogFailed(Exception error, string integrationId);
}
