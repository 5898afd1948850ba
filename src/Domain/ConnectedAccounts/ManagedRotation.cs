using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>Opens the rotation of a managed password: one of an account at a time.</summary>
internal static class ManagedRotation
{
    /// <summary>Opens it, for an optimistic cycle.</summary>
    /// <param name="store">The record store.</param>
    /// <param name="profile">The integration.</param>
    /// <param name="found">The record as it was read; null where the account is not managed yet.</param>
    /// <param name="userId">The person's SCIM id.</param>
    /// <param name="identifier">What names the account in the app.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>Whether the commit went through, and the operation: the open one where one is.</returns>
    public static async Task<(bool Committed, string OperationId)> TryOpenAsync(
        IRecordStore store,
        IntegrationProfile profile,
        Versioned<ManagedPassword>? found,
        string userId,
        string identifier,
        Provenance by,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (found is not null && await store.FindAsync<Operation>(profile.Partition, Rows.Operation(found.Value.OperationId), cancellationToken) is { Value.Ended: false })
        {
            return (true, found.Value.OperationId);
        }

        var intake = new Intake(store, profile, by, now);
        intake.OpenForPerson(OperationKind.RotateAccountPassword, OperationPriority.Background, userId, identifier);
        var operationId = intake.OperationId!;
        var managed = (found?.Value ?? new ManagedPassword(userId, identifier, operationId)) with { UserName = identifier, OperationId = operationId };
        var result = await store.CommitAsync(
            profile.Partition, [.. intake.Changes, TypedRecords.Write(ManagedPassword.Row(userId), managed, found?.ETag)], cancellationToken);
        return (result.Committed, operationId);
    }
}
