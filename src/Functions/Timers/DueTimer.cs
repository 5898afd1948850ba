using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Gateway.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>Does what falls due by the clock: scheduled syncs, rotations of passwords, deletions after some days, reminders of human tasks, the closing of integrations, notifications.</summary>
/// <param name="due">What falls due.</param>
/// <param name="notifications">What channels are to be told.</param>
/// <param name="history">Remembers statuses.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="logger">The log.</param>
public sealed partial class DueTimer(
    DueTasks due,
    NotificationPump notifications,
    StatusHistory history,
    IntegrationStore integrations,
    ILogger<DueTimer> logger)
{
    /// <summary>Every fifteen seconds.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when everything due was begun.</returns>
    [Function("due-work")]
    public async Task RunAsync([TimerTrigger("*/15 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        foreach (var id in await integrations.ListIdsAsync(cancellationToken))
        {
            try
            {
                await due.RunAsync(id, cancellationToken);
                await notifications.RunDueAsync(id, cancellationToken);
                await history.NoteAsync(id, cancellationToken);
            }
#pragma warning disable CA1031 // One integration's trouble must not stop the others; the next turn tries again.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(id, error);
            }
        }
    }

    [LoggerMessage(4103, LogLevel.Error, "Work of integration {IntegrationId} that is due could not be done; it is tried again within seconds")]
    private partial void LogFailed(string integrationId, Exception error);
}
