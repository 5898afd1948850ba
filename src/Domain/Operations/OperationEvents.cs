using IdLcm.Domain.Activity;

namespace IdLcm.Domain.Operations;

/// <summary>The activity events of operations.</summary>
internal static class OperationEvents
{
    public static ActivityKind Requested(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ActivityKind.UserInviteRequested,
        OperationKind.Update => ActivityKind.UserUpdateRequested,
        OperationKind.Deprovision => ActivityKind.UserRemovalRequested,
        OperationKind.Sync => ActivityKind.SyncStarted,
        OperationKind.RotatePassword or OperationKind.RotateAccountPassword => ActivityKind.PasswordRotationRequested,
        OperationKind.EnableMfa or OperationKind.DisableMfa => ActivityKind.MfaChangeRequested,
        OperationKind.SecureAccount => ActivityKind.AccountSecuringRequested,
        _ => ActivityKind.HealthCheckTriggered,
    };

    public static ActivityKind? InProgress(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ActivityKind.UserInviteInProgress,
        OperationKind.Update => ActivityKind.UserUpdateInProgress,
        OperationKind.Deprovision => ActivityKind.UserRemovalInProgress,
        _ => null,
    };

    public static ActivityKind Succeeded(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ActivityKind.UserInvited,
        OperationKind.Update => ActivityKind.UserUpdated,
        OperationKind.Deprovision => ActivityKind.UserRemoved,
        OperationKind.Sync => ActivityKind.SyncCompleted,
        OperationKind.RotatePassword or OperationKind.RotateAccountPassword => ActivityKind.PasswordRotated,
        OperationKind.EnableMfa => ActivityKind.MfaEnabled,
        OperationKind.DisableMfa => ActivityKind.MfaDisabled,
        OperationKind.SecureAccount => ActivityKind.AccountSecured,
        _ => ActivityKind.HealthValidated,
    };

    public static ActivityKind Failed(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ActivityKind.UserInviteFailed,
        OperationKind.Update => ActivityKind.UserUpdateFailed,
        OperationKind.Deprovision => ActivityKind.UserRemovalFailed,
        OperationKind.Sync => ActivityKind.SyncFailed,
        OperationKind.RotatePassword or OperationKind.RotateAccountPassword => ActivityKind.PasswordRotationFailed,
        OperationKind.EnableMfa or OperationKind.DisableMfa => ActivityKind.MfaChangeFailed,
        OperationKind.SecureAccount => ActivityKind.AccountSecuringFailed,
        _ => ActivityKind.HealthCheckFailed,
    };

    public static ActivityEvent Make(ActivityKind kind, Operation operation, string actor, DateTimeOffset now, string? detail = null) => ActivityEvent.Of(now, actor, kind, operation.Target, detail, operation.UserId, operation.Id);
}
