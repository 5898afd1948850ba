using System.Text;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Matching;

/// <summary>A person decided that an account needs no identity provider. Row <c>ex:{account}</c>.</summary>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
/// <param name="ExpiresAt">Until when; null for good.</param>
public sealed record Exemption(string By, DateTimeOffset At, string Reason, DateTimeOffset? ExpiresAt);

/// <summary>An account that no identity provider claims.</summary>
/// <param name="UserId">Its SCIM user.</param>
/// <param name="Account">The account.</param>
/// <param name="Exemption">Set while it is exempted.</param>
public sealed record UnmatchedAccount(string UserId, AppAccount Account, Exemption? Exemption);

/// <summary>What people do with accounts that no identity provider claims: match them, exempt them.</summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class Unmatched(IRecordStore store, IntegrationStore integrations, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Reads unmatched accounts in the order of their users' creation.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="afterUserId">The last user of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The accounts.</returns>
    public async IAsyncEnumerable<UnmatchedAccount> ReadAsync(
        IntegrationProfile profile, string? afterUserId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var range = afterUserId is null ? RowRange.Prefix(Rows.Users) : RowRange.PrefixAfter(Rows.Users, Rows.User(afterUserId));
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, range, 250, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                var user = UserRecords.Decode(record.Value);
                if (!user.Owned && await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken) is { } account)
                {
                    yield return new UnmatchedAccount(user.Id, account.Value, await ExemptionAsync(profile, user.AccountKey, cancellationToken));
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    /// <summary>Finds one unmatched account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">Its SCIM user; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The user, or why there is none.</returns>
    public async Task<Result<UserRecord>> FindAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        var user = IntegrationStore.IsWellFormed(userId) ? (await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken))?.Value : null;
        return user is null ? Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'.")
            : user.Owned ? Refusal.Conflict("user_matched", "An identity provider claims the account already.")
            : user;
    }

    /// <summary>Exempts an unmatched account, or ends an exemption.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">Its SCIM user; any text.</param>
    /// <param name="exemption">True to exempt.</param>
    /// <param name="reason">Why.</param>
    /// <param name="expiresAt">Until when; null for good.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The user, or why it was not done.</returns>
    public async Task<Result<UserRecord>> ExemptAsync(
        IntegrationProfile profile, string userId, bool exemption, string? reason, DateTimeOffset? expiresAt, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        var why = IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems);
        var now = clock.GetUtcNow();
        if (expiresAt <= now)
        {
            problems.Add(new FieldProblem("expiresAt", "must be in the future."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var found = await FindAsync(profile, userId, cancellationToken);
        if (found.Value is not { } user)
        {
            return found;
        }

        var row = ExemptionRow(user.AccountKey);
        var change = exemption ? RecordChange.Upsert(row, DomainJson.Encode(new Exemption(by.Actor, now, why!, expiresAt))) : RecordChange.DeleteIfExists(row);
        RecordChange[] end = exemption && expiresAt is { } last ? [ExemptionEnds.At(last, user.AccountKey)] : [];
        var detail = expiresAt is null ? why : $"until {expiresAt:u}: {why}";
        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken);
        await store.CommitAsync(
            profile.Partition,
            [change, .. end, ActivityLog.Append(Event(exemption ? ActivityKind.Exempted : ActivityKind.ExemptionEnded, user.Id, account?.Value.Identifier ?? user.Id, by, now, detail))],
            cancellationToken);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return user;
    }

    /// <summary>
    /// Says that an unmatched account is the account of somebody whom an identity provider wants here: their wish is served
    /// on this account from now on, and what was begun to make them another one is called off.
    /// </summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user of the unmatched account; any text.</param>
    /// <param name="ownerId">The SCIM user of the person; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The person's user, or why they were not matched.</returns>
    public async Task<Result<UserRecord>> MatchAsync(
        IntegrationProfile profile, string userId, string ownerId, Provenance by, CancellationToken cancellationToken = default)
    {
        var result = await Optimistic.RunAsync(() => TryMatchAsync(profile, userId, ownerId, by, cancellationToken), cancellationToken);
        signal.Raise(profile.Integration.Id);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return result;
    }

    /// <summary>Says which account is somebody's whom an identity provider has not sent yet.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user of the unmatched account; any text.</param>
    /// <param name="userName">The user name that the person will come with.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The unmatched user, or why nothing was noted.</returns>
    public async Task<Result<UserRecord>> AwaitAsync(
        IntegrationProfile profile, string userId, string userName, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(userName, "userName", IntegrationRules.MaxText, problems) is not { } name)
        {
            return Refusal.Invalid(problems);
        }

        var found = await FindAsync(profile, userId, cancellationToken);
        if (found.Value is not { } user)
        {
            return found;
        }

        await integrations.ChangeAsync(profile.Integration.Id, before => before.AwaitsMatches ? null : (before with { AwaitsMatches = true }, []), cancellationToken);
        await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Upsert(MatchIndex.AwaitedRow(name), Encoding.ASCII.GetBytes(user.Id)),
                ActivityLog.Append(Event(ActivityKind.Matched, user.Id, name, by, clock.GetUtcNow(), "awaited from the identity provider")),
            ],
            cancellationToken);
        return user;
    }

    /// <summary>Writes the rows anew by which unmatched accounts are found, after a change of the attributes.</summary>
    /// <param name="profile">The integration, with its new attributes.</param>
    /// <param name="cancellationToken">Cancels between accounts.</param>
    /// <returns>A task that ends when all are written.</returns>
    public async Task IndexAsync(IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        await foreach (var unmatched in ReadAsync(profile, null, cancellationToken))
        {
            if (unmatched.Account.Observed is { } seen && MatchIndex.Rows(profile, seen, unmatched.UserId).ToList() is { Count: > 0 } rows)
            {
                await store.CommitAsync(profile.Partition, rows, cancellationToken);
            }
        }
    }

    private async Task<(bool Committed, Result<UserRecord> Result)> TryMatchAsync(
        IntegrationProfile profile, string userId, string ownerId, Provenance by, CancellationToken cancellationToken)
    {
        var unmatched = IntegrationStore.IsWellFormed(userId) ? await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) : null;
        var owner = IntegrationStore.IsWellFormed(ownerId) ? await store.FindLiveUserAsync(profile.Partition, ownerId, cancellationToken) : null;
        if (unmatched is null || owner is null)
        {
            return (true, Refusal.NotFound("user_not_found", $"The integration has no user '{(unmatched is null ? userId : ownerId)}'."));
        }

        if (unmatched.Value.Owned || !owner.Value.Owned)
        {
            return (true, Refusal.Conflict("user_matched", unmatched.Value.Owned ? "An identity provider claims the account already." : "No identity provider stands behind the other user."));
        }

        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(unmatched.Value.AccountKey), cancellationToken)
            ?? throw new InvalidDataException($"User {userId} has no account record.");
        var former = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(owner.Value.AccountKey), cancellationToken)
            ?? throw new InvalidDataException($"User {ownerId} has no account record.");
        if (former.Value.Observed is not null || (former.Value.State is { } state && ProvisioningStates.IsOngoing(state)))
        {
            return (true, Refusal.Conflict("account_in_app", "The person has another account in the app, or one is being made right now."));
        }

        var now = clock.GetUtcNow();
        var intake = new Intake(store, profile, by, now);
        if (former.Value.OpenOperationId is { } openId
            && await store.FindAsync<Operation>(profile.Partition, Rows.Operation(openId), cancellationToken) is { Value.Ended: false } open)
        {
            intake.Supersede(open, $"{by.Actor} matched the person to the account '{account.Value.Identifier}'.");
        }

        var before = ScimResource.FromStored(unmatched.Value.Resource.Span, profile.UserType);
        intake.Changes.AddRange(UserRecords.Bury(
            unmatched.Value with { DeletedAt = now, ModifiedAt = now, Generation = unmatched.Value.Generation + 1 }, unmatched.ETag));
        intake.Changes.Add(RecordChange.DeleteIfExists(Rows.UserName(before.UserName!)));
        intake.Changes.AddRange(UserClaims.IndexRows(before, userId).Select(RecordChange.DeleteIfExists));
        intake.Changes.Add(RecordChange.DeleteIfExists(ExemptionRow(account.Value.Key)));

        // The identifier that the identity provider wishes stays kept for this person until the app has it.
        var moved = owner.Value with { AccountKey = account.Value.Key, AccessGeneration = owner.Value.AccessGeneration + 1 };
        intake.Changes.Add(UserRecords.Write(moved, owner.ETag));
        var reservation = new AppAccount { Key = former.Value.Key, Identifier = former.Value.Identifier, UserId = ownerId, ReservedFor = account.Value.Key };
        intake.Changes.Add(TypedRecords.Write(Rows.Account(former.Value.Key), reservation, former.ETag));
        await intake.ServeAsync(account.Value with { UserId = ownerId, SatisfiedGeneration = 0 }, account.ETag, touched: true, moved, cancellationToken);
        intake.Changes.Add(ActivityLog.Append(Event(
            ActivityKind.Matched, ownerId, account.Value.Identifier, by, now, $"account '{account.Value.Identifier}' is the account of '{former.Value.Identifier}'")));
        var result = await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
        return (result.Committed, moved);
    }

    /// <summary>Reads the exemption of an account.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="accountKey">The account.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The exemption while it holds, or null.</returns>
    public async Task<Exemption?> ExemptionAsync(IntegrationProfile profile, string accountKey, CancellationToken cancellationToken = default) =>
        await store.FindAsync<Exemption>(profile.Partition, ExemptionRow(accountKey), cancellationToken) is { } found
        && (found.Value.ExpiresAt is null || found.Value.ExpiresAt > clock.GetUtcNow())
            ? found.Value
            : null;

    internal static string ExemptionRow(string accountKey) => "ex:" + accountKey;

    private static ActivityEvent Event(ActivityKind kind, string userId, string target, Provenance by, DateTimeOffset now, string? detail) =>
        ActivityEvent.Of(now, by.Actor, kind, target, detail, userId);
}
