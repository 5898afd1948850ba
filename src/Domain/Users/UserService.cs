using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>
/// The identity provider's side of users: changes the wish and, in the same commit, opens or shares the operation that
/// carries it to the app. Nothing is answered before that commit is durable.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="clock">The clock.</param>
public sealed partial class UserService(IRecordStore store, LaneSignal signal, TimeProvider clock)
{
    private readonly Memberships memberships = new(store);
    private readonly EntitlementCatalog entitlements = new(store);
    private readonly UserClaims claims = new(store);
    private readonly ExclusiveRoles roles = new(store);

    /// <summary>Reads a user that SCIM shows.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The user, or null where there is none or it was deleted.</returns>
    public async ValueTask<UserRecord?> FindAsync(IntegrationProfile profile, string id, CancellationToken cancellationToken = default) =>
        IntegrationStore.IsWellFormed(id) ? (await store.FindLiveUserAsync(profile.Partition, id, cancellationToken))?.Value : null;

    /// <summary>Finds the user of a user name.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userName">The user name; letter case and Unicode composition do not matter.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The user, or null.</returns>
    public async ValueTask<UserRecord?> FindByUserNameAsync(IntegrationProfile profile, string userName, CancellationToken cancellationToken = default)
    {
        var entry = await store.GetAsync(profile.Partition, Rows.UserName(userName), cancellationToken);
        return entry is null ? null : await FindAsync(profile, System.Text.Encoding.ASCII.GetString(entry.Value.Span), cancellationToken);
    }

    /// <summary>Finds users by an index that need not be unique; the caller compares the value itself.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="index">e for externalId, m for e-mail addresses and user names.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The candidates.</returns>
    public async Task<IReadOnlyList<UserRecord>> FindByIndexAsync(
        IntegrationProfile profile, char index, string value, CancellationToken cancellationToken = default)
    {
        var prefix = Rows.IndexPrefix(index, value);
        var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), RecordLimits.MaxPageSize, null, cancellationToken);
        var users = new List<UserRecord>(page.Records.Count);
        foreach (var record in page.Records)
        {
            if (await FindAsync(profile, record.Row[prefix.Length..], cancellationToken) is { } user)
            {
                users.Add(user);
            }
        }

        if (index == 'm' && await FindByUserNameAsync(profile, value, cancellationToken) is { } named && users.TrueForAll(user => user.Id != named.Id))
        {
            users.Add(named);
        }

        return users;
    }

    /// <summary>Creates a user, or adopts the unmatched one that stands for the same account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="resource">The resource, conforming to the integration's user type.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public async Task<UserWrite> CreateAsync(
        IntegrationProfile profile, ScimResource resource, Provenance provenance, CancellationToken cancellationToken = default)
    {
        resource = UserDefaults.Complete(resource);
        if ((Problem(profile, resource) ?? await EntitlementProblemAsync(profile, resource, cancellationToken)) is { } problem)
        {
            return new UserWrite(UserWriteKind.Invalid, Detail: problem);
        }

        // Most people are new. The commit refuses when one is not, so only then is it worth looking for whoever is in the way.
        var looks = profile.Integration.MatchBy.Count > 0 || profile.Integration.AwaitsMatches;
        var matches = looks;
        return await WriteAsync(
            profile,
            () =>
            {
                var attempt = TryCreateAsync(profile, resource, looks, matches, provenance, cancellationToken);
                looks = true;
                return attempt;
            },
            cancellationToken);
    }

    /// <summary>Changes the wish of a user.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="change">Gives the changed resource; called again when another write came between. May throw to refuse.</param>
    /// <param name="versions">The generations that the client accepts (If-Match); null for any.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<UserWrite> ChangeAsync(
        IntegrationProfile profile,
        string id,
        Func<UserRecord, ScimResource, ScimResource> change,
        Predicate<long>? versions,
        Provenance provenance,
        CancellationToken cancellationToken = default) =>
        WriteAsync(profile, () => TryChangeAsync(profile, id, change, versions, provenance, cancellationToken), cancellationToken);

    /// <summary>Deletes a user: SCIM does not show it from then on, and its account is taken away.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="id">The SCIM id; any text.</param>
    /// <param name="versions">The generations that the client accepts (If-Match); null for any.</param>
    /// <param name="provenance">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public Task<UserWrite> DeleteAsync(
        IntegrationProfile profile, string id, Predicate<long>? versions, Provenance provenance, CancellationToken cancellationToken = default) =>
        WriteAsync(profile, () => TryDeleteAsync(profile, id, versions, provenance, cancellationToken), cancellationToken);

    private async Task<UserWrite> WriteAsync(
        IntegrationProfile profile, Func<Task<(bool Committed, UserWrite Write)>> attempt, CancellationToken cancellationToken)
    {
        var write = await Optimistic.RunAsync(attempt, cancellationToken);
        if (write.OperationId is not null)
        {
            signal.Raise(profile.Integration.Id);
        }

        return write;
    }

    private async Task<(bool Committed, UserWrite Write)> TryCreateAsync(
        IntegrationProfile profile, ScimResource resource, bool looks, bool matches, Provenance provenance, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var identifier = DesiredAccount.IdentifierOf(profile, resource)!;
        var key = Ids.KeyOf(identifier);
        var nameRow = Rows.UserName(resource.UserName!);
        var nameEntry = looks ? await store.GetAsync(profile.Partition, nameRow, cancellationToken) : null;
        var account = looks ? await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), cancellationToken) : null;
        var holderId = nameEntry is null ? account?.Value.UserId : System.Text.Encoding.ASCII.GetString(nameEntry.Value.Span);
        var holder = holderId is null ? null : await FindAnyAsync(profile, holderId, cancellationToken);
        if (account?.Value.ReservedFor is not null)
        {
            return (true, new UserWrite(UserWriteKind.Taken, Detail: $"The account '{identifier}' is about to be taken by another user."));
        }

        if (holder?.Value is { DeletedAt: null } live)
        {
            if (live.Owned)
            {
                return (true, new UserWrite(UserWriteKind.Taken, live, Detail: nameEntry is null
                    ? $"Another user stands for the account '{identifier}'."
                    : $"A user with the userName '{resource.UserName}' exists."));
            }

            return await TryAdoptAsync(profile, holder, resource, provenance, now, cancellationToken);
        }

        if (matches && await Matching.MatchIndex.FindAsync(store, profile, resource, cancellationToken) is { } matched)
        {
            return await TryAdoptAsync(profile, matched, resource, provenance, now, cancellationToken);
        }

        var user = new UserRecord
        {
            Id = Ids.NewUserId(now),
            Generation = 1,
            Resource = resource.ToStored(),
            Owned = true,
            CreatedAt = now,
            ModifiedAt = now,
            AccountKey = key,
            Active = resource.IsActive,
        };
        if (account?.Value.Observed is null && user.Active && Seats.Problem(profile, now) is { } full)
        {
            return (true, new UserWrite(UserWriteKind.Refused, Detail: full));
        }

        var intake = new Intake(store, profile, provenance, now);
        if (await roles.ClaimAsync(profile, resource, user, intake.Changes, cancellationToken) is { } held)
        {
            return (true, held);
        }

        intake.Changes.Add(UserRecords.Write(user, null));
        intake.Changes.Add(RecordChange.Insert(nameRow, System.Text.Encoding.ASCII.GetBytes(user.Id)));
        foreach (var row in UserClaims.IndexRows(resource, user.Id))
        {
            intake.Changes.Add(RecordChange.Insert(row, default));
        }

        // Generations go on where the account's former user left off, so that "satisfied" never compares two counters.
        var owned = account is null
            ? new AppAccount { Key = key, Identifier = identifier, UserId = user.Id }
            : account.Value with { UserId = user.Id, Identifier = account.Value.Observed?.Identifier ?? identifier, SatisfiedGeneration = 0, MissingSince = null };
        await intake.ServeAsync(owned, account?.ETag, touched: true, user, cancellationToken);
        return (await CommitAsync(profile, intake, cancellationToken), new UserWrite(UserWriteKind.Created, user, intake.OperationId));
    }

    private async Task<(bool Committed, UserWrite Write)> TryAdoptAsync(
        IntegrationProfile profile,
        Versioned<UserRecord> unmatched,
        ScimResource resource,
        Provenance provenance,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var before = ScimResource.FromStored(unmatched.Value.Resource.Span, profile.UserType);
        var write = await PutAsync(profile, unmatched, before, resource, provenance, now, cancellationToken);
        return (write.Committed, write.Write with { Kind = write.Write.Kind == UserWriteKind.Changed ? UserWriteKind.Adopted : write.Write.Kind });
    }

    private async Task<bool> CommitAsync(IntegrationProfile profile, Intake intake, CancellationToken cancellationToken) =>
        (await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed;

    private async ValueTask<Versioned<UserRecord>?> FindAnyAsync(IntegrationProfile profile, string id, CancellationToken cancellationToken) =>
        IntegrationStore.IsWellFormed(id) ? await store.FindUserAsync(profile.Partition, id, cancellationToken) : null;

    private static string? Problem(IntegrationProfile profile, ScimResource resource, ScimResource? before = null)
    {
        if (string.IsNullOrWhiteSpace(resource.UserName))
        {
            return "The attribute 'userName' is required.";
        }

        if (DesiredAccount.IdentifierOf(profile, resource) is null)
        {
            return $"{profile.Manifest.AppName} knows people by their {profile.PrimaryIdentifier.Label}: the attribute '{profile.PrimaryIdentifier.Scim}' is required.";
        }

        foreach (var attribute in profile.Schema.Attributes)
        {
            if (attribute is not { Required: true, PrimaryIdentifier: false })
            {
                continue;
            }

            // What an imported account lacks may stay so: it need not be complete to be changed.
            var path = attribute.Scim ?? $"{UserResourceTypes.ExtensionUrn(profile.Manifest.Id)}:{attribute.Name}";
            if (string.IsNullOrWhiteSpace(resource.GetText(path)) && (before is null || !string.IsNullOrWhiteSpace(before.GetText(path))))
            {
                return $"{profile.Manifest.AppName} needs the {attribute.Label} of a person: the attribute '{path}' is required.";
            }
        }

        return DesiredAccount.RoleProblem(profile, resource);
    }

    private Task<string?> EntitlementProblemAsync(IntegrationProfile profile, ScimResource resource, CancellationToken cancellationToken) =>
        DesiredAccount.EntitlementsOf(profile, resource) is { Count: > 0 } values
            ? entitlements.ProblemAsync(profile, values, cancellationToken)
            : Task.FromResult<string?>(null);
}
