using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Erasure;

/// <summary>
/// Data that come from a backup: what they know of apps and of identity providers' wishes is old, so nothing is written to
/// any app before a person has looked; and what was erased since is erased again.
/// </summary>
/// <param name="integrations">The integrations.</param>
/// <param name="service">Lets them observe.</param>
/// <param name="erasures">Erases again.</param>
public sealed class RestoredData(IntegrationStore integrations, IntegrationService service, ErasureReplay erasures)
{
    /// <summary>Lets every integration only observe. One that observes already is left alone.</summary>
    /// <param name="cancellationToken">Cancels between integrations.</param>
    /// <returns>How many integrations wait to be promoted.</returns>
    public async Task<int> ObserveAsync(CancellationToken cancellationToken = default)
    {
        var ids = await integrations.ListIdsAsync(cancellationToken);
        foreach (var id in ids)
        {
            await service.ObserveAsync(id, observe: true, "The data were restored from a backup.", new Provenance("restore", "system"), cancellationToken);
        }

        return ids.Count;
    }

    /// <summary>Lets every integration only observe, before anything of it runs, and erases again.</summary>
    /// <param name="cancellationToken">Cancels between integrations.</param>
    /// <returns>How many integrations wait to be promoted, and what came of erasing.</returns>
    /// <exception cref="InvalidDataException">The erasure ledger cannot be understood.</exception>
    public async Task<(int Observing, ErasureReplayed Erasures)> PrepareAsync(CancellationToken cancellationToken = default) =>
        (await ObserveAsync(cancellationToken), await erasures.RunAsync(cancellationToken));
}
