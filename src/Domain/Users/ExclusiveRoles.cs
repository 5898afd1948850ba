using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>
/// Who holds the roles that only one person may hold. The row of such a role names who claimed it last; whether they still
/// have it is looked up when somebody else wants it, so nothing has to be given back.
/// </summary>
/// <param name="store">The record store.</param>
internal sealed class ExclusiveRoles(IRecordStore store)
{
    /// <summary>Claims the exclusive roles that a wish names.</summary>
    /// <returns>A refusal that names the holder, or null.</returns>
    public async Task<UserWrite?> ClaimAsync(
        IntegrationProfile profile, ScimResource resource, UserRecord user, List<RecordChange> changes, CancellationToken cancellationToken)
    {
        if (!user.Active || !profile.Schema.Roles.Any(role => role.Exclusive))
        {
            return null;
        }

        foreach (var role in Among(profile, DesiredAccount.RolesOf(profile, resource)))
        {
            var row = Rows.RoleHolder(role);
            var claim = await store.GetAsync(profile.Partition, row, cancellationToken);
            var holder = claim is null ? null : Encoding.ASCII.GetString(claim.Value.Span);
            if (holder is not null && holder != user.Id && await HeldByAsync(profile, holder, role, cancellationToken) is { } name)
            {
                return new UserWrite(
                    UserWriteKind.Invalid, Detail: $"Only one person may hold the role '{role}' of {profile.Manifest.AppName}, and '{name}' holds it: take it from them first.");
            }

            if (holder != user.Id)
            {
                var value = Encoding.ASCII.GetBytes(user.Id);
                changes.Add(claim is null ? RecordChange.Insert(row, value) : RecordChange.Replace(row, value, claim.ETag));
            }
        }

        return null;
    }

    /// <summary>The changes that note who holds exclusive roles in the app.</summary>
    public static IEnumerable<RecordChange> Seen(IntegrationProfile profile, ObservedAccount seen, string userId) =>
        seen.Active ? Among(profile, seen.Roles).Select(role => RecordChange.Upsert(Rows.RoleHolder(role), Encoding.ASCII.GetBytes(userId))) : [];

    private static IEnumerable<string> Among(IntegrationProfile profile, IReadOnlyList<string> roles) =>
        profile.Schema.Roles.Where(option => option.Exclusive && roles.Contains(option.Value, StringComparer.OrdinalIgnoreCase)).Select(option => option.Value);

    private async Task<string?> HeldByAsync(IntegrationProfile profile, string userId, string role, CancellationToken cancellationToken)
    {
        if ((await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken))?.Value is not { Active: true } user)
        {
            return null;
        }

        var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType);
        var wished = DesiredAccount.RolesOf(profile, resource);
        var roles = wished.Count > 0 ? wished
            : (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value.Observed is { Active: true } seen ? seen.Roles : [];
        return roles.Contains(role, StringComparer.OrdinalIgnoreCase) ? resource.UserName : null;
    }
}
