using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Claims;

/// <summary>A claim link that was made.</summary>
/// <param name="Path">The path below the gateway's address.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
internal sealed record ClaimLink(string Path, DateTimeOffset ExpiresAt);

/// <summary>
/// Links by which people claim accounts that wait for them: <c>integration.user.expiry.signature</c>, the signature being
/// HMAC-SHA256 with a key of the secret store. Making the account is what the link does, so it bears being opened twice.
/// </summary>
internal sealed class ClaimLinks(
    ISecretStore secrets, IntegrationProfiles profiles, OperationService operations, ApprovalService approvals, ActivityLog log, IRecordStore store, TimeProvider clock)
{
    private const int MaxReason = 500;

    private const string KeySecret = "idlcm-claim-key";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>Makes a link for somebody whose account waits to be claimed. Made again, it is the same person's fresh link.</summary>
    public async Task<Result<ClaimLink>> MakeAsync(IntegrationProfile profile, string userId, Provenance by, CancellationToken cancellationToken)
    {
        if (await FindAsync(profile, userId, cancellationToken) is not { } operation)
        {
            return Refusal.Conflict("no_claim", "No account of this user waits to be claimed.");
        }

        var now = clock.GetUtcNow();
        var expiresAt = now + Lifetime;
        var body = $"{profile.Integration.Id}.{userId}.{expiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}";
        await NoteAsync(ActivityKind.ClaimLinkSent, profile, operation, by.Actor, $"valid until {expiresAt:u}", now, cancellationToken);
        return new ClaimLink($"/claim/{body}.{Sign(await KeyAsync(cancellationToken), body)}", expiresAt);
    }

    /// <summary>Reads a link.</summary>
    /// <returns>The integration and what waits, null where that is made already; or why the link does not hold.</returns>
    public async Task<(IntegrationProfile? Profile, Operation? Waiting, string? Problem)> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var parts = token.Split('.');
        if (parts.Length != 4 || token.Length > 300
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(await KeyAsync(cancellationToken), string.Join('.', parts[..3]))), Encoding.UTF8.GetBytes(parts[3])))
        {
            return (null, null, "This link is not valid.");
        }

        return long.Parse(parts[2], CultureInfo.InvariantCulture) < clock.GetUtcNow().ToUnixTimeSeconds()
            ? (null, null, "This link has expired. Ask your administrator for a new one.")
            : await profiles.FindAsync(parts[0], cancellationToken) is { } profile
                ? (profile, await FindAsync(profile, parts[1], cancellationToken), null)
                : (null, null, "This link is not valid any more.");
    }

    /// <summary>Lets the account be made.</summary>
    public async Task ClaimAsync(IntegrationProfile profile, Operation waiting, CancellationToken cancellationToken)
    {
        var by = new Provenance(waiting.Target, "claim");

        // Somebody sits before the page and waits.
        if (await approvals.ReleaseAsync(profile, waiting.Id, by, OperationPriority.Validation, cancellationToken: cancellationToken))
        {
            await NoteAsync(ActivityKind.Claimed, profile, waiting, by.Actor, null, clock.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>How far an account is whose claim was taken up; null where there is none.</summary>
    public async Task<AppAccount?> AccountAsync(IntegrationProfile profile, string token, CancellationToken cancellationToken) =>
        token.Split('.') is [_, var userId, ..] && await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is { } user
            ? (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken))?.Value
            : null;

    /// <summary>Lets the account be made without the person's claim.</summary>
    public async Task<Result<Operation>> SkipAsync(IntegrationProfile profile, string userId, string? reason, Provenance by, CancellationToken cancellationToken)
    {
        if (reason?.Trim() is not { Length: > 0 and <= MaxReason } why)
        {
            return Refusal.Invalid("reason", $"say why, in at most {MaxReason} characters.");
        }

        if (await FindAsync(profile, userId, cancellationToken) is not { } waiting)
        {
            return Refusal.Conflict("no_claim", "No account of this user waits to be claimed.");
        }

        if (await approvals.ReleaseAsync(profile, waiting.Id, by, cancellationToken))
        {
            await NoteAsync(ActivityKind.ClaimSkipped, profile, waiting, by.Actor, why, clock.GetUtcNow(), cancellationToken);
        }

        return (await operations.FindAsync(profile.Integration.Id, waiting.Id, cancellationToken))!;
    }

    /// <summary>What of a user waits to be claimed.</summary>
    public async Task<Operation?> FindAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken) =>
        IntegrationStore.IsWellFormed(userId)
        && await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is { } user
        && await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.Value.AccountKey), cancellationToken) is { Value.OpenOperationId: { } open }
        && await operations.FindAsync(profile.Integration.Id, open, cancellationToken) is { Ended: false, Hold.Kind: HoldKind.Claim } waiting
            ? waiting
            : null;

    private async Task<string> KeyAsync(CancellationToken cancellationToken)
    {
        if (await secrets.GetAsync(KeySecret, cancellationToken) is { } kept)
        {
            return kept.Value;
        }

        await secrets.PromoteAsync(KeySecret, await secrets.SetAsync(KeySecret, RandomNumberGenerator.GetHexString(64), cancellationToken), cancellationToken);
        return (await secrets.GetAsync(KeySecret, cancellationToken))!.Value;
    }

    private static string Sign(string key, string body) => Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body)));

    private Task NoteAsync(
        ActivityKind kind, IntegrationProfile profile, Operation operation, string actor, string? detail, DateTimeOffset now, CancellationToken cancellationToken) =>
        log.NoteAsync(
            profile.Integration.Id,
            ActivityEvent.Of(now, actor, kind, operation.Target, detail, operation.UserId, operation.Id),
            cancellationToken);
}
