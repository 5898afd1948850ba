using IdLcm.Domain.Listing;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>Looks after memberships of those who were deleted: whatever is left of them goes.</summary>
/// <param name="store">The record store.</param>
/// <param name="clock">The clock.</param>
public sealed class MemberCare(IRecordStore store, TimeProvider clock)
{
    private readonly Memberships memberships = new(store);

    /// <summary>Ends what memberships a deleted resource still has.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="kind">What it was.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when there are none.</returns>
    public Task RemovedAsync(string integrationId, Listed kind, string id, CancellationToken cancellationToken = default) =>
        memberships.SweepAsync(Rows.Partition(integrationId), id, clock.GetUtcNow(), cancellationToken);
}
