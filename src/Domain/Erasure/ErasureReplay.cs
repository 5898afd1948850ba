using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Erasure;

/// <summary>What came of erasing again.</summary>
/// <param name="Erased">How many people's data were erased.</param>
/// <param name="Left">How many are left, because an operation on their account was running when the backup was made.</param>
public sealed record ErasureReplayed(int Erased, int Left);

/// <summary>
/// Erases again, on a restored backup, the people whose data had been erased since it was made. Nothing is written to any
/// app: an account that is still there is found by the next sync, as one that nobody claims.
/// </summary>
/// <param name="ledger">Whose data were erased.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="store">The record store.</param>
/// <param name="users">Deletes those whom the backup knows as not deleted yet.</param>
/// <param name="operations">Cancels what waits for them.</param>
/// <param name="erasure">Erases.</param>
public sealed class ErasureReplay(
    IErasureLedger ledger, IntegrationProfiles profiles, IRecordStore store, UserService users, OperationService operations, PersonErasure erasure)
{
    private static readonly Provenance By = new("restore", "system");

    /// <summary>Goes through the whole ledger. Who is erased already, or unknown to the backup, is passed over.</summary>
    /// <param name="cancellationToken">Cancels between people; doing it again does the rest.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="InvalidDataException">The ledger cannot be understood.</exception>
    public async Task<ErasureReplayed> RunAsync(CancellationToken cancellationToken = default)
    {
        var (erased, left) = (0, 0);
        await foreach (var entry in ledger.ReadAsync(cancellationToken))
        {
            if (await profiles.FindAsync(entry.IntegrationId, cancellationToken) is not { } profile
                || (await store.FindUserAsync(profile.Partition, entry.UserId, cancellationToken))?.Value is not { } user || PersonErasure.IsErased(profile, user))
            {
                continue;
            }

            if (await FreeAsync(profile, user, cancellationToken) is not { } free)
            {
                left++;
                continue;
            }

            await erasure.RunAsync(profile, free, By, $"erased before on {entry.At:u}, and brought back by a backup", cancellationToken);
            erased++;
        }

        return new ErasureReplayed(erased, left);
    }

    /// <summary>Makes the person one who was deleted and for whom nothing waits; null while something runs.</summary>
    private async Task<UserRecord?> FreeAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken)
    {
        if (await IsRunningAsync(profile, user, cancellationToken))
        {
            return null;
        }

        if (user.DeletedAt is null)
        {
            await users.DeleteAsync(profile, user.Id, versions: null, By, cancellationToken);
        }

        if (await AccountAsync(profile, user, cancellationToken) is { OpenOperationId: { } waiting })
        {
            await operations.CancelAsync(profile, waiting, By, cancellationToken);
        }

        return (await store.FindUserAsync(profile.Partition, user.Id, cancellationToken))?.Value is { DeletedAt: not null } deleted
            && await AccountAsync(profile, user, cancellationToken) is null or { OpenOperationId: null } ? deleted : null;
    }

    private async Task<bool> IsRunningAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken) =>
        await AccountAsync(profile, user, cancellationToken) is { OpenOperationId: { } open }
        && await operations.FindAsync(profile.Integration.Id, open, cancellationToken) is { Status: OperationStatus.Running };

    private async Task<AppAccount?> AccountAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken) =>
        (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value is { } account && account.UserId == user.Id ? account : null;
}
