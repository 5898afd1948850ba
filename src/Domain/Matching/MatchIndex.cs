using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Matching;

/// <summary>
/// Finds the unmatched account that a new person stands for when the primary identifier names none: one that a person
/// matched beforehand, else the only one that shows the same value of a configured attribute.
/// </summary>
internal static class MatchIndex
{
    private const char Index = 'k';

    /// <summary>The row of a match that a person made for somebody who is still to come.</summary>
    public static string AwaitedRow(string userName) => "x:w:" + Ids.KeyOf(userName);

    /// <summary>The rows by which an unmatched account is found.</summary>
    public static IEnumerable<RecordChange> Rows(IntegrationProfile profile, ObservedAccount seen, string userId) =>
        from name in profile.Integration.MatchBy
        let text = AttributeValues.Text(seen.Attributes[name])?.Trim()
        where text is { Length: > 0 }
        select RecordChange.Upsert(Operations.Rows.Index(Index, Value(name, text), userId), default);

    /// <summary>Finds the account that a new person stands for.</summary>
    /// <returns>The unmatched user, or null.</returns>
    public static async Task<Versioned<UserRecord>?> FindAsync(IRecordStore store, IntegrationProfile profile, ScimResource resource, CancellationToken cancellationToken)
    {
        if (profile.Integration.AwaitsMatches && await store.GetAsync(profile.Partition, AwaitedRow(resource.UserName!), cancellationToken) is { } awaited
            && await UnmatchedAsync(store, profile, Encoding.ASCII.GetString(awaited.Value.Span), cancellationToken) is { } chosen)
        {
            return chosen;
        }

        var desired = DesiredAccount.Of(profile, resource);
        foreach (var name in profile.Integration.MatchBy)
        {
            if (AttributeValues.Text(desired.Attributes[name])?.Trim() is not { Length: > 0 } text)
            {
                continue;
            }

            var prefix = Operations.Rows.IndexPrefix(Index, Value(name, text));
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), 16, null, cancellationToken);
            var candidates = new List<Versioned<UserRecord>>();
            foreach (var row in page.Records)
            {
                if (await UnmatchedAsync(store, profile, row.Row[prefix.Length..], cancellationToken) is { } candidate)
                {
                    candidates.Add(candidate);
                }
            }

            // Two people of one name are for a person to tell apart.
            if (candidates is [var only])
            {
                return only;
            }
        }

        return null;
    }

    private static async Task<Versioned<UserRecord>?> UnmatchedAsync(IRecordStore store, IntegrationProfile profile, string userId, CancellationToken cancellationToken) =>
        await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is { Value.Owned: false } unmatched ? unmatched : null;

    private static string Value(string name, string text) => $"{name}\n{text}";
}
