using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>
/// Tells the log what the alerts of <c>infra/modules/alerts.bicep</c> look for: how long the oldest operation of each
/// lane has waited. The event ids are part of those queries.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class QueueWatch(IRecordStore store, IntegrationStore integrations, TimeProvider clock, ILogger<QueueWatch> logger)
{
    /// <summary>Every minute.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when every lane was looked at.</returns>
    [Function("queue-watch")]
    public async Task RunAsync([TimerTrigger("30 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        foreach (var id in await integrations.ListIdsAsync(cancellationToken))
        {
            var queued = await store.QueryAsync(Rows.Partition(id), RowRange.Prefix(Rows.Queue), 64, null, cancellationToken);
            if (queued.Records.Count == 0)
            {
                continue;
            }

            // q:{priority}:{time}:{operation}, the time in hexadecimal milliseconds.
            var oldest = queued.Records.Min(record => Convert.ToInt64(record.Row.Split(':')[2], 16));
            var waited = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest);
            var paused = (await integrations.FindAsync(id, cancellationToken))?.Value.Paused is not null;
            LogQueue(id, (long)waited.TotalSeconds, queued.Records.Count.ToString(CultureInfo.InvariantCulture) + (queued.Continuation is null ? "" : "+"), paused);
        }
    }

    [LoggerMessage(4201, LogLevel.Information, "The oldest operation of integration {IntegrationId} has waited {WaitedSeconds} s; {Count} wait; paused: {Paused}")]
    private partial void LogQueue(string integrationId, long waitedSeconds, string count, bool paused);
}
