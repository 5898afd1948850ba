using IdLcm.Domain.Users;

namespace IdLcm.Domain.Access;

/// <summary>A role or entitlement that an account has in the app, and why.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Since">When the app first showed it.</param>
/// <param name="OperationId">The operation that proved it first; null where a sync found it.</param>
/// <param name="By">Who asked for that operation; <c>found in the app</c> where nobody here did.</param>
public sealed record AccessGrant(string Value, DateTimeOffset Since, string? OperationId, string By);

/// <summary>Keeps up since when and why accounts have what they have.</summary>
internal static class AccessGrants
{
    /// <summary>Who gave what a sync finds.</summary>
    public const string Found = "found in the app";

    /// <summary>The grants after a read of the app.</summary>
    public static AppAccount Follow(AppAccount account, string? operationId, string by)
    {
        if (account.Observed is not { } seen)
        {
            return account.Grants.Count == 0 ? account : account with { Grants = [] };
        }

        var known = account.Grants.ToDictionary(grant => grant.Value, StringComparer.OrdinalIgnoreCase);
        return account with
        {
            Grants = [.. Sync.SyncComparison.Assignments(seen).Select(value => known.GetValueOrDefault(value) ?? new AccessGrant(value, seen.SeenAt, operationId, by))],
        };
    }
}
