using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Leavers;

/// <summary>What an emergency revoke did in one integration.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="UserId">The user that was found there.</param>
/// <param name="UserName">The user's name there.</param>
/// <param name="OperationId">The operation that takes the access away; null when the app shows none.</param>
public sealed record Revoked(string IntegrationId, string UserId, string UserName, string? OperationId);

/// <summary>
/// Takes all access of a person away, in all integrations and before everything else in their queues. It holds whatever
/// identity providers send, until a person lifts it. A pause holds it too: paused means that nothing is written.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="users">Finds users.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class EmergencyRevoke(
    IRecordStore store, IntegrationStore integrations, IntegrationProfiles profiles, UserService users, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Revokes, or lifts a revocation, wherever the person is found.</summary>
    /// <param name="person">User name, e-mail address or externalId.</param>
    /// <param name="revoke">True to revoke, false to lift.</param>
    /// <param name="reason">Why.</param>
    /// <param name="mayUse">Which integrations whoever asks may use.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels between integrations.</param>
    /// <returns>What was done, or why nothing was.</returns>
    public async Task<Result<IReadOnlyList<Revoked>>> RunAsync(
        string? person, bool revoke, string? reason, Func<string, bool> mayUse, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        var who = IntegrationRules.Text(person, "person", IntegrationRules.MaxText, problems);
        var why = IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems);
        if (who is null || why is null)
        {
            return Refusal.Invalid(problems);
        }

        var done = new List<Revoked>();
        foreach (var id in (await integrations.ListIdsAsync(cancellationToken)).Where(mayUse))
        {
            if (await profiles.FindAsync(id, cancellationToken) is { } profile)
            {
                foreach (var user in await FindAsync(profile, who, cancellationToken))
                {
                    if (await ChangeAsync(profile, user.Id, revoke, why, by, cancellationToken) is { } change)
                    {
                        done.Add(change);
                    }
                }
            }
        }

        return done.Count > 0 ? done : Refusal.NotFound("person_not_found", $"No integration knows '{who}'{(revoke ? "" : " with a revocation to lift")}.");
    }

    private async Task<IReadOnlyList<UserRecord>> FindAsync(IntegrationProfile profile, string who, CancellationToken cancellationToken)
    {
        var found = new List<UserRecord>(await users.FindByIndexAsync(profile, 'm', who, cancellationToken));
        found.AddRange(await users.FindByIndexAsync(profile, 'e', who, cancellationToken));

        // Who was deleted upstream and is still in the app has no user that SCIM shows; the account is found by its identifier.
        if (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(Ids.KeyOf(who)), cancellationToken) is { Value.ReservedFor: null } account
            && await store.FindUserAsync(profile.Partition, account.Value.UserId, cancellationToken) is { } holder)
        {
            found.Add(holder.Value);
        }

        return [.. found.DistinctBy(user => user.Id)];
    }

    private async Task<Revoked?> ChangeAsync(
        IntegrationProfile profile, string userId, bool revoke, string why, Provenance by, CancellationToken cancellationToken)
    {
        var change = await Optimistic.RunAsync<Revoked?>(
            async () =>
            {
                if (await store.FindUserAsync(profile.Partition, userId, cancellationToken) is not { } user
                    || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken) is not { } account
                    || account.Value.UserId != userId || (!revoke && account.Value.Revoked is null))
                {
                    return (true, null);
                }

                // The wish of the identity provider stays as it is; what the app is to agree with grows, so that an operation that runs now has a successor.
                var now = clock.GetUtcNow();
                var moved = user.Value with { AccessGeneration = user.Value.AccessGeneration + 1 };
                var marked = account.Value with { Revoked = revoke ? new Revocation(by.Actor, now, why) : null };
                var intake = new Intake(store, profile, by, now);
                intake.Changes.Add(UserRecords.Write(moved, user.ETag));
                if (marked.Observed is not null || marked.OpenOperationId is not null)
                {
                    await intake.ServeAsync(marked, account.ETag, touched: true, moved, cancellationToken);
                }
                else
                {
                    intake.Changes.Add(TypedRecords.Write(Rows.Account(marked.Key), marked, account.ETag));
                }

                intake.Changes.Add(ActivityLog.Append(ActivityEvent.Of(now, by.Actor, revoke ? ActivityKind.AccessRevoked : ActivityKind.AccessRestored, marked.Identifier, why, userId, intake.OperationId)));
                var result = await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken);
                return (result.Committed, new Revoked(profile.Integration.Id, userId, marked.Identifier, intake.OperationId));
            },
            cancellationToken);
        signal.Raise(profile.Integration.Id);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return change;
    }
}
