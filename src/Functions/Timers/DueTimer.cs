using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Claims;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>Does what falls due by the clock: scheduled syncs, rotations of passwords, deletions after some days, reminders of human tasks, the closing of integrations, notifications.</summary>
/// <param name="syncs">Schedules of syncs.</param>
/// <param name="rotations">Rotations that policies ask for.</param>
/// <param name="connected">Credentials of people who left.</param>
/// <param name="leavers">Leavers whose days are over.</param>
/// <param name="tasks">Human tasks.</param>
/// <param name="closing">Integrations that are being closed.</param>
/// <param name="notifications">What channels are to be told.</param>
/// <param name="mails">Claim links by e-mail.</param>
/// <param name="history">Remembers statuses.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="logger">The log.</param>
public sealed partial class DueTimer(
    SyncTimer syncs,
    RotationTimer rotations,
    ConnectedAccountService connected,
    LeaverWatch leavers,
    HumanTaskService tasks,
    IntegrationClosing closing,
    NotificationPump notifications,
    ClaimMails mails,
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
                await syncs.RunDueAsync(id, cancellationToken);
                await rotations.RunDueAsync(id, cancellationToken);
                await connected.RunDueAsync(id, cancellationToken);
                await leavers.RunDueAsync(id, cancellationToken);
                await tasks.RemindAsync(id, cancellationToken);
                await closing.RunDueAsync(id, cancellationToken);
                await notifications.RunDueAsync(id, cancellationToken);
                await mails.RunDueAsync(id, cancellationToken);
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
