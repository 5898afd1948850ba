namespace IdLcm.Domain.Activity;

/// <summary>
/// Keeps the heads of activity chains where who may write records cannot change them: an append-only blob in the Azure
/// edition. Optional; without one, a chain proves its inner consistency only.
/// </summary>
public interface IChainAnchor
{
    /// <summary>Keeps a head for good. The same head may be appended twice.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="head">The head of its chain, sealed already.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when it is durable.</returns>
    Task AppendAsync(string integrationId, ActivityHead head, CancellationToken cancellationToken = default);

    /// <summary>Reads every head that was kept, in the order of appending.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The heads.</returns>
    IAsyncEnumerable<ActivityHead> ReadAsync(string integrationId, CancellationToken cancellationToken = default);
}
