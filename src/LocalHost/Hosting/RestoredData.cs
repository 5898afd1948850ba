using IdLcm.Domain.Erasure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Hosting;

/// <summary>
/// A data directory that comes from a backup: what it knows of apps and of identity providers' wishes is old, so nothing is
/// written to any app before a person has looked; and what was erased since is erased again.
/// </summary>
internal static class RestoredData
{
    /// <summary>Lets every integration only observe, before anything of it runs, and erases again. An integration that observes already is left alone.</summary>
    /// <param name="services">The application's services; nothing of it has started.</param>
    /// <param name="cancellationToken">Cancels between integrations.</param>
    /// <returns>How many integrations wait to be promoted, and what came of erasing.</returns>
    public static async Task<(int Observing, ErasureReplayed Erasures)> PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var service = services.GetRequiredService<IntegrationService>();
        var ids = await services.GetRequiredService<IntegrationStore>().ListIdsAsync(cancellationToken);
        foreach (var id in ids)
        {
            await service.ObserveAsync(id, observe: true, "The data were restored from a backup.", new Provenance("restore", "system"), cancellationToken);
        }

        return (ids.Count, await services.GetRequiredService<ErasureReplay>().RunAsync(cancellationToken));
    }
}
