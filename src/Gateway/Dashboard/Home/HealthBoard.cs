using System.Collections.Concurrent;
using System.Threading.Channels;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// Keeps the health of every integration at hand: counted anew when the feed tells of a change, and beside the next view
/// after a minute, for another process may have worked.
/// </summary>
internal sealed partial class HealthBoard(
    IntegrationStore integrations,
    HealthCount count,
    ChangeFeed feed,
    TimeProvider clock,
    ILogger<HealthBoard> logger) : BackgroundService
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxStale = TimeSpan.FromHours(1);

    private readonly Channel<string> stale = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, DateTimeOffset> changed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry> known = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource counted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the first count after the start, whether it succeeded or not.</summary>
    public Task Counted => counted.Task;

    /// <summary>The health of an integration.</summary>
    public async ValueTask<IntegrationHealth> OfAsync(string integrationId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (!known.TryGetValue(integrationId, out var entry) || entry.Version != feed.VersionOf(integrationId) || now - entry.At >= MaxStale)
        {
            return await RenewAsync(integrationId, now, cancellationToken);
        }

        if (now - entry.At >= MaxAge)
        {
            // Nobody waits for what is most likely the same again: it is there for the next view.
            known[integrationId] = entry with { At = now };
            stale.Writer.TryWrite(integrationId);
        }

        return entry.Health;
    }

    /// <summary>The health of an integration; null while the first count after the start has not come to it, for nobody waits for all of them.</summary>
    public async ValueTask<IntegrationHealth?> FindAsync(string integrationId, CancellationToken cancellationToken) =>
        !counted.Task.IsCompleted && !known.ContainsKey(integrationId) ? null : await OfAsync(integrationId, cancellationToken);

    /// <summary>True when something has changed since a moment; false where this process knows of nothing.</summary>
    public bool HasChangedSince(string integrationId, DateTimeOffset moment) => changed.TryGetValue(integrationId, out var at) && at >= moment;

    /// <summary>True when some integration has changed since a moment.</summary>
    public bool HasChangedSince(DateTimeOffset moment) => changed.Values.Any(at => at >= moment);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(ListenAsync(stoppingToken), RenewStaleAsync(stoppingToken));

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.WatchAll();
        try
        {
            while (true)
            {
                changed[(await subscription.Changes.ReadAsync(stoppingToken)).IntegrationId] = clock.GetUtcNow();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    /// <summary>Counts every integration once, and then what has grown old.</summary>
    private async Task RenewStaleAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var id in await integrations.ListIdsAsync(stoppingToken))
            {
                var began = clock.GetTimestamp();
                await RenewAsync(id, clock.GetUtcNow(), stoppingToken);

                // Whoever calls the gateway right after its start comes first.
                await Task.Delay(clock.GetElapsedTime(began), clock, stoppingToken);
            }

            counted.TrySetResult();
            await foreach (var id in stale.Reader.ReadAllAsync(stoppingToken))
            {
                await RenewAsync(id, clock.GetUtcNow(), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        catch (RecordStoreUnavailableException error)
        {
            LogUnavailable(error);
        }
        finally
        {
            // Views count for themselves from now on.
            counted.TrySetResult();
        }
    }

    private async Task<IntegrationHealth> RenewAsync(string integrationId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Read before the records are: a change that comes while they are counted makes the count old at once.
        var version = feed.VersionOf(integrationId);
        var last = known.TryGetValue(integrationId, out var entry) && entry.Version == version ? entry.Health : null;
        var health = await count.CountAsync(integrationId, last, now, cancellationToken);
        known[integrationId] = new Entry(health, now, version);
        return health;
    }

    [LoggerMessage(2305, LogLevel.Warning, "The health of integrations cannot be counted ahead: the store is not available")]
    private partial void LogUnavailable(Exception error);

    /// <summary>What was counted of an integration, when, and the version of the feed that it is as of.</summary>
    private sealed record Entry(IntegrationHealth Health, DateTimeOffset At, long Version);
}
