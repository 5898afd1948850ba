using System.Text.Json.Serialization;

namespace IdLcm.Domain.Integrations;

/// <summary>Workspace-wide switches. Row <c>workspace</c> of the workspace partition.</summary>
public sealed record Workspace
{
    /// <summary>Set while all writes of every integration are paused.</summary>
    public Pause? Paused { get; init; }
}

/// <summary>An entry of the list of integrations. Row <c>i:{id}</c> of the workspace partition; the integration itself is in its own.</summary>
/// <param name="Id">The integration's id.</param>
/// <param name="ConnectorId">Its connector.</param>
public sealed record IntegrationEntry(string Id, string ConnectorId);

/// <summary>Whether an app has been validated in this workspace. Row <c>app:{connectorId}</c> of the workspace partition.</summary>
/// <param name="FirstIntegrationId">The integration whose validation counts.</param>
/// <param name="ValidatedAt">When it was first completed; null until then.</param>
public sealed record AppValidation(string FirstIntegrationId, DateTimeOffset? ValidatedAt);

/// <summary>What a person or program may do in the workspace.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WorkspaceRole>))]
public enum WorkspaceRole
{
    /// <summary>Everything for the integrations given to them, but create or delete one.</summary>
    IntegrationManager,

    /// <summary>Everything but administrators and API keys.</summary>
    Admin,

    /// <summary>Everything but owners.</summary>
    SuperAdmin,

    /// <summary>Everything.</summary>
    Owner,
}

/// <summary>A key for the management API, as kept: never the key itself. Row <c>key:{id}</c> of the workspace partition.</summary>
/// <param name="Id">Its id, part of the key.</param>
/// <param name="Label">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">SHA-256 of the key, lower-case hexadecimal.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops being valid; null for never.</param>
/// <param name="IntegrationIds">For <see cref="WorkspaceRole.IntegrationManager"/>, the integrations given to it.</param>
public sealed record ApiKey(
    string Id,
    string Label,
    WorkspaceRole Role,
    string Hash,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt = null,
    IReadOnlyList<string>? IntegrationIds = null);
