using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Users;

/// <summary>
/// A SCIM User resource: the identity provider's wish (the <i>desired</i> record). Row <c>u:{id}</c>, from its deletion on
/// <c>ud:{id}</c>. What the app
/// shows is the <see cref="AppAccount"/>.
/// </summary>
public sealed record UserRecord
{
    /// <summary>The SCIM id: stable for ever, never used again, in order of creation.</summary>
    public required string Id { get; init; }

    /// <summary>Grows with every change of the wish; the SCIM version is made of it alone.</summary>
    public required long Generation { get; init; }

    /// <summary>Grows when a group gives or takes something; SCIM versions do not depend on it.</summary>
    public long AccessGeneration { get; init; }

    /// <summary>Grows with everything that the app is to agree with: what an outcome is compared with.</summary>
    [JsonIgnore]
    public long Wish => Generation + AccessGeneration;

    /// <summary>The attributes as the identity provider sent them: JSON in UTF-8 without id, meta and groups.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Resource { get; init; }

    /// <summary>True when an identity provider stands behind it; false for an unmatched app user.</summary>
    public required bool Owned { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the wish last changed.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>When the identity provider deleted it; SCIM does not show it from then on.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The key of the app account that it stands for: see <see cref="AppAccount.Key"/>.</summary>
    public required string AccountKey { get; init; }

    /// <summary>True when the wish is an account that can be used.</summary>
    public required bool Active { get; init; }
}

/// <summary>
/// An account in the external app, as last seen or as being made (the <i>observed</i> record). Row <c>a:{key}</c>.
/// Operations are serialized by it, so that delete-and-recreate under a new SCIM id cannot overtake itself.
/// </summary>
public sealed record AppAccount
{
    /// <summary>Hash of the folded primary identifier.</summary>
    public required string Key { get; init; }

    /// <summary>The primary identifier, as the identity provider or the app spells it.</summary>
    public required string Identifier { get; init; }

    /// <summary>The SCIM user that owns it.</summary>
    public required string UserId { get; init; }

    /// <summary>Where it stands. Null for a reservation (see <see cref="ReservedFor"/>).</summary>
    public ProvisioningState? State { get; init; }

    /// <summary>When the state last changed.</summary>
    public DateTimeOffset StateChangedAt { get; init; }

    /// <summary>The operation that is queued, running or waiting for its next attempt; null when none is.</summary>
    public string? OpenOperationId { get; init; }

    /// <summary>The last operation on this account, open or ended.</summary>
    public string? LastOperationId { get; init; }

    /// <summary>Why the last operation failed, or null when it did not.</summary>
    public Failure? LastFailure { get; init; }

    /// <summary>The human task that its last failure opened; it may be closed since. Null when none was.</summary>
    public string? TaskId { get; init; }

    /// <summary>The newest operations, newest first, at most <see cref="MaxRecentOperations"/>.</summary>
    public IReadOnlyList<string> RecentOperations { get; init; } = [];

    /// <summary>The <see cref="UserRecord.Wish"/> that the app was last proved to satisfy.</summary>
    public long SatisfiedGeneration { get; init; }

    /// <summary>What the app showed last; null when it was never seen, or seen gone.</summary>
    public ObservedAccount? Observed { get; init; }

    /// <summary>The values last written and verified, by the names of the user schema: what the app does not show is compared with them.</summary>
    public JsonObject? Applied { get; init; }

    /// <summary>When an operation proved the account deleted; null when it did not, or the account came back.</summary>
    public DateTimeOffset? DiedAt { get; init; }

    /// <summary>When a list showed the account again after <see cref="DiedAt"/>; lists can be stale, so it takes another one to believe it.</summary>
    public DateTimeOffset? SeenAgainAt { get; init; }

    /// <summary>
    /// Since when the account of somebody who is wanted is known to be gone without anybody here having taken it away. That
    /// is a drift for a person to decide about: no later change of the wish makes the account again by itself.
    /// </summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>When an account that was deactivated is to be deleted; null for never.</summary>
    public DateTimeOffset? DeleteDueAt { get; init; }

    /// <summary>The roles and entitlements that the app shows, since when and why.</summary>
    public IReadOnlyList<Access.AccessGrant> Grants { get; init => field = value ?? []; } = [];

    /// <summary>A person took all access away, whatever identity providers wish, until a person gives it back.</summary>
    public Revocation? Revoked { get; init; }

    /// <summary>The <see cref="UserRecord.Wish"/> for which a person approved that the account be removed and made again.</summary>
    public long? RecreateApproved { get; init; }

    /// <summary>When somebody asked that the app's pending invitation be sent again; null when it was, or nobody did.</summary>
    public DateTimeOffset? ResendAskedAt { get; init; }

    /// <summary>The key of the account that is about to take this identifier: nobody else may.</summary>
    public string? ReservedFor { get; init; }

    /// <summary>How many operations <see cref="RecentOperations"/> holds at the most.</summary>
    public const int MaxRecentOperations = 20;

    /// <summary>The account with a new state.</summary>
    /// <param name="state">The state to move to.</param>
    /// <param name="now">The time.</param>
    /// <returns>The account.</returns>
    /// <exception cref="IllegalTransitionException">The transition is not in the table.</exception>
    public AppAccount Move(ProvisioningState state, DateTimeOffset now) =>
        this with { State = ProvisioningStates.Move(State, state), StateChangedAt = now };

    /// <summary>The account with a newly opened operation.</summary>
    /// <param name="operationId">The operation.</param>
    /// <returns>The account.</returns>
    public AppAccount Opened(string operationId) => this with
    {
        OpenOperationId = operationId,
        LastOperationId = operationId,
        RecentOperations = [operationId, .. RecentOperations.Take(MaxRecentOperations - 1)],
    };
}

/// <summary>A person took all access of an account away.</summary>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
public sealed record Revocation(string By, DateTimeOffset At, string Reason);

/// <summary>An account as a read of the app showed it.</summary>
public sealed record ObservedAccount
{
    /// <summary>The primary identifier as the app spells it.</summary>
    public required string Identifier { get; init; }

    /// <summary>active, pending or suspended.</summary>
    public required string Status { get; init; }

    /// <summary>The row that was read, by the names of the user schema.</summary>
    public required JsonObject Attributes { get; init; }

    /// <summary>When it was read.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>True when the account can be used or will be when its invitation is accepted.</summary>
    public bool Active => Status is not "suspended";

    /// <summary>The roles that it showed.</summary>
    public IReadOnlyList<string> Roles => AttributeValues.Strings(Attributes["roles"]);

    /// <summary>The value strings of the entitlements that it showed.</summary>
    public IReadOnlyList<string> Entitlements => AttributeValues.Strings(Attributes["entitlements"]);
}
