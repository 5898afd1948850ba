using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Api;

/// <summary>A user with its account, decoded.</summary>
/// <param name="User">The wish.</param>
/// <param name="Resource">The wish's attributes.</param>
/// <param name="Account">The account that it stands for; null where that stands for another user by now.</param>
internal sealed record ListedUser(UserRecord User, ScimResource Resource, AppAccount? Account)
{
    /// <summary>Where it stands. A deleted user whose account has found another owner is gone for good.</summary>
    public ProvisioningState? State => Account is null && User.DeletedAt is not null ? ProvisioningState.Deleted : Account?.State;

    public string? Email { get; } = EmailOf(Resource);

    public bool Matches(string? query) =>
        Filters.Contains(query, Resource.UserName, Resource.DisplayName, Email, Account?.Observed?.Identifier, Account?.Identifier, Resource.ExternalId, User.Id);

    private static string? EmailOf(ScimResource resource)
    {
        var emails = (resource["emails"] as ScimArray)?.OfType<ScimComplex>().ToList() ?? [];
        return (emails.Find(email => email.GetBoolean("primary") == true) ?? (emails.Count > 0 ? emails[0] : null))?.GetString("value");
    }
}

/// <summary>Lists the users of an integration with what the app shows of them, deleted ones at the end, in the order of their creation.</summary>
internal sealed class UserListing(IRecordStore store, UserService users, OperationService operations)
{
    private const int PageRows = 250;

    /// <summary>Begins the cursor of a page that ended among the deleted users, which are listed after the others.</summary>
    private const string DeletedCursor = "d-";

    /// <summary>A page that finds little ends after so many users, with a cursor, rather than keep its reader waiting.</summary>
    public const int MaxExamined = 5_000;

    /// <summary>Reads a page; only of users whom an identity provider claims or does not, where <paramref name="owned"/> is given.</summary>
    public Task<Page<UserResource>> ListAsync(
        IntegrationProfile profile, string? query, IReadOnlyCollection<ProvisioningState>? states, PageRequest page, CancellationToken cancellationToken, bool? owned = null) =>
        ListAsync(profile, query, states, page, new SearchBudget(MaxExamined), cancellationToken, owned);

    /// <summary>Reads a page, and looks at no more users than the budget allows: the page ends then, with a cursor.</summary>
    public async Task<Page<UserResource>> ListAsync(
        IntegrationProfile profile, string? query, IReadOnlyCollection<ProvisioningState>? states, PageRequest page, SearchBudget budget, CancellationToken cancellationToken, bool? owned = null)
    {
        if (page.Cursor is null && query?.Contains('@') == true && await FindExactAsync(profile, query, cancellationToken) is { Count: > 0 } exact)
        {
            return new Page<UserResource>([.. exact.Where(listed => IsWanted(listed, states, owned)).Take(page.Limit).Select(Show)], null);
        }

        var found = new List<UserResource>(page.Limit);
        var raw = RawText.For(query);
        var (after, last) = (page.Cursor, page.Cursor);
        foreach (var range in Ranges(page.Cursor))
        {
            string? continuation = null;
            do
            {
                var rows = await store.QueryAsync(profile.Partition, range, PageRows, continuation, cancellationToken);
                foreach (var row in rows.Records)
                {
                    if (!budget.TrySpend())
                    {
                        return new Page<UserResource>(found, after);
                    }

                    after = CursorOf(row.Row);
                    if (await ReadAsync(profile, row, raw, cancellationToken) is not { } listed || !listed.Matches(query) || !IsWanted(listed, states, owned))
                    {
                        continue;
                    }

                    if (found.Count == page.Limit)
                    {
                        return new Page<UserResource>(found, last);
                    }

                    found.Add(Show(listed));
                    last = after;
                }

                continuation = rows.Continuation;
            }
            while (continuation is not null);
        }

        return new Page<UserResource>(found, null);
    }

    /// <summary>Whom a whole user name or e-mail address names: found at once, at any size of the integration.</summary>
    public async Task<IReadOnlyList<UserResource>> NamedAsync(IntegrationProfile profile, string name, CancellationToken cancellationToken) =>
        [.. (await FindExactAsync(profile, name, cancellationToken)).Select(Show)];

    /// <summary>Counts who matches, among so many users at the most.</summary>
    /// <returns>The number, and whether everybody was looked at.</returns>
    public async Task<(int Count, bool IsAll)> CountAsync(
        IntegrationProfile profile, string? query, IReadOnlyCollection<ProvisioningState>? states, int maxExamined, CancellationToken cancellationToken, bool? owned = null)
    {
        if (query?.Contains('@') == true && await FindExactAsync(profile, query, cancellationToken) is { Count: > 0 } exact)
        {
            return (exact.Count(listed => IsWanted(listed, states, owned)), true);
        }

        var raw = RawText.For(query);
        var (count, examined) = (0, 0);
        foreach (var range in Ranges(null))
        {
            await foreach (var row in store.ScanAsync(profile.Partition, range, cancellationToken))
            {
                if (++examined > maxExamined)
                {
                    return (count, false);
                }

                count += await ReadAsync(profile, row, raw, cancellationToken) is { } listed && listed.Matches(query) && IsWanted(listed, states, owned) ? 1 : 0;
            }
        }

        return (count, true);
    }

    private static bool IsWanted(ListedUser listed, IReadOnlyCollection<ProvisioningState>? states, bool? owned) =>
        (owned is null || (listed.User.Owned == owned && listed.User.DeletedAt is null)) && (states is null || (listed.State is { } state && states.Contains(state)));

    private static IEnumerable<RowRange> Ranges(string? cursor)
    {
        if (cursor?.StartsWith(DeletedCursor, StringComparison.Ordinal) == true)
        {
            return [RowRange.PrefixAfter(Rows.DeletedUsers, Rows.DeletedUser(cursor[DeletedCursor.Length..]))];
        }

        var live = cursor is null ? RowRange.Prefix(Rows.Users) : RowRange.PrefixAfter(Rows.Users, Rows.User(cursor));
        return [live, RowRange.Prefix(Rows.DeletedUsers)];
    }

    private static string CursorOf(string row) => row.StartsWith(Rows.DeletedUsers, StringComparison.Ordinal)
        ? DeletedCursor + row[Rows.DeletedUsers.Length..]
        : row[Rows.Users.Length..];

    /// <summary>Finds one user by its SCIM id or its user name.</summary>
    public async Task<UserDetails?> FindAsync(IntegrationProfile profile, string idOrUserName, CancellationToken cancellationToken)
    {
        var user = IntegrationStore.IsWellFormed(idOrUserName)
            ? (await store.FindUserAsync(profile.Partition, idOrUserName, cancellationToken))?.Value
            : null;
        user ??= await users.FindByUserNameAsync(profile, idOrUserName, cancellationToken);
        return user is null ? null : await DetailAsync(profile, await DecodeAsync(profile, user, cancellationToken), cancellationToken);
    }

    /// <summary>A whole user name or e-mail address names its holders at once, at any size of the integration.</summary>
    private async Task<List<ListedUser>> FindExactAsync(IntegrationProfile profile, string query, CancellationToken cancellationToken)
    {
        var found = new List<ListedUser>();
        foreach (var user in await users.FindByIndexAsync(profile, 'm', query, cancellationToken))
        {
            found.Add(await DecodeAsync(profile, user, cancellationToken));
        }

        return found;
    }

    /// <summary>Decodes a user, unless neither its record nor its account's can hold what is searched for.</summary>
    private async ValueTask<ListedUser?> ReadAsync(IntegrationProfile profile, StoredRecord row, RawText? raw, CancellationToken cancellationToken)
    {
        var user = UserRecords.Decode(row.Value);
        var account = await store.GetAsync(profile.Partition, Rows.Account(user.AccountKey), cancellationToken);
        return raw is null || raw.IsIn(row.Value.Span) || (account is not null && raw.IsIn(account.Value.Span)) ? Decode(profile, user, account) : null;
    }

    private async Task<ListedUser> DecodeAsync(IntegrationProfile profile, UserRecord user, CancellationToken cancellationToken) =>
        Decode(profile, user, await store.GetAsync(profile.Partition, Rows.Account(user.AccountKey), cancellationToken));

    private static ListedUser Decode(IntegrationProfile profile, UserRecord user, StoredRecord? record)
    {
        var account = record is null ? null : DomainJson.Decode<AppAccount>(record.Value);
        return new ListedUser(user, ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id), account?.UserId == user.Id ? account : null);
    }

    private static UserResource Show(ListedUser listed)
    {
        var account = listed.Account;
        return new UserResource
        {
            Id = listed.User.Id,
            UserName = listed.Resource.UserName ?? "",
            UsernameInApp = account?.Observed?.Identifier,
            DisplayName = listed.Resource.DisplayName,
            Email = listed.Email,
            Roles = account?.Observed?.Roles ?? [],
            ActiveInApp = account?.Observed?.Active ?? false,
            StatusInApp = account?.Observed?.Status,
            UpstreamUserId = listed.Resource.ExternalId,
            Owned = listed.User.Owned,
            ProvisioningState = listed.State,
            LastUpdated = account is not null && account.StateChangedAt > listed.User.ModifiedAt ? account.StateChangedAt : listed.User.ModifiedAt,
            LastOperationId = account?.LastOperationId,
            OpenOperationId = account?.OpenOperationId,
            Failure = FailureResource.Of(account?.LastFailure),
            DeleteDueAt = account?.DeleteDueAt is { } due && due < DateTimeOffset.MaxValue ? due : null,
            Revoked = account?.Revoked,
            Deleted = listed.User.DeletedAt is not null,
        };
    }

    private async Task<UserDetails> DetailAsync(IntegrationProfile profile, ListedUser listed, CancellationToken cancellationToken)
    {
        var account = listed.Account;
        var desired = DesiredAccount.Of(profile, listed.Resource);
        var recent = new List<OperationResource>();
        foreach (var id in account?.RecentOperations ?? [])
        {
            if (await operations.FindAsync(profile.Integration.Id, id, cancellationToken) is { } operation)
            {
                recent.Add(new OperationResource(operation));
            }
        }

        var show = Show(listed);
        return new UserDetails
        {
            Id = show.Id,
            UserName = show.UserName,
            UsernameInApp = show.UsernameInApp,
            DisplayName = show.DisplayName,
            Email = show.Email,
            Roles = show.Roles,
            ActiveInApp = show.ActiveInApp,
            StatusInApp = show.StatusInApp,
            UpstreamUserId = show.UpstreamUserId,
            Owned = show.Owned,
            ProvisioningState = show.ProvisioningState,
            LastUpdated = show.LastUpdated,
            LastOperationId = show.LastOperationId,
            OpenOperationId = show.OpenOperationId,
            Failure = show.Failure,
            DeleteDueAt = show.DeleteDueAt,
            Revoked = show.Revoked,
            Deleted = show.Deleted,
            CreatedAt = listed.User.CreatedAt,
            Desired = new DesiredResource(
                listed.User.Generation, account?.SatisfiedGeneration ?? 0, listed.User.Active && !show.Deleted, desired.Roles, Visible(profile, desired.Attributes)),
            Observed = account?.Observed is { } seen
                ? new ObservedResource(seen.Identifier, seen.Status, seen.Roles, Visible(profile, seen.Attributes), seen.SeenAt)
                : null,
            Operations = recent,
        };
    }

    /// <summary>What the user schema says is never returned, or kept encrypted, is not shown here either.</summary>
    private static JsonObject Visible(IntegrationProfile profile, JsonObject attributes)
    {
        var visible = (JsonObject)attributes.DeepClone();
        foreach (var attribute in profile.Schema.Attributes)
        {
            if (attribute.Returned == "never" || attribute.DataClassification == "encrypted")
            {
                visible.Remove(attribute.Name);
            }
        }

        return visible;
    }
}
