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

    /// <summary>A sync has read the app and made its plan.</summary>
    [JsonStringEnumMemberName("Sync plan ready")]
    SyncPlanReady,

    /// <summary>A person allowed a halted plan once.</summary>
    [JsonStringEnumMemberName("Sync plan allowed once")]
    SyncAllowed,

    /// <summary>A person rejected a halted plan.</summary>
    [JsonStringEnumMemberName("Sync plan rejected")]
    SyncRejected,

    /// <summary>A person gave or took entitlements.</summary>
    [JsonStringEnumMemberName("Access changed")]
    AccessDecided,

    /// <summary>The account of somebody who is wanted is gone, and nobody here took it away.</summary>
    [JsonStringEnumMemberName("Account missing in app")]
    AccountMissing,

    /// <summary>Operations were opened to correct what the app shows.</summary>
    [JsonStringEnumMemberName("Drift correction requested")]
    DriftCorrection,

    /// <summary>An operation is kept until a person says that it may run.</summary>
    [JsonStringEnumMemberName("Operation held")]
    OperationHeld,

    /// <summary>A person let a held operation run.</summary>
    [JsonStringEnumMemberName("Operation released")]
    OperationReleased,

    /// <summary>A destructive change waits for a person.</summary>
    [JsonStringEnumMemberName("Approval requested")]
    ApprovalRequested,

    /// <summary>A person approved a destructive change.</summary>
    [JsonStringEnumMemberName("Approved")]
    Approved,

    /// <summary>A person rejected a destructive change.</summary>
    [JsonStringEnumMemberName("Approval rejected")]
    ApprovalRejected,

    /// <summary>Failures of the app as a whole hold the queue.</summary>
    [JsonStringEnumMemberName("Queue held")]
    CircuitOpened,

    /// <summary>The app answers again and the queue goes on.</summary>
    [JsonStringEnumMemberName("Queue resumed")]
    CircuitClosed,

    /// <summary>A deactivated account is to be deleted some day.</summary>
    [JsonStringEnumMemberName("Deletion scheduled")]
    DeletionScheduled,

    /// <summary>An account that was to be deleted is kept.</summary>
    [JsonStringEnumMemberName("Deletion undone")]
    DeletionUndone,

    /// <summary>A person took all access of somebody away.</summary>
    [JsonStringEnumMemberName("Emergency revoke")]
    AccessRevoked,

    /// <summary>A person gave back what an emergency revoke took.</summary>
    [JsonStringEnumMemberName("Emergency revoke lifted")]
    AccessRestored,

    /// <summary>A person matched an account to somebody.</summary>
    [JsonStringEnumMemberName("User matched")]
    Matched,

    /// <summary>A person exempted an unmatched account.</summary>
    [JsonStringEnumMemberName("User exempted")]
    Exempted,

    /// <summary>An unmatched account is not exempted any more.</summary>
    [JsonStringEnumMemberName("Exemption ended")]
    ExemptionEnded,

    /// <summary>A person decided to remove an unmatched account.</summary>
    [JsonStringEnumMemberName("User removal decided")]
    RemovalDecided,

    /// <summary>The integration was moved to another version of its connector.</summary>
    [JsonStringEnumMemberName("Connector version changed")]
    ConnectorVersionChanged,

    /// <summary>The integration only shows what it would do.</summary>
    [JsonStringEnumMemberName("Observe only started")]
    ObserveOnlyStarted,

    /// <summary>The integration does what it shows.</summary>
    [JsonStringEnumMemberName("Observe only ended")]
    ObserveOnlyEnded,

    /// <summary>Automation cannot go on without a person.</summary>
    [JsonStringEnumMemberName("Human task opened")]
    TaskOpened,

    /// <summary>A person took a task or commented on it.</summary>
    [JsonStringEnumMemberName("Human task changed")]
    TaskChanged,

    /// <summary>A person closed a task; a read proves it.</summary>
    [JsonStringEnumMemberName("Human task closed")]
    TaskClosed,

    /// <summary>A task is past its due date.</summary>
    [JsonStringEnumMemberName("Human task overdue")]
    TaskOverdue,

    /// <summary>A deprovision is not verified within its time limit.</summary>
    [JsonStringEnumMemberName("Leaver overdue")]
    LeaverOverdue,

    /// <summary>A password was changed in the app.</summary>
    [JsonStringEnumMemberName("Password rotated")]
    PasswordRotated,

    /// <summary>A second factor was turned on.</summary>
    [JsonStringEnumMemberName("MFA enabled")]
    MfaEnabled,

    /// <summary>A second factor was turned off.</summary>
    [JsonStringEnumMemberName("MFA disabled")]
    MfaDisabled,

    /// <summary>The service account's password is to change.</summary>
    [JsonStringEnumMemberName("Password rotation requested")]
    PasswordRotationRequested,

    /// <summary>The password could not be changed, or nobody could prove that it was.</summary>
    [JsonStringEnumMemberName("Password rotation failed")]
    PasswordRotationFailed,

    /// <summary>A second factor is to be turned on or off.</summary>
    [JsonStringEnumMemberName("MFA change requested")]
    MfaChangeRequested,

    /// <summary>A second factor could not be turned on or off.</summary>
    [JsonStringEnumMemberName("MFA change failed")]
    MfaChangeFailed,

    /// <summary>A person excepted an account from a rule of the posture.</summary>
    [JsonStringEnumMemberName("Posture exception set")]
    PostureExceptionSet,

    /// <summary>An exception from a rule of the posture ended.</summary>
    [JsonStringEnumMemberName("Posture exception ended")]
    PostureExceptionEnded,

    /// <summary>A service account's password is older than its policy wants.</summary>
    [JsonStringEnumMemberName("Password too old")]
    PasswordTooOld,

    /// <summary>A service account has no second factor, though the app offers one.</summary>
    [JsonStringEnumMemberName("MFA missing")]
    MfaMissing,

    /// <summary>No sign-in has proved for a while which password of a service account is in force.</summary>
    [JsonStringEnumMemberName("Password not proved")]
    PasswordUnsettled,

    /// <summary>An exception from a rule of the posture ends soon.</summary>
    [JsonStringEnumMemberName("Posture exception expiring")]
    PostureExceptionExpiring,

    /// <summary>The credential of a person's own account is kept.</summary>
    [JsonStringEnumMemberName("Connected account saved")]
    ConnectedAccountSaved,

    /// <summary>The credential of a person's own account is not kept any more.</summary>
    [JsonStringEnumMemberName("Connected account forgotten")]
    ConnectedAccountForgotten,

    /// <summary>The own account of somebody who left is to be secured.</summary>
    [JsonStringEnumMemberName("Account securing requested")]
    AccountSecuringRequested,

    /// <summary>It has another password, or its sessions were ended, or both.</summary>
    [JsonStringEnumMemberName("Account secured")]
    AccountSecured,

    /// <summary>It could not be secured.</summary>
    [JsonStringEnumMemberName("Account securing failed")]
    AccountSecuringFailed,

    /// <summary>A credential was released to its person's browser.</summary>
    [JsonStringEnumMemberName("Launched")]
    Launched,

    /// <summary>A person was not launched.</summary>
    [JsonStringEnumMemberName("Launch denied")]
    LaunchDenied,

    /// <summary>A key for the management API was made.</summary>
    [JsonStringEnumMemberName("API key created")]
    KeyCreated,

    /// <summary>A key for the management API was revoked.</summary>
    [JsonStringEnumMemberName("API key revoked")]
    KeyRevoked,

    /// <summary>A call of the management API was refused.</summary>
    [JsonStringEnumMemberName("Call denied")]
    CallDenied,

    /// <summary>A person signed in.</summary>
    [JsonStringEnumMemberName("Signed in")]
    SignedIn,

    /// <summary>A person signed out.</summary>
    [JsonStringEnumMemberName("Signed out")]
    SignedOut,

    /// <summary>Somebody was not let in.</summary>
    [JsonStringEnumMemberName("Sign-in denied")]
    SignInDenied,

    /// <summary>The integration was deleted.</summary>
    [JsonStringEnumMemberName("SCIM integration deleted")]
    IntegrationDeleted,

    /// <summary>A notification could not be delivered for a day.</summary>
    [JsonStringEnumMemberName("Notification given up")]
    NotificationDead,

    /// <summary>Old activity was removed by retention; its hash stays.</summary>
    [JsonStringEnumMemberName("Activity trimmed")]
    ActivityTrimmed,

    /// <summary>The personal data of a deleted person were erased.</summary>
    [JsonStringEnumMemberName("Personal data erased")]
    PersonErased,

    /// <summary>A claim link was made for a person.</summary>
    [JsonStringEnumMemberName("Claim link made")]
    ClaimLinkSent,

    /// <summary>An administrator had an account made without the person's claim.</summary>
    [JsonStringEnumMemberName("Claim skipped")]
    ClaimSkipped,

    /// <summary>A person was sent their claim link by e-mail.</summary>
    [JsonStringEnumMemberName("Claim mail sent")]
    ClaimMailSent,

    /// <summary>A claim link could not be sent by e-mail.</summary>
    [JsonStringEnumMemberName("Claim mail failed")]
    ClaimMailFailed,

    /// <summary>A person opened their claim link.</summary>
    [JsonStringEnumMemberName("Account claimed")]
    Claimed,
}
