using IdLcm.Domain.Integrations;
using IdLcm.Domain.Workflows;

namespace IdLcm.Domain.Operations;

/// <summary>Opens a batch of failed operations again.</summary>
/// <param name="operations">The operations.</param>
/// <param name="profiles">The integrations.</param>
public sealed class ReopenActivity(OperationService operations, IntegrationProfiles profiles) : Activity<RetryRequest, int>
{
    /// <summary>The registered name.</summary>
    public const string ActivityName = "reopen-operations";

    /// <inheritdoc/>
    public override string Name => ActivityName;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(RetryRequest input, CancellationToken cancellationToken)
    {
        var opened = 0;
        if (await profiles.FindAsync(input.IntegrationId, cancellationToken) is { } profile)
        {
            foreach (var id in input.OperationIds)
            {
                if (await operations.FindAsync(input.IntegrationId, id, cancellationToken) is { } operation
                    && await operations.ReopenAsync(profile, operation, input.RequestedBy, cancellationToken) is not null)
                {
                    opened++;
                }
            }
        }

        return opened;
    }
}
