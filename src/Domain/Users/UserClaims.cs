using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>What a user claims for itself: its user name and its primary identifier, which are unique, and what it is found by.</summary>
/// <param name="store">The record store.</param>
internal sealed class UserClaims(IRecordStore store)
{
    /// <summary>A new user name, and whatever else users are found by, goes over to the changed user.</summary>
    /// <returns>A refusal, or null.</returns>
    public async Task<UserWrite?> MoveUserNameAsync(
        IntegrationProfile profile, ScimResource before, ScimResource after, string id, List<RecordChange> changes, CancellationToken cancellationToken)
    {
        if (before.UserName != after.UserName && Rows.UserName(before.UserName!) is var oldRow && Rows.UserName(after.UserName!) is var newRow && oldRow != newRow)
        {
            if (await store.GetAsync(profile.Partition, newRow, cancellationToken) is not null)
            {
                return new UserWrite(UserWriteKind.Taken, Detail: $"A user with the userName '{after.UserName}' exists.");
            }

            changes.Add(RecordChange.DeleteIfExists(oldRow));
            changes.Add(RecordChange.Insert(newRow, System.Text.Encoding.ASCII.GetBytes(id)));
        }

        if (before.UserName == after.UserName && before.ExternalId == after.ExternalId && Equals(before["emails"], after["emails"]))
        {
            return null;
        }

        var oldRows = IndexRows(before, id);
        var newRows = IndexRows(after, id);
        changes.AddRange(oldRows.Except(newRows).Select(RecordChange.DeleteIfExists));
        changes.AddRange(newRows.Except(oldRows).Select(row => RecordChange.Upsert(row, default)));
        return null;
    }

    /// <summary>A new primary identifier is kept for this account from the wish until the app has it, so that nobody else gets it.</summary>
    /// <returns>A refusal, or null.</returns>
    public async Task<UserWrite?> ReserveAsync(
        IntegrationProfile profile, AppAccount account, string? before, string after, List<RecordChange> changes, CancellationToken cancellationToken)
    {
        if (before == after)
        {
            return null;
        }

        var oldKey = before is null ? account.Key : Ids.KeyOf(before);
        var newKey = Ids.KeyOf(after);
        if (newKey == oldKey)
        {
            return null;
        }

        if (newKey != account.Key)
        {
            var other = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(newKey), cancellationToken);
            if (other is not null && other.Value.ReservedFor != account.Key)
            {
                var owner = other.Value.ReservedFor is null ? await store.FindLiveUserAsync(profile.Partition, other.Value.UserId, cancellationToken) : null;
                if (other.Value.ReservedFor is not null || owner is not null || other.Value.State is not ProvisioningState.Deleted)
                {
                    return new UserWrite(UserWriteKind.Taken, Detail: $"Another user stands for the account '{after}'.");
                }
            }

            var reservation = new AppAccount { Key = newKey, Identifier = after, UserId = account.UserId, ReservedFor = account.Key };
            changes.Add(TypedRecords.Write(Rows.Account(newKey), reservation, other?.ETag));
        }

        if (oldKey != account.Key)
        {
            changes.Add(RecordChange.DeleteIfExists(Rows.Account(oldKey)));
        }

        return null;
    }

    /// <summary>
    /// The index rows of what need not be unique: externalId and e-mail addresses. An address that is the user name too
    /// has no row of its own: user names are indexed as it is, and rows with random keys are what a write costs most.
    /// </summary>
    public static List<string> IndexRows(ScimResource resource, string id)
    {
        var rows = new List<string>(3);
        if (resource.ExternalId is { Length: > 0 } externalId)
        {
            rows.Add(Rows.Index('e', externalId, id));
        }

        if (resource["emails"] is ScimArray emails)
        {
            var userName = Ids.Fold(resource.UserName ?? "");
            foreach (var email in emails)
            {
                if ((email as ScimComplex)?.GetString("value") is { Length: > 0 } address && Ids.Fold(address) != userName)
                {
                    var row = Rows.Index('m', address, id);
                    if (!rows.Contains(row))
                    {
                        rows.Add(row);
                    }
                }
            }
        }

        return rows;
    }
}
