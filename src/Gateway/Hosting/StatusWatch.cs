using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>How often statuses are looked at although nothing is known to have changed.</summary>
/// <param name="Every">The time between; null where somebody else looks.</param>
internal sealed record StatusSweep(TimeSpan? Every);

/// <summary>Looks at the status of an integration when something of it changed in this process, a few times a second at the most, and at all of them now and then.</summary>
internal sealed partial class StatusWatch(
    StatusHistory history, IntegrationStore integrations, ChangeFeed feed, StatusSweep sweeps, TimeProvider clock, ILogger<StatusWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.WatchAll();
        using var timer = new PeriodicTimer(sweeps.Every ?? Timeout.InfiniteTimeSpan, clock);
        var sweep = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        try
        {
            while (true)
            {
                var changed = subscription.Changes.WaitToReadAsync(stoppingToken).AsTask();
                var isSweep = await Task.WhenAny(sweep, changed) == sweep;
                var ids = new HashSet<string>(StringComparer.Ordinal);
                while (subscription.Changes.TryRead(out var change))
                {
                    ids.Add(change.IntegrationId);
                }

                if (isSweep)
                {
                    await sweep;
                    sweep = timer.WaitForNextTickAsync(stoppingToken).AsTask();
                    ids.UnionWith(await ListAsync(stoppingToken));
                }

                foreach (var id in ids)
                {
                    await NoteAsync(id, stoppingToken);
                }

                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start looks again.
        }
    }

    private async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await integrations.ListIdsAsync(cancellationToken);
        }
#pragma warning disable CA1031 // The store may be away for a while; the next look is soon.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailed(error, "*");
            return [];
        }
    }

    private async Task NoteAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await history.NoteAsync(id, cancellationToken);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailed(error, id);
        }
    }

    [LoggerMessage(2005, LogLevel.Warning, "The status of integration {IntegrationId} could not be noted; the next look is within seconds")]
    private partial void LogFailed(Exception error, string integrationId);
}
