using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>Has the app send an invitation again that nobody has accepted yet, instead of inviting somebody twice.</summary>
/// <param name="store">The record store.</param>
/// <param name="signal">Told when a lane has work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed class InviteResend(IRecordStore store, LaneSignal signal, ChangeFeed feed, TimeProvider clock)
{
    /// <summary>Whether the invitation of an account waits to be accepted and the connector can have it sent again.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="account">The account.</param>
    /// <returns>True when it can.</returns>
    public static bool IsPossible(IntegrationProfile profile, AppAccount account)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(account);
        return CanResend(profile) && account.Observed is { Status: "pending" };
    }

    /// <summary>Opens the operation that has the invitation sent again; it is not sent where the person has accepted meanwhile.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation's id, or why there is nothing to send.</returns>
    public async Task<Result<string>> AskAsync(IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var result = await Optimistic.RunAsync(() => TryAskAsync(profile, userId, by, cancellationToken), cancellationToken);
        signal.Raise(profile.Integration.Id);
        feed.Publish(new LiveChange(profile.Integration.Id, null));
        return result;
    }

    internal static bool CanResend(IntegrationProfile profile) =>
        profile.Manifest.Capabilities.ResendInvite && profile.Manifest.Verbs.Contains(ConnectorVerb.ResendInvite);

    private async Task<(bool Committed, Result<string> Result)> TryAskAsync(IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken)
    {
        var user = IntegrationStore.IsWellFormed(userId) ? await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) : null;
        if (user is null || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken) is not { } account)
        {
            return (true, Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'."));
        }

        if (!user.Value.Owned)
        {
            return (true, Refusal.Conflict("user_unmatched", "No identity provider claims the account: match it first."));
        }

        if (!CanResend(profile))
        {
            return (true, Refusal.Conflict("resend_unsupported", $"The connector of {profile.Manifest.AppName} cannot have an invitation sent again."));
        }

        if (!IsPossible(profile, account.Value) || !user.Value.Active || account.Value.Revoked is not null)
        {
            return (true, Refusal.Conflict("no_invitation", "No invitation of this user waits to be accepted."));
        }

        if (account.Value.OpenOperationId is { } open)
        {
            return (true, Refusal.Conflict("operation_open", $"Operation {open} of this user has not ended: wait for it."));
        }

        var intake = new Intake(store, profile, by, clock.GetUtcNow());
        intake.Changes.Add(RecordChange.Check(UserRecords.RowOf(user.Value), user.ETag));
        await intake.ServeAsync(account.Value with { ResendAskedAt = clock.GetUtcNow() }, account.ETag, touched: true, user.Value, cancellationToken);
        return ((await store.CommitAsync(profile.Partition, intake.Changes, cancellationToken)).Committed, intake.OperationId!);
    }
}
