using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using Microsoft.Azure.Functions.Worker;

namespace IdLcm.Functions.Timers;

/// <summary>Trims activity that is past an integration's retention, and deletes old plans of syncs.</summary>
/// <param name="log">The activity.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="blobs">The plans.</param>
/// <param name="clock">The clock.</param>
public sealed class TrimTimer(ActivityLog log, IntegrationStore integrations, IBlobStore blobs, TimeProvider clock)
{
    private static readonly TimeSpan PlanRetention = TimeSpan.FromDays(90);

    /// <summary>Every hour.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    /// <returns>A task that ends when everything was trimmed.</returns>
    [Function("trim")]
    public async Task RunAsync([TimerTrigger("0 41 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var integration in await integrations.ListAsync(cancellationToken))
        {
            if (integration.ActivityDays is { } days)
            {
                await log.TrimAsync(integration.Id, now.AddDays(-days), now, cancellationToken);
            }
        }

        await blobs.SweepAsync(SyncPlanRecord.Container, now - PlanRetention, long.MaxValue, cancellationToken);
    }
}
