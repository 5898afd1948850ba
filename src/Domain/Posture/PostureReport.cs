using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Posture;

/// <summary>How a service account's second factor stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MfaState>))]
public enum MfaState
{
    /// <summary>No secret is on file.</summary>
    Off,

    /// <summary>It is being turned on or off, and which of both it is has not been proved yet.</summary>
    Unproved,

    /// <summary>A person gave the secret; no sign-in of the gateway's own enrolment proved it.</summary>
    OnFile,

    /// <summary>A sign-in with a code proved it.</summary>
    Managed,
}

/// <summary>A rule of the posture.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PostureRule>))]
public enum PostureRule
{
    /// <summary>The service account has a second factor.</summary>
    Mfa,

    /// <summary>Its password is not older than the policy wants.</summary>
    PasswordAge,
}

/// <summary>An account is excepted from a rule, for a reason and until a moment. Row <c>pe:{rule}</c> of the integration's partition.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Reason">Why.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="By">Who decided it.</param>
/// <param name="At">When.</param>
public sealed record PostureException(PostureRule Rule, string Reason, DateTimeOffset ExpiresAt, string By, DateTimeOffset At)
{
    internal static string Row(PostureRule rule) => $"pe:{rule}";
}

/// <summary>How one service account stands.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="Integration">Its name.</param>
/// <param name="App">The app.</param>
/// <param name="Account">The account's user name.</param>
/// <param name="CanRotate">True when the connector can change its password.</param>
/// <param name="PasswordChangedAt">Since when the password is in force.</param>
/// <param name="PasswordAgeDays">Its age in whole days.</param>
/// <param name="PasswordProvedAt">When a sign-in last proved it; null for never.</param>
/// <param name="PendingPassword">Where a change that is not promoted stands; null for none.</param>
/// <param name="RotationFailedAt">When the last change of the sign-in failed; null when it did not.</param>
/// <param name="Mfa">How the second factor stands.</param>
/// <param name="MfaManagedSince">Since when it is managed.</param>
/// <param name="BackupCodes">True when backup codes are on file.</param>
/// <param name="Problems">Which rules it does not meet and is not excepted from.</param>
/// <param name="Exceptions">The exceptions in force.</param>
public sealed record PostureLine(
    string IntegrationId,
    string Integration,
    string App,
    string Account,
    bool CanRotate,
    DateTimeOffset PasswordChangedAt,
    int PasswordAgeDays,
    DateTimeOffset? PasswordProvedAt,
    ChangeStage? PendingPassword,
    DateTimeOffset? RotationFailedAt,
    MfaState Mfa,
    DateTimeOffset? MfaManagedSince,
    bool BackupCodes,
    IReadOnlyList<PostureRule> Problems,
    IReadOnlyList<PostureException> Exceptions)
{
    /// <summary>So many days old the password may become: by the policy in force, else <see cref="PostureReport.UsualMaxAgeDays"/>.</summary>
    public int PasswordMaxAgeDays { get; init; }
}

/// <summary>Tells how the service accounts stand.</summary>
/// <param name="store">The record store.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="rotations">The policies.</param>
/// <param name="clock">The clock.</param>
public sealed class PostureReport(IRecordStore store, IntegrationProfiles profiles, RotationTimer rotations, TimeProvider clock)
{
    /// <summary>Passwords older than this are told where no policy says otherwise.</summary>
    public const int UsualMaxAgeDays = 90;

    /// <summary>Since when a password is in force.</summary>
    /// <param name="credential">What is known of it.</param>
    /// <param name="account">The service account.</param>
    /// <returns>When it was rotated, or the account was last saved by a person.</returns>
    public static DateTimeOffset ChangedAt(ServiceCredential credential, ServiceAccount account)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(account);
        return credential.PasswordChangedAt is { } rotated && rotated > account.UpdatedAt ? rotated : account.UpdatedAt;
    }

    /// <summary>Tells how the service account of an integration stands.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>How, or null where there is no such integration or it has no service account.</returns>
    public async Task<PostureLine?> FindAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration.ServiceAccount: { } account } profile)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var credential = (await store.FindAsync<ServiceCredential>(profile.Partition, ServiceCredential.Row, cancellationToken))?.Value ?? new ServiceCredential();
        var exceptions = new List<PostureException>();
        foreach (var rule in Enum.GetValues<PostureRule>())
        {
            if (await store.FindAsync<PostureException>(profile.Partition, PostureException.Row(rule), cancellationToken) is { } found && found.Value.ExpiresAt > now)
            {
                exceptions.Add(found.Value);
            }
        }

        var changedAt = ChangedAt(credential, account);
        var age = (int)(now - changedAt).TotalDays;
        var mfa = credential.Totp is { Stage: ChangeStage.Unproved or ChangeStage.NeitherProved } || credential.TurningOff ? MfaState.Unproved
            : !account.HasTotp ? MfaState.Off
            : credential.MfaManagedSince is null ? MfaState.OnFile : MfaState.Managed;
        var policy = await rotations.PolicyAsync(profile, cancellationToken);
        var problems = new List<PostureRule>();
        if (mfa is MfaState.Off or MfaState.Unproved)
        {
            problems.Add(PostureRule.Mfa);
        }

        var maxAge = policy?.MaxAgeDays ?? UsualMaxAgeDays;
        if (age > maxAge)
        {
            problems.Add(PostureRule.PasswordAge);
        }

        // A validation signs in afresh, so it is a proof as well.
        var validated = profile.Integration.Validation is { Passed: true, EndedAt: var at } && at > changedAt ? at : (DateTimeOffset?)null;
        return new PostureLine(
            integrationId, profile.Integration.Name, profile.Manifest.AppName, account.UserName,
            account.LoginMethod == "password" && profile.Manifest.Verbs.Contains(ConnectorVerb.RotatePassword),
            changedAt, age, Later(credential.PasswordProvedAt, validated), credential.Password?.Stage, credential.FailedAt,
            mfa, account.HasTotp ? credential.MfaManagedSince : null, credential.BackupCodes is not null,
            [.. problems.Where(rule => exceptions.All(e => e.Rule != rule))], exceptions)
        {
            PasswordMaxAgeDays = maxAge,
        };
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
