using System.Collections.Concurrent;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;

namespace IdLcm.Functions.Timers;

/// <summary>
/// Looks less and less often at integrations in which nothing happens: each look is paid for. Twice as long after each
/// look that found nothing, up to the set interval; at once again after one that found something.
/// </summary>
/// <param name="options">The longest interval.</param>
/// <param name="clock">The clock.</param>
public sealed class IdlePace(AzureEditionOptions options, TimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (DateTimeOffset NextAt, TimeSpan Wait)> looks = new(StringComparer.Ordinal);

    private volatile IReadOnlyList<string> known = [];

    /// <summary>The integrations; what was added by another process is among them after the set interval.</summary>
    /// <param name="integrations">The integrations.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>Their ids.</returns>
    public async ValueTask<IReadOnlyList<string>> IntegrationsAsync(IntegrationStore integrations, CancellationToken cancellationToken) =>
        IsDue(ActivityLog.Workspace) ? known = await integrations.ListIdsAsync(cancellationToken) : known;

    /// <summary>Whether it is time to look again.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>True to look.</returns>
    /// <remarks>A look that is further ahead than it was put off dates from before the clock was set back.</remarks>
    public bool IsDue(string integrationId) =>
        !looks.TryGetValue(integrationId, out var look) || clock.GetUtcNow() is var now && (look.NextAt <= now || look.NextAt - now > look.Wait);

    /// <summary>Notes what a look found.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="anything">True when there was something to do.</param>
    public void Looked(string integrationId, bool anything)
    {
        if (anything)
        {
            looks.TryRemove(integrationId, out _);
            return;
        }

        var now = clock.GetUtcNow();
        looks.AddOrUpdate(
            integrationId,
            _ => (now, First),
            (_, last) =>
            {
                var wait = last.Wait * 2 < options.IdleInterval ? last.Wait * 2 : options.IdleInterval;
                return (now + wait, wait);
            });
    }

    /// <summary>Notes that something happens in an integration: the next look is not put off.</summary>
    /// <param name="integrationId">The integration.</param>
    public void Stir(string integrationId) => looks.TryRemove(integrationId, out _);
}
