using System.Text.Json.Serialization;

namespace IdLcm.Domain.Activity;

/// <summary>What happened, in the words of the activity list.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ActivityKind>))]
public enum ActivityKind
{
    /// <summary>A service account was saved for the first time.</summary>
    [JsonStringEnumMemberName("Service account created")]
    ServiceAccountCreated,

    /// <summary>A service account was changed.</summary>
    [JsonStringEnumMemberName("Service account updated")]
    ServiceAccountUpdated,

    /// <summary>A service account was removed.</summary>
    [JsonStringEnumMemberName("Service account removed")]
    ServiceAccountRemoved,

    /// <summary>A person is to get an account.</summary>
    [JsonStringEnumMemberName("User invite requested")]
    UserInviteRequested,

    /// <summary>The account is being made.</summary>
    [JsonStringEnumMemberName("User invite in progress")]
    UserInviteInProgress,

    /// <summary>The account was made and verified.</summary>
    [JsonStringEnumMemberName("User invited")]
    UserInvited,

    /// <summary>The account could not be made.</summary>
    [JsonStringEnumMemberName("User invite failed")]
    UserInviteFailed,

    /// <summary>A person's account is to change.</summary>
    [JsonStringEnumMemberName("User update requested")]
    UserUpdateRequested,

    /// <summary>The account is being changed.</summary>
    [JsonStringEnumMemberName("User update in progress")]
    UserUpdateInProgress,

    /// <summary>The account was changed and verified.</summary>
    [JsonStringEnumMemberName("User updated")]
    UserUpdated,

    /// <summary>The account could not be changed.</summary>
    [JsonStringEnumMemberName("User update failed")]
    UserUpdateFailed,

    /// <summary>A person's account is to go.</summary>
    [JsonStringEnumMemberName("User removal requested")]
    UserRemovalRequested,

    /// <summary>The account is being taken away.</summary>
    [JsonStringEnumMemberName("User removal in progress")]
    UserRemovalInProgress,

    /// <summary>The account is gone, verified.</summary>
    [JsonStringEnumMemberName("User removed")]
    UserRemoved,

    /// <summary>The account could not be taken away.</summary>
    [JsonStringEnumMemberName("User removal failed")]
    UserRemovalFailed,

    /// <summary>An identity provider made a group.</summary>
    [JsonStringEnumMemberName("Group created")]
    GroupCreated,

    /// <summary>An identity provider changed a group or its members.</summary>
    [JsonStringEnumMemberName("Group changed")]
    GroupChanged,

    /// <summary>An identity provider deleted a group.</summary>
    [JsonStringEnumMemberName("Group deleted")]
    GroupDeleted,

    /// <summary>The integration was made.</summary>
    [JsonStringEnumMemberName("SCIM integration connected")]
    IntegrationConnected,

    /// <summary>A validation was asked for.</summary>
    [JsonStringEnumMemberName("Health check triggered")]
    HealthCheckTriggered,

    /// <summary>A validation passed.</summary>
    [JsonStringEnumMemberName("Health validated")]
    HealthValidated,

    /// <summary>A validation did not pass.</summary>
    [JsonStringEnumMemberName("Health check failed")]
    HealthCheckFailed,

    /// <summary>A sync was asked for.</summary>
    [JsonStringEnumMemberName("Sync started")]
    SyncStarted,

    /// <summary>A sync was applied.</summary>
    [JsonStringEnumMemberName("Sync completed")]
    SyncCompleted,

    /// <summary>A safeguard halted a sync; nothing was applied.</summary>
    [JsonStringEnumMemberName("Sync halted by safeguard")]
    SyncHalted,

    /// <summary>A sync could not be completed.</summary>
    [JsonStringEnumMemberName("Sync failed")]
    SyncFailed,

    /// <summary>An operation failed and will be tried again.</summary>
    [JsonStringEnumMemberName("Retry scheduled")]
    RetryScheduled,

    /// <summary>A person asked for an operation to be tried again.</summary>
    [JsonStringEnumMemberName("Retry requested")]
    RetryRequested,

    /// <summary>An operation was cancelled.</summary>
    [JsonStringEnumMemberName("Operation cancelled")]
    OperationCancelled,

    /// <summary>A gateway token was made.</summary>
    [JsonStringEnumMemberName("Token generated")]
    TokenGenerated,

    /// <summary>A gateway token was revoked.</summary>
    [JsonStringEnumMemberName("Token revoked")]
    TokenRevoked,

    /// <summary>Settings were changed.</summary>
    [JsonStringEnumMemberName("Settings changed")]
    SettingsChanged,

    /// <summary>Writes were paused.</summary>
    [JsonStringEnumMemberName("Paused")]
    Paused,

    /// <summary>Writes go on.</summary>
    [JsonStringEnumMemberName("Resumed")]
    Resumed,

    /// <summary>Requests with a wrong token were refused.</summary>
    [JsonStringEnumMemberName("Access denied")]
    AccessDenied,
}

/// <summary>One entry of the audit trail of an integration. Append-only.</summary>
public sealed record ActivityEvent
{
    /// <summary>Its id; ids in key order are oldest first.</summary>
    public required string Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Who.</summary>
    public required string Actor { get; init; }

    /// <summary>What.</summary>
    public required ActivityKind Event { get; init; }

    /// <summary>On whom or what.</summary>
    public required string Target { get; init; }

    /// <summary>The SCIM user, where it is about one.</summary>
    public string? UserId { get; init; }

    /// <summary>The operation, where there is one.</summary>
    public string? OperationId { get; init; }

    /// <summary>More, in words; never a secret.</summary>
    public string? Detail { get; init; }
}
