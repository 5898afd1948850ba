using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Claims;

namespace IdLcm.Gateway.Hosting;

/// <summary>What falls due by the clock in an integration. Each edition calls it in its own way.</summary>
/// <param name="syncs">Schedules of syncs.</param>
/// <param name="rotations">Rotations that policies ask for.</param>
/// <param name="managed">Rotations of people's accounts that policies ask for.</param>
/// <param name="posture">What is wrong with service accounts' sign-ins.</param>
/// <param name="connected">Credentials of people who left.</param>
/// <param name="leavers">Leavers whose days are over.</param>
/// <param name="exemptions">Exemptions whose time is over.</param>
/// <param name="tasks">Reminders of human tasks.</param>
/// <param name="closing">Integrations that are being closed.</param>
/// <param name="mails">Claim links by e-mail.</param>
public sealed class DueTasks(
    SyncTimer syncs,
    RotationTimer rotations,
    ManagedPasswordService managed,
    PostureAlerts posture,
    ConnectedAccountService connected,
    LeaverWatch leavers,
    ExemptionEnds exemptions,
    HumanTaskService tasks,
    IntegrationClosing closing,
    ClaimMails mails)
{
    /// <summary>Begins everything that is due in an integration.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    /// <returns>A task that ends when everything was begun.</returns>
    public async Task RunAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        await syncs.RunDueAsync(integrationId, cancellationToken);
        await rotations.RunDueAsync(integrationId, cancellationToken);
        await managed.RunDueAsync(integrationId, cancellationToken);
        await posture.RunDueAsync(integrationId, cancellationToken);
        await connected.RunDueAsync(integrationId, cancellationToken);
        await leavers.RunDueAsync(integrationId, cancellationToken);
        await exemptions.RunDueAsync(integrationId, cancellationToken);
        await tasks.RemindAsync(integrationId, cancellationToken);
        await closing.RunDueAsync(integrationId, cancellationToken);
        await mails.RunDueAsync(integrationId, cancellationToken);
    }
}
