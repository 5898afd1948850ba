using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Timers;

/// <summary>Seals activity into the hash chain, keeps the counted directories, rolls change sets of groups forward.</summary>
/// <param name="log">The activity.</param>
/// <param name="keeper">The directories.</param>
/// <param name="groups">The groups' mappings and change sets.</param>
/// <param name="care">Memberships of those who were deleted.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="pace">How often the quiet ones are looked after.</param>
/// <param name="logger">The log.</param>
public sealed partial class UpkeepTimer(
    ActivityLog log,
    ListingKeeper keeper,
    GroupMappings groups,
    MemberCare care,
    IntegrationStore integrations,
    IdlePace pace,
    ILogger<UpkeepTimer> logger)
{
    /// <summary>Every five seconds.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when everything was looked after.</returns>
    [Function("upkeep")]
    public async Task RunAsync([TimerTrigger("*/5 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        var ids = await pace.IntegrationsAsync(integrations, cancellationToken);
        if (pace.IsDue(ActivityLog.Workspace))
        {
            pace.Looked(ActivityLog.Workspace, await log.SealAsync(ActivityLog.Workspace, cancellationToken) > 0);
        }

        foreach (var id in ids)
        {
            if (!pace.IsDue(id))
            {
                continue;
            }

            try
            {
                var was = await log.SealAsync(id, cancellationToken);
                await groups.FollowAsync(id, cancellationToken);
                await keeper.KeepAsync(id, (kind, removed) => care.RemovedAsync(id, kind, removed, cancellationToken), cancellationToken);

                // Whatever changes anything writes activity too.
                pace.Looked(id, was > 0);
            }
#pragma warning disable CA1031 // One integration's trouble must not stop the others; the next turn tries again.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(id, error);
            }
        }
    }

    [LoggerMessage(4102, LogLevel.Error, "Activity, directories or groups of integration {IntegrationId} could not be kept up; it is tried again within seconds")]
    private partial void LogFailed(string integrationId, Exception error);
}
