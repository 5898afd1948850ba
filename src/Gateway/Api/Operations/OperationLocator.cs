using System.Collections.Concurrent;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;

namespace IdLcm.Gateway.Api;

/// <summary>
/// Finds operations by their id alone. Each integration keeps its own, so the caller's integrations are asked in turn,
/// one point read each; where an operation was found is remembered, for it never moves.
/// </summary>
internal sealed class OperationLocator(OperationService operations, IntegrationStore integrations)
{
    private const int MaxRemembered = 50_000;

    private readonly ConcurrentDictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>Finds an operation that the caller may see.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="operationId">The operation; any text.</param>
    /// <param name="integrationId">Its integration where the caller knows it; spares the search.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The operation, or null.</returns>
    public async Task<Operation?> FindAsync(ApiCaller caller, string operationId, string? integrationId, CancellationToken cancellationToken)
    {
        if (!IntegrationStore.IsWellFormed(operationId))
        {
            return null;
        }

        if (!string.IsNullOrEmpty(integrationId) || known.TryGetValue(operationId, out integrationId))
        {
            return IntegrationStore.IsWellFormed(integrationId) && caller.MayUse(integrationId)
                ? await operations.FindAsync(integrationId, operationId, cancellationToken)
                : null;
        }

        foreach (var candidate in caller.Confinement ?? await integrations.ListIdsAsync(cancellationToken))
        {
            if (await operations.FindAsync(candidate, operationId, cancellationToken) is { } found)
            {
                if (known.Count >= MaxRemembered)
                {
                    known.Clear();
                }

                known[operationId] = candidate;
                return found;
            }
        }

        return null;
    }
}
