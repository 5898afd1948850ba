using IdLcm.Domain.Approvals;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Api;

/// <summary>Asks for the removal of accounts that no identity provider claims. Never for that of the service account.</summary>
internal sealed class UnmatchedRemoval(Unmatched unmatched, ApprovalService approvals, IRecordStore store)
{
    /// <summary>Opens an approval; once approved, the account is removed from the app.</summary>
    public async Task<Result<ApprovalRecord>> AskAsync(IntegrationProfile profile, string userId, string? reason, Provenance by, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            return Refusal.Invalid("reason", "is required: why the account is to go.");
        }

        var found = await unmatched.FindAsync(profile, userId, cancellationToken);
        if (found.Value is not { } user)
        {
            return found.Refusal!;
        }

        var account = await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken);
        var identifier = account?.Value.Identifier ?? user.Id;
        if (profile.Integration.IsServiceAccount(identifier))
        {
            return Refusal.Conflict("service_account", $"'{identifier}' is the service account itself: it is never removed.");
        }

        return await approvals.FindPendingAsync(profile, ApprovalKind.RemoveUnmatched, user.Id, cancellationToken) is { } waits
            ? Refusal.Conflict("removal_asked", $"The removal of '{identifier}' waits for a decision already: {waits.RequestedBy} asked for it.")
            : await approvals.AskRemovalAsync(profile, user, identifier, reason.Trim(), by, cancellationToken);
    }
}
