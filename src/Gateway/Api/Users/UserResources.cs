using System.Text.Json.Nodes;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Api;

/// <summary>A user, as in lists: the identity provider's wish and what the app shows.</summary>
internal record UserResource
{
    /// <summary>The SCIM id.</summary>
    public required string Id { get; init; }

    public required string UserName { get; init; }

    /// <summary>The primary identifier as the app shows it; null while the app shows no account.</summary>
    public required string? UsernameInApp { get; init; }

    public required string? DisplayName { get; init; }

    public required string? Email { get; init; }

    /// <summary>App access: the roles that the app shows.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>True when the app shows an account that can be used.</summary>
    public required bool ActiveInApp { get; init; }

    /// <summary>active, pending or suspended as the app shows it; null while it shows no account.</summary>
    public required string? StatusInApp { get; init; }

    /// <summary>The externalId.</summary>
    public required string? UpstreamUserId { get; init; }

    /// <summary>True when an identity provider stands behind it; false for an unmatched app user.</summary>
    public required bool Owned { get; init; }

    public required ProvisioningState? ProvisioningState { get; init; }

    public required DateTimeOffset LastUpdated { get; init; }

    public required string? LastOperationId { get; init; }

    /// <summary>The operation that is queued, running or waiting for its next attempt.</summary>
    public required string? OpenOperationId { get; init; }

    public required FailureResource? Failure { get; init; }

    /// <summary>When the deactivated account is to be deleted; null for never.</summary>
    public DateTimeOffset? DeleteDueAt { get; init; }

    /// <summary>Set while a person has taken all access away, whatever identity providers wish.</summary>
    public Revocation? Revoked { get; init; }

    /// <summary>True when the identity provider deleted the user; SCIM does not show it any more.</summary>
    public required bool Deleted { get; init; }
}

/// <summary>A user by itself.</summary>
internal sealed record UserDetails : UserResource
{
    public required DateTimeOffset CreatedAt { get; init; }

    public required DesiredResource Desired { get; init; }

    public required ObservedResource? Observed { get; init; }

    /// <summary>The newest operations of the account, newest first.</summary>
    public required IReadOnlyList<OperationResource> Operations { get; init; }
}

/// <summary>The identity provider's wish.</summary>
/// <param name="Generation">Grows with every change of the wish.</param>
/// <param name="SatisfiedGeneration">The generation that the app was last proved to satisfy.</param>
/// <param name="Active">True when the account is to be usable.</param>
/// <param name="Roles">The wished roles; empty where the identity provider sends none.</param>
/// <param name="Attributes">The wished values by the names of the user schema.</param>
internal sealed record DesiredResource(long Generation, long SatisfiedGeneration, bool Active, IReadOnlyList<string> Roles, JsonObject Attributes);

/// <summary>What the app showed last.</summary>
/// <param name="Identifier">The primary identifier as the app spells it.</param>
/// <param name="Status">active, pending or suspended.</param>
/// <param name="Roles">The roles.</param>
/// <param name="Attributes">What was read, by the names of the user schema.</param>
/// <param name="SeenAt">When it was read.</param>
internal sealed record ObservedResource(string Identifier, string Status, IReadOnlyList<string> Roles, JsonObject Attributes, DateTimeOffset SeenAt);
