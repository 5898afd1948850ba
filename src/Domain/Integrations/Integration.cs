using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Integrations;

/// <summary>The configuration of one SCIM gateway for one external app. Row <c>integration</c> of its own partition.</summary>
public sealed record Integration
{
    /// <summary>Its id; also the SCIM Gateway ID in its URL.</summary>
    public required string Id { get; init; }

    /// <summary>The name that administrators gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The connector.</summary>
    public required string ConnectorId { get; init; }

    /// <summary>The pinned version of the connector.</summary>
    public required string ConnectorVersion { get; init; }

    /// <summary>What a roll-back goes back to; null before the first move to another version.</summary>
    public FormerConnector? FormerConnector { get; init; }

    /// <summary>The connector's settings by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The account that jobs sign in with, or null until one is given.</summary>
    public ServiceAccount? ServiceAccount { get; init; }

    /// <summary>Whether an account of the app is the one that the gateway signs in with.</summary>
    /// <param name="identifier">The account's primary identifier; null for none.</param>
    /// <returns>True for the service account, in any letter case and composition.</returns>
    public bool IsServiceAccount(string? identifier) =>
        UserNames.AreSame(identifier, ServiceAccount?.UserName);

    /// <summary>What becomes of an account whose person leaves.</summary>
    public DeprovisionModel Deprovision { get; init; } = new();

    /// <summary>How much a sync may record as gone without a person's word.</summary>
    public SyncSafeguard Safeguard { get; init => field = value ?? new(); } = new();

    /// <summary>How it syncs by itself.</summary>
    public SyncSettings Sync { get; init => field = value ?? new(); } = new();

    /// <summary>How failed operations are tried again, where it differs from the gateway's own rules; null for those.</summary>
    public RetryPolicySettings? Retry { get; init; }

    /// <summary>When failures of the app as a whole hold the queue.</summary>
    public CircuitSettings Circuit { get; init => field = value ?? new(); } = new();

    /// <summary>Set while the integration only shows what it would do.</summary>
    public Pause? ObserveOnly { get; init; }

    /// <summary>When many people who are taken away at once are held; null for never.</summary>
    public InboundHoldSettings? InboundHold { get; init; }

    /// <summary>The attributes of the user schema by which people are matched to accounts when the primary identifier does not, in this order.</summary>
    public IReadOnlyList<string> MatchBy { get; init => field = value ?? []; } = [];

    /// <summary>True once a person said which account is somebody's who is still to come.</summary>
    public bool AwaitsMatches { get; init; }

    /// <summary>How long a deprovision may take until an alarm is raised, in minutes; null for no alarm.</summary>
    public int? LeaverLimitMinutes { get; init; } = 60;

    /// <summary>When the app's invitation is sent.</summary>
    public InviteModel Invite { get; init; }

    /// <summary>True when people are sent their claim link by e-mail.</summary>
    public bool ClaimMail { get; init; }

    /// <summary>The user schema where it differs from the connector's own; null for the connector's.</summary>
    public UserSchema? UserSchema { get; init; }

    /// <summary>What groups give in the app; empty where they give nothing.</summary>
    public IReadOnlyList<GroupMapping> GroupMappings { get; init => field = value ?? []; } = [];

    /// <summary>What group mappings gave once and none gives any more: who still has it without being wished it loses it.</summary>
    public AccessGrants FormerGrants { get; init => field = value ?? AccessGrants.None; } = AccessGrants.None;

    /// <summary>Mappings that were changed and that the app does not follow yet.</summary>
    public IReadOnlyList<MappingToFollow> MappingsToFollow { get; init => field = value ?? []; } = [];

    /// <summary>Set while all writes of this integration are paused.</summary>
    public Pause? Paused { get; init; }

    /// <summary>The gateway tokens; several can be valid at once during a rotation.</summary>
    public IReadOnlyList<GatewayToken> Tokens { get; init; } = [];

    // A record that was stored before these existed is read with null for them.

    /// <summary>
    /// The Entra ID tenants whose own tokens are taken beside the gateway tokens, by tenant id; empty to take none. Such a
    /// token proves that a provisioning job of the tenant calls, not which.
    /// </summary>
    public IReadOnlyList<string> EntraTenants { get; init => field = value ?? []; } = [];

    /// <summary>The user names with which a gateway token is taken as password of HTTP Basic (RFC 7617); empty to refuse Basic.</summary>
    public IReadOnlyList<string> BasicUserNames { get; init => field = value ?? []; } = [];

    /// <summary>Until when requests and answers are captured for support; null for not at all.</summary>
    public DateTimeOffset? CaptureUntil { get; init; }

    /// <summary>Set while the app is known to have no free seat.</summary>
    public SeatsTaken? Seats { get; init; }

    /// <summary>How many seats the app's plan has, as the last complete list showed them; null where it does not.</summary>
    public SeatCount? SeatCount { get; init; }

    /// <summary>The roles that the app offers, as the last sync read them; null where its connector cannot.</summary>
    public OfferedRoles? OfferedRoles { get; init; }

    /// <summary>How long activity is kept, in days; null for good.</summary>
    public int? ActivityDays { get; init; }

    /// <summary>Set while the integration is being deleted and its accounts are taken away first.</summary>
    public Pause? Closing { get; init; }

    /// <summary>When it was deleted. Nobody finds it any more; its records are kept for the auditor.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The last validation, or null before the first.</summary>
    public ValidationReport? Validation { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }
}

/// <summary>The admin account in the external app. Its secrets are in the secret store.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="LoginMethod">password, accessToken or sso.</param>
/// <param name="HasTotp">True when a TOTP secret is kept.</param>
/// <param name="UpdatedAt">When it was last saved.</param>
public sealed record ServiceAccount(string UserName, string LoginMethod, bool HasTotp, DateTimeOffset UpdatedAt)
{
    /// <summary>The name in the secret store of an integration's password or access token.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The name.</returns>
    public static string PasswordSecret(string integrationId) => $"idlcm-{integrationId}-service-password";

    /// <summary>The name in the secret store of an integration's TOTP secret.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The name.</returns>
    public static string TotpSecret(string integrationId) => $"idlcm-{integrationId}-service-totp";
}

/// <summary>What becomes of an account in the app.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeprovisionAction>))]
public enum DeprovisionAction
{
    /// <summary>It is deactivated and kept.</summary>
    [JsonStringEnumMemberName("deactivate")]
    Deactivate,

    /// <summary>It is deleted.</summary>
    [JsonStringEnumMemberName("delete")]
    Delete,
}

/// <summary>What becomes of an account whose person leaves, for each way in which an identity provider says so.</summary>
public sealed record DeprovisionModel
{
    /// <summary>On <c>active=false</c> (unassigned, disabled, soft-deleted): the account is deactivated where the app can.</summary>
    public DeprovisionAction OnDeactivate { get; init; } = DeprovisionAction.Deactivate;

    /// <summary>On SCIM DELETE (a hard delete): the account is deleted where the app can.</summary>
    public DeprovisionAction OnDelete { get; init; } = DeprovisionAction.Delete;

    /// <summary>Whoever leaves is deactivated at once and deleted after so many days; null to follow the other two. For apps that can do both.</summary>
    public int? DeleteAfterDays { get; init; }

    /// <summary>True when each deletion waits for a person's approval. Where the app can, the account is deactivated at once and waits so.</summary>
    public bool DeleteNeedsApproval { get; init; }
}

/// <summary>When the app's invitation is sent.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InviteModel>))]
public enum InviteModel
{
    /// <summary>At once.</summary>
    [JsonStringEnumMemberName("immediate")]
    Immediate,

    /// <summary>When the person opens the claim link.</summary>
    [JsonStringEnumMemberName("onClaim")]
    OnClaim,

    /// <summary>When the person opens the claim link, in apps that make accounts at once too: nobody has an account before it is needed.</summary>
    [JsonStringEnumMemberName("justInTime")]
    JustInTime,
}

/// <summary>How failed operations are tried again; what is null stays as the gateway's own rules have it.</summary>
public sealed record RetryPolicySettings
{
    /// <summary>The wait after the first failed attempt, in seconds.</summary>
    public int? FirstDelaySeconds { get; init; }

    /// <summary>The longest wait, in seconds.</summary>
    public int? MaxDelaySeconds { get; init; }

    /// <summary>The most attempts by failure code; 1 for no second one.</summary>
    public IReadOnlyDictionary<FailureCode, int> Attempts { get; init => field = value ?? new Dictionary<FailureCode, int>(); } = new Dictionary<FailureCode, int>();
}

/// <summary>When failures of the app as a whole hold the queue, so that they do not use up everybody's attempts.</summary>
/// <param name="Failures">After how many failures in a row.</param>
/// <param name="ProbeSeconds">How long until one operation is tried, in seconds; doubles up to <paramref name="MaxProbeSeconds"/>.</param>
/// <param name="MaxProbeSeconds">The longest wait between two tries, in seconds.</param>
public sealed record CircuitSettings(int Failures = 8, int ProbeSeconds = 30, int MaxProbeSeconds = 600);

/// <summary>When people whom an identity provider takes away are held: a wrong scope or group there takes away many at once.</summary>
/// <param name="WindowMinutes">The window, in minutes.</param>
/// <param name="Percent">The share of the users within the window, in per cent.</param>
/// <param name="Absolute">The most within the window, whatever the share.</param>
/// <param name="MinimumPopulation">Below this many users the share says nothing and only the absolute limit counts.</param>
public sealed record InboundHoldSettings(int WindowMinutes = 60, int Percent = 20, int Absolute = 50, int MinimumPopulation = 10);

/// <summary>A group that gives its members access in the app. After a change, <see cref="GroupMappings.FollowAsync"/> lets the app follow.</summary>
/// <param name="Group">The group: its SCIM id, or its displayName in any letter case.</param>
/// <param name="Roles">The values of the roles.</param>
public sealed record GroupMapping(string Group, IReadOnlyList<string> Roles)
{
    /// <summary>The value strings of the entitlements.</summary>
    public IReadOnlyList<string> Entitlements { get; init => field = value ?? []; } = [];

    /// <summary>What it gives.</summary>
    [JsonIgnore]
    public AccessGrants Grants => new(Roles, Entitlements);

    /// <summary>Whether it is the mapping of a group by the name that was given.</summary>
    /// <param name="group">The group as a mapping names it, in any letter case.</param>
    /// <returns>True when it is.</returns>
    public bool IsAbout(string group) => string.Equals(Group, group, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a group gets its access from it.</summary>
    /// <param name="id">The group's id.</param>
    /// <param name="displayName">Its name.</param>
    /// <returns>True when it is.</returns>
    public bool Names(string id, string? displayName) =>
        Group == id || (displayName is not null && string.Equals(Group.Trim(), displayName.Trim(), StringComparison.OrdinalIgnoreCase));
}

/// <summary>The connector version that an integration had before.</summary>
/// <param name="Version">The version.</param>
/// <param name="Settings">The settings that it had with it.</param>
public sealed record FormerConnector(string Version, IReadOnlyDictionary<string, string> Settings);

/// <summary>A mapping that was changed and that the app has to follow.</summary>
/// <param name="Group">The group as the mapping names or named it.</param>
/// <param name="By">Who changed it.</param>
/// <param name="At">When.</param>
public sealed record MappingToFollow(string Group, Provenance By, DateTimeOffset At);

/// <summary>Writes are paused.</summary>
/// <param name="By">By whom.</param>
/// <param name="At">Since when.</param>
/// <param name="Reason">Why.</param>
public sealed record Pause(string By, DateTimeOffset At, string Reason);

/// <summary>The bearer token of a SCIM gateway, as kept: never the token itself.</summary>
/// <param name="Id">Its id, part of the token.</param>
/// <param name="Label">What it is for, for example <c>Entra ID</c>.</param>
/// <param name="Hash">SHA-256 of the token, lower-case hexadecimal.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops being valid.</param>
public sealed record GatewayToken(string Id, string Label, string Hash, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>What a validation found.</summary>
public sealed record ValidationReport
{
    /// <summary>The operation that made it.</summary>
    public required string OperationId { get; init; }

    /// <summary>True when it was completed and nothing stands in the way.</summary>
    public required bool Passed { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>What it found, in the order of the checks.</summary>
    public IReadOnlyList<ValidationFinding> Findings { get; init; } = [];
}

/// <summary>One check of a validation.</summary>
/// <param name="Check">What was checked: <c>Sign in</c>, <c>Permissions and business ID</c>, <c>Users</c>, <c>Roles</c>.</param>
/// <param name="Passed">True when it is as it should be.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Code">Why it failed, or null.</param>
/// <param name="Action">What the person should do, or null.</param>
public sealed record ValidationFinding(string Check, bool Passed, string Detail, FailureCode? Code = null, string? Action = null);
