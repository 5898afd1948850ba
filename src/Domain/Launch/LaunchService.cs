using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Launch;

/// <summary>
/// Decides who may be launched into an app, and releases the credential: once for each launch, within a minute, to the
/// person who asked, and noted in the activity before it leaves.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="secrets">The secrets.</param>
/// <param name="accounts">The connected accounts.</param>
/// <param name="approvals">Lets accounts that wait for their person be made.</param>
/// <param name="operations">The operations.</param>
/// <param name="clock">The clock.</param>
public sealed class LaunchService(
    IRecordStore store, ISecretStore secrets, ConnectedAccountService accounts, ApprovalService approvals, OperationService operations, TimeProvider clock)
{
    /// <summary>How long a release can be taken.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>A one-time code with less time left than this is not handed out: the next one is.</summary>
    private const int LeastCodeSeconds = 8;

    private const int MaxSwept = 50;

    /// <summary>Reads whether launches are allowed.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The settings.</returns>
    public async Task<LaunchSettings> SettingsAsync(IntegrationProfile profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return (await store.FindAsync<LaunchSettings>(profile.Partition, LaunchSettings.Row, cancellationToken))?.Value ?? new LaunchSettings();
    }

    /// <summary>Sets whether launches are allowed.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>Why it was refused, or null.</returns>
    public async Task<Refusal?> SetAsync(IntegrationProfile profile, LaunchSettings settings, Provenance by, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(by);
        if (settings.Enabled && profile.Manifest.Launch?.AddressOf(profile.Integration.Settings) is null)
        {
            return Refusal.Conflict("not_offered", $"The connector of {profile.Manifest.AppName} names no sign-in page that a credential may go to (https, or this machine).");
        }

        var now = clock.GetUtcNow();
        var what = !settings.Enabled ? "launches off" : $"launches on{(settings.WithoutExtension ? ", without the extension too" : "")}{(settings.Capture ? ", capture allowed" : "")}";
        await store.CommitAsync(
            profile.Partition,
            [
                RecordChange.Upsert(LaunchSettings.Row, DomainJson.Encode(settings)),
                ActivityLog.Append(ConnectedAccountService.Told(ActivityKind.SettingsChanged, profile.Integration.Name, "", by.Actor, now, what) with { UserId = null }),
            ],
            cancellationToken);
        return null;
    }

    /// <summary>Finds out whether a person can be launched now. An account that waits to be claimed by its person is made from here on.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="person">The person.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>How it stands.</returns>
    public async Task<LaunchDecision> DecideAsync(IntegrationProfile profile, LaunchPerson person, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(person);
        if (profile.Manifest.Launch?.AddressOf(profile.Integration.Settings) is null || !(await SettingsAsync(profile, cancellationToken)).Enabled)
        {
            return new LaunchDecision(LaunchState.NotOffered);
        }

        if (await FindUserAsync(profile, person, cancellationToken) is not { Owned: true } user)
        {
            return new LaunchDecision(LaunchState.NotAssigned);
        }

        if (AccountGoals.HasLeft(profile, user)
            || await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken) is not { Value: var account }
            || account.Revoked is not null)
        {
            return new LaunchDecision(LaunchState.Suspended, user.Id);
        }

        if (account.OpenOperationId is { } open && await operations.FindAsync(profile.Integration.Id, open, cancellationToken) is { Ended: false, Hold.Kind: HoldKind.Claim })
        {
            await approvals.ReleaseAsync(profile, open, new Provenance(person.Name, "launch"), cancellationToken);
        }

        return account.State switch
        {
            ProvisioningState.Onboarded or ProvisioningState.UpdateAwaiting or ProvisioningState.UpdateOngoing or ProvisioningState.UpdateFailed =>
                account is { Observed.Active: false, OpenOperationId: null } ? new LaunchDecision(LaunchState.Suspended, user.Id)
                : account.Observed is not { Active: true } ? new LaunchDecision(LaunchState.Waiting, user.Id)
                : await accounts.FindAsync(profile, user.Id, cancellationToken) is null ? new LaunchDecision(LaunchState.NoCredential, user.Id)
                : new LaunchDecision(LaunchState.Ready, user.Id),
            ProvisioningState.ProvisioningFailed => new LaunchDecision(LaunchState.Failed, user.Id),
            ProvisioningState.ProvisioningAwaiting or ProvisioningState.ProvisioningOngoing => new LaunchDecision(LaunchState.Waiting, user.Id),
            _ => new LaunchDecision(LaunchState.Suspended, user.Id),
        };
    }

    /// <summary>Makes the right to one release.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The person, who was found ready.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The token: 256 random bits, kept as their hash.</returns>
    public async Task<string> GrantAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = clock.GetUtcNow();
        var changes = new List<RecordChange> { TypedRecords.Insert(RowOf(token), new LaunchRelease(userId, now + Lifetime)) };

        // Those that nobody took go with the ones that come after them.
        foreach (var record in (await store.QueryAsync(profile.Partition, RowRange.Prefix(LaunchRelease.Rows), MaxSwept, null, cancellationToken)).Records)
        {
            if (DomainJson.Decode<LaunchRelease>(record.Value).ExpiresAt < now)
            {
                changes.Add(RecordChange.DeleteIfExists(record.Row));
            }
        }

        await store.CommitAsync(profile.Partition, changes, cancellationToken);
        return token;
    }

    /// <summary>Releases the credential. Whatever is asked with the same token afterwards gets nothing.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="token">The token; any text.</param>
    /// <param name="person">The person who is signed in now: a token of another one is void.</param>
    /// <param name="way">extension or page.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The credential, or null when there is none to release.</returns>
    public async Task<ReleasedCredential?> TakeAsync(IntegrationProfile profile, string? token, LaunchPerson person, string way, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(person);
        if (token is not { Length: > 0 and <= 100 }
            || await store.FindAsync<LaunchRelease>(profile.Partition, RowOf(token), cancellationToken) is not { } found)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var decision = await DecideAsync(profile, person, cancellationToken);
        var account = decision.State == LaunchState.Ready && decision.UserId == found.Value.UserId && found.Value.ExpiresAt > now
            ? await accounts.FindAsync(profile, found.Value.UserId, cancellationToken)
            : null;
        var changes = new List<RecordChange> { RecordChange.Delete(RowOf(token), found.ETag) };
        if (account is not null)
        {
            changes.Add(RecordChange.Upsert(ConnectedAccount.Row(account.UserId), DomainJson.Encode(account with { LaunchedAt = now })));
            changes.Add(ActivityLog.Append(ConnectedAccountService.Told(ActivityKind.Launched, account.UserName, account.UserId, person.Name, now, $"by {way}")));
        }

        // Of two that come at once, one finds the row gone.
        if (!(await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed || account is null)
        {
            return null;
        }

        var id = profile.Integration.Id;
        var launch = profile.Manifest.Launch!;
        var totp = account.HasTotp ? (await secrets.GetLatestAsync(ConnectedAccount.TotpSecret(id, account.UserId), cancellationToken))?.Value : null;
        return await secrets.GetLatestAsync(ConnectedAccount.PasswordSecret(id, account.UserId), cancellationToken) is { } password
            ? new ReleasedCredential(
                launch.AddressOf(profile.Integration.Settings)!.AbsoluteUri, launch.OriginsOf(profile.Integration.Settings), account.UserName, password.Value,
                totp is not null && TotpCode.DecodeSecret(totp) is { } key ? TotpCode.Usable(key, now, LeastCodeSeconds) : null, new LaunchFields(launch.UserName, launch.Password, launch.Code))
            : null;
    }

    /// <summary>Notes that somebody was not let through.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="person">The person.</param>
    /// <param name="decision">Why.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>A task that ends when it is durable.</returns>
    public Task DeniedAsync(IntegrationProfile profile, LaunchPerson person, LaunchDecision decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(person);
        ArgumentNullException.ThrowIfNull(decision);
        return store.CommitAsync(
            profile.Partition,
            [ActivityLog.Append(ConnectedAccountService.Told(ActivityKind.LaunchDenied, person.Name, decision.UserId ?? "", person.Name, clock.GetUtcNow(), $"{decision.State}") with { UserId = decision.UserId })],
            cancellationToken);
    }

    /// <summary>Finds the one user whom the provider's ids or, where they name nobody, its addresses name. Where they name two, it is nobody.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="person">The person.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The user, or null.</returns>
    public async Task<UserRecord?> FindUserAsync(IntegrationProfile profile, LaunchPerson person, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(person);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in person.Ids)
        {
            ids.UnionWith(await IndexedAsync(profile, 'e', id, cancellationToken));
        }

        if (ids.Count == 0)
        {
            foreach (var address in person.Addresses)
            {
                if (await store.GetAsync(profile.Partition, Rows.UserName(address), cancellationToken) is { } named)
                {
                    ids.Add(Encoding.ASCII.GetString(named.Value.Span));
                }

                ids.UnionWith(await IndexedAsync(profile, 'm', address, cancellationToken));
            }
        }

        return ids.Count == 1 ? (await store.FindLiveUserAsync(profile.Partition, ids.First(), cancellationToken))?.Value : null;
    }

    private async Task<IEnumerable<string>> IndexedAsync(IntegrationProfile profile, char index, string value, CancellationToken cancellationToken)
    {
        var prefix = Rows.IndexPrefix(index, value);
        return (await store.QueryAsync(profile.Partition, RowRange.Prefix(prefix), 3, null, cancellationToken)).Records.Select(record => record.Row[prefix.Length..]);
    }

    private static string RowOf(string token) => LaunchRelease.Rows + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
