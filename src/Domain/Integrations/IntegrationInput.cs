using IdLcm.Domain.Connectors;
using IdLcm.Domain.Sync;

namespace IdLcm.Domain.Integrations;

/// <summary>What a new integration is made of.</summary>
public sealed record NewIntegration
{
    /// <summary>Its name, 1 to 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>The connector's id.</summary>
    public string? App { get; init; }

    /// <summary>The connector's settings by name.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    /// <summary>The account that jobs sign in with.</summary>
    public ServiceAccountInput? ServiceAccount { get; init; }

    /// <summary>What becomes of leavers.</summary>
    public DeprovisionModel Deprovision { get; init; } = new();

    /// <summary>The user schema; null for the connector's.</summary>
    public UserSchema? UserSchema { get; init; }

    /// <summary>What the first gateway token is for.</summary>
    public string? TokenLabel { get; init; }

    /// <summary>The policies that differ from their defaults: invitations, safeguards, syncs, retries. What else a change holds is left aside.</summary>
    public IntegrationChange? Policies { get; init; }

    /// <summary>True when it only shows what it would do until a person promotes it.</summary>
    public bool ObserveOnly { get; init; }
}

/// <summary>A service account as a person gives it. Its secrets go to the secret store and are never read back.</summary>
public sealed record ServiceAccountInput
{
    /// <summary>The user name in the app.</summary>
    public string? UserName { get; init; }

    /// <summary>The login method; null for the one that fits the given secret.</summary>
    public string? LoginMethod { get; init; }

    /// <summary>The password; null to keep the one on file.</summary>
    public string? Password { get; init; }

    /// <summary>The access token, for the login method accessToken; null to keep the one on file.</summary>
    public string? AccessToken { get; init; }

    /// <summary>The TOTP secret in Base32; null to keep the one on file, empty to remove it.</summary>
    public string? TotpSecret { get; init; }

    /// <summary>Names the account and never its secrets.</summary>
    /// <returns>The user name.</returns>
    public override string ToString() => $"service account '{UserName}'";
}

/// <summary>A change of an integration's configuration; what is null stays as it is.</summary>
public sealed record IntegrationChange
{
    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>Settings to set; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    /// <summary>The new answer to <c>active=false</c>.</summary>
    public DeprovisionAction? OnDeactivate { get; init; }

    /// <summary>The new answer to SCIM DELETE.</summary>
    public DeprovisionAction? OnDelete { get; init; }

    /// <summary>The new user schema.</summary>
    public UserSchema? UserSchema { get; init; }

    /// <summary>True to go back to the connector's user schema.</summary>
    public bool ResetUserSchema { get; init; }

    /// <summary>The new safeguard, as a whole.</summary>
    public SyncSafeguard? Safeguard { get; init; }

    /// <summary>How it is to sync by itself, as a whole.</summary>
    public SyncSettings? Sync { get; init; }

    /// <summary>How failed operations are to be tried again, as a whole.</summary>
    public RetryPolicySettings? Retry { get; init; }

    /// <summary>When failures of the app are to hold the queue, as a whole.</summary>
    public CircuitSettings? Circuit { get; init; }

    /// <summary>When many people who are taken away at once are to be held.</summary>
    public Maybe<InboundHoldSettings> InboundHold { get; init; }

    /// <summary>After how many days whoever left is to be deleted.</summary>
    public Maybe<int?> DeleteAfterDays { get; init; }

    /// <summary>Whether deletions are to wait for approval.</summary>
    public bool? DeleteNeedsApproval { get; init; }

    /// <summary>How long a deprovision may take, in minutes.</summary>
    public Maybe<int?> LeaverLimitMinutes { get; init; }

    /// <summary>How long activity is to be kept, in days.</summary>
    public Maybe<int?> ActivityDays { get; init; }

    /// <summary>The attributes by which people are to be matched.</summary>
    public IReadOnlyList<string>? MatchBy { get; init; }

    /// <summary>When the app's invitation is to be sent.</summary>
    public InviteModel? Invite { get; init; }

    /// <summary>Whether people are sent their claim link by e-mail.</summary>
    public bool? ClaimMail { get; init; }
}

/// <summary>A value that is to be set, to nothing perhaps, or left.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="IsGiven">True when it is to be set.</param>
/// <param name="Value">The value.</param>
public readonly record struct Maybe<T>(bool IsGiven, T? Value)
{
    /// <summary>What it becomes.</summary>
    /// <param name="before">What it was.</param>
    /// <returns>The value.</returns>
    public T? Or(T? before) => IsGiven ? Value : before;
}

/// <summary>An integration that was made, or whose change asks for a new validation.</summary>
/// <param name="View">The integration.</param>
/// <param name="ValidationOperationId">The validation that was opened, or null where none was needed.</param>
/// <param name="GatewayToken">For a new one, the gateway token: shown this once and never again.</param>
public sealed record SavedIntegration(IntegrationView View, string? ValidationOperationId, string? GatewayToken = null)
{
    /// <summary>Leaves the token out.</summary>
    /// <returns>The integration's id.</returns>
    public override string ToString() => $"integration {View.Integration.Id}";
}

/// <summary>A gateway token that was generated.</summary>
/// <param name="Kept">What is kept of it.</param>
/// <param name="Token">The token: shown this once and never again.</param>
public sealed record GeneratedToken(GatewayToken Kept, string Token)
{
    /// <summary>Leaves the token out.</summary>
    /// <returns>The token's id.</returns>
    public override string ToString() => $"gateway token {Kept.Id}";
}
