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
    /// <summary>A page that finds little ends after so many accounts, with a key to go on from, rather than keep its reader waiting.</summary>
    private const int MaxExamined = 10_000;

    private const int PageRows = 250;

    /// <summary>Reads what accounts have, in the order of their keys.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>A line for each role or entitlement of each account, and one for an account without any.</returns>
    public async IAsyncEnumerable<AccessLine> ReadAsync(
        IntegrationProfile profile, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        await foreach (var account in AccountsAsync(profile, null, cancellationToken))
        {
            foreach (var line in await LinesAsync(profile, account, cancellationToken))
            {
                yield return line;
            }
        }
    }

    /// <summary>Reads a page of it. The lines of one account are never parted.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="wanted">Which lines.</param>
    /// <param name="limit">After how many lines the page ends, with the account that it is at.</param>
    /// <param name="afterKey">The key of the last account of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The lines, and the key to go on from; null at the end.</returns>
    public async Task<(IReadOnlyList<AccessLine> Lines, string? NextKey)> PageAsync(
        IntegrationProfile profile, Func<AccessLine, bool> wanted, int limit, string? afterKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(wanted);
        var found = new List<AccessLine>();
        var examined = 0;
        var last = afterKey;
        await foreach (var account in AccountsAsync(profile, afterKey, cancellationToken))
        {
            if (found.Count >= limit || ++examined > MaxExamined)
            {
                return (found, last);
            }

            last = account.Key;
            found.AddRange((await LinesAsync(profile, account, cancellationToken)).Where(wanted));
        }

        return (found, null);
    }

    /// <summary>Counts lines, among those of so many accounts at the most.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="wanted">Which lines.</param>
    /// <param name="maxExamined">The most accounts to look at.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many, and whether every account was looked at.</returns>
    public async Task<(int Count, bool IsAll)> CountAsync(IntegrationProfile profile, Func<AccessLine, bool> wanted, int maxExamined, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(wanted);
        var (count, examined) = (0, 0);
        await foreach (var account in AccountsAsync(profile, null, cancellationToken))
        {
            if (++examined > maxExamined)
            {
                return (count, false);
            }

            count += (await LinesAsync(profile, account, cancellationToken)).Count(wanted);
        }

        return (count, true);
    }

    /// <summary>Counts who has each role or entitlement, among so many accounts at the most.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="maxExamined">The most accounts to look at.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>How many accounts have each value, whatever its letter case, and whether every account was looked at.</returns>
    public async Task<(IReadOnlyDictionary<string, int> Holders, bool IsAll)> HoldersAsync(IntegrationProfile profile, int maxExamined, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var holders = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var examined = 0;
        await foreach (var account in AccountsAsync(profile, null, cancellationToken))
        {
            if (++examined > maxExamined)
            {
                return (holders, false);
            }

            foreach (var value in account.Observed is null ? [] : account.Grants.Select(grant => grant.Value).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                holders[value] = holders.GetValueOrDefault(value) + 1;
            }
        }

        return (holders, true);
    }

    /// <summary>Reads what the account of one user has.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The lines; none where the app shows no account of theirs.</returns>
    public async Task<IReadOnlyList<AccessLine>> OfUserAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return IntegrationStore.IsWellFormed(userId)
            && (await store.FindUserAsync(profile.Partition, userId, cancellationToken))?.Value is { } user
            && (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value is { } account
            && account.UserId == user.Id
                ? await LinesAsync(profile, account, cancellationToken)
                : [];
    }

    private async IAsyncEnumerable<AppAccount> AccountsAsync(
        IntegrationProfile profile, string? afterKey, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var range = afterKey is null ? RowRange.Prefix(Rows.Accounts) : RowRange.PrefixAfter(Rows.Accounts, Rows.Account(afterKey));
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, range, PageRows, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                yield return DomainJson.Decode<AppAccount>(record.Value);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private async Task<IReadOnlyList<AccessLine>> LinesAsync(IntegrationProfile profile, AppAccount account, CancellationToken cancellationToken)
    {
        if (account.Observed is not { } seen || (await store.FindUserAsync(profile.Partition, account.UserId, cancellationToken))?.Value is not { } user)
        {
            return [];
        }

        var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id);
        var line = new AccessLine(
            user.Id, resource.UserName, resource.ExternalId, seen.Identifier, seen.Active, user.Owned && user.DeletedAt is null, null, null, null, null, seen.SeenAt);
        return account.Grants.Count == 0
            ? [line]
            : [.. account.Grants.Select(grant => line with { Value = grant.Value, Since = grant.Since, OperationId = grant.OperationId, By = grant.By })];
    }
}
