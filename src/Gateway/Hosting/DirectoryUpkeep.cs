using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting;

/// <summary>
/// Keeps the counted directories up, lets apps follow changed mappings, rolls change sets of groups forward, and ends memberships of those who were deleted.
/// A new change set is begun with at once; whatever a crash left is found within seconds.
/// </summary>
internal sealed partial class DirectoryUpkeep(
    ListingKeeper keeper,
    GroupMappings groups,
    GroupWork work,
    MemberCare care,
    IntegrationStore integrations,
    TimeProvider clock,
    ILogger<DirectoryUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(SweepAsync(stoppingToken), ListenAsync(stoppingToken));

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await groups.FollowAsync(await work.NextAsync(stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The sweep tries again; a change set stays until it is rolled forward.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                foreach (var id in await integrations.ListIdsAsync(stoppingToken))
                {
                    await groups.FollowAsync(id, stoppingToken);
                    await keeper.KeepAsync(id, (kind, removed) => care.RemovedAsync(id, kind, removed, stoppingToken), stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // As above.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }


    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(2003, LogLevel.Error, "Directories or groups could not be kept up; it is tried again within seconds")]
    private partial void LogFailed(Exception error);
}
