using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Hosting;

/// <summary>
/// A data directory that comes from a backup: what it knows of apps and of identity providers' wishes is old, so nothing is
/// written to any app before a person has looked.
/// </summary>
internal static class RestoredData
{
    /// <summary>Lets every integration only observe, before anything of it runs. One that does already is left alone.</summary>
    /// <param name="services">The application's services; nothing of it has started.</param>
    /// <param name="cancellationToken">Cancels between integrations.</param>
    /// <returns>How many integrations wait to be promoted.</returns>
    public static async Task<int> ObserveAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var service = services.GetRequiredService<IntegrationService>();
        var ids = await services.GetRequiredService<IntegrationStore>().ListIdsAsync(cancellationToken);
        foreach (var id in ids)
        {
            await service.ObserveAsync(id, observe: true, "The data were restored from a backup.", new Provenance("restore", "system"), cancellationToken);
        }

        return ids.Count;
    }
}
