using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Access;

/// <summary>What one account has in the app, and why.</summary>
/// <param name="UserId">The SCIM user.</param>
/// <param name="UserName">The user's name.</param>
/// <param name="UpstreamUserId">The externalId; null where no identity provider gave one.</param>
/// <param name="UsernameInApp">The primary identifier in the app.</param>
/// <param name="Active">True when the account can be used.</param>
/// <param name="Owned">True when an identity provider stands behind it.</param>
/// <param name="Value">The role or entitlement; null for an account that has none.</param>
/// <param name="Since">When the app first showed it.</param>
/// <param name="OperationId">The operation that proved it first; null where a sync found it.</param>
/// <param name="By">Who asked for it.</param>
/// <param name="ProvedAt">When the app was last read and showed it.</param>
public sealed record AccessLine(
    string UserId, string? UserName, string? UpstreamUserId, string UsernameInApp, bool Active, bool Owned, string? Value, DateTimeOffset? Since, string? OperationId, string? By, DateTimeOffset ProvedAt);

/// <summary>Tells who has access, to what, since when and why, out of the records.</summary>
/// <param name="store">The record store.</param>
public sealed class AccessReport(IRecordStore store)
{
    /// <summary>Reads what accounts have, in the order of their keys.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>A line for each role or entitlement of each account, and one for an account without any.</returns>
    public async IAsyncEnumerable<AccessLine> ReadAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Rows.Accounts), 250, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var account = DomainJson.Decode<AppAccount>(record.Value);
                if (account.Observed is not { } seen || (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value is not { } user)
                {
                    continue;
                }

                var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id);
                var line = new AccessLine(
                    user.Id, resource.UserName, resource.ExternalId, seen.Identifier, seen.Active, user.Owned && user.DeletedAt is null, null, null, null, null, seen.SeenAt);
                if (account.Grants.Count == 0)
                {
                    yield return line;
                }

                foreach (var grant in account.Grants)
                {
                    yield return line with { Value = grant.Value, Since = grant.Since, OperationId = grant.OperationId, By = grant.By };
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }
}
