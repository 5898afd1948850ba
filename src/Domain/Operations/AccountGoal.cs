using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>What is to become of an account in the app.</summary>
public enum AccountGoal
{
    /// <summary>It is there and can be used.</summary>
    Active,

    /// <summary>It is kept, but cannot be used.</summary>
    Inactive,

    /// <summary>It is gone.</summary>
    Gone,
}

/// <summary>Decides what is to be done for an account.</summary>
public static class AccountGoals
{
    /// <summary>What the wish means in this app.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="user">The user that owns the account.</param>
    /// <param name="account">The account.</param>
    /// <param name="now">The time: an account that was deactivated may be due to be deleted.</param>
    /// <returns>The goal.</returns>
    public static AccountGoal Of(IntegrationProfile profile, UserRecord user, AppAccount account, DateTimeOffset now)
    {
        var left = HasLeft(profile, user);
        if (!left && account.Revoked is null)
        {
            return AccountGoal.Active;
        }

        var model = profile.Integration.Deprovision;
        var can = profile.Manifest.Capabilities;
        var wanted = !left || user.DeletedAt is null ? model.OnDeactivate : model.OnDelete;
        if (left && profile.Integration.Closing is null && model.DeleteAfterDays is not null && can is { Deactivate: true, Delete: true })
        {
            return account.DeleteDueAt <= now ? AccountGoal.Gone : AccountGoal.Inactive;
        }

        if (wanted == DeprovisionAction.Delete && model.DeleteNeedsApproval && can is { Deactivate: true, Delete: true } && account.Observed is { Active: true })
        {
            // Nobody keeps access for as long as a person thinks about the deletion.
            return AccountGoal.Inactive;
        }

        return wanted == DeprovisionAction.Delete
            ? can.Delete || !can.Deactivate ? AccountGoal.Gone : AccountGoal.Inactive
            : can.Deactivate || !can.Delete ? AccountGoal.Inactive : AccountGoal.Gone;
    }

    /// <summary>Whether the identity provider says that a person leaves.</summary>
    /// <param name="profile">The integration; one that is being deleted has nobody any more.</param>
    /// <param name="user">The user.</param>
    /// <returns>True when the user was deactivated or deleted.</returns>
    public static bool HasLeft(IntegrationProfile profile, UserRecord user) =>
        user.DeletedAt is not null || !user.Active || (profile.Integration.Closing is not null && user.Owned);

    /// <summary>The place of an operation in the queue.</summary>
    /// <param name="account">The account.</param>
    /// <param name="goal">Its goal.</param>
    /// <returns>The priority.</returns>
    public static int PriorityOf(AppAccount account, AccountGoal goal) =>
        account.Revoked is not null ? OperationPriority.Emergency : goal == AccountGoal.Active ? OperationPriority.Normal : OperationPriority.Leaver;

    /// <summary>The operation that brings an account from where it stands to its goal.</summary>
    /// <param name="state">Where it stands; null for no record.</param>
    /// <param name="goal">The goal.</param>
    /// <returns>The kind of operation, or null when there is nothing to do.</returns>
    public static OperationKind? KindFor(ProvisioningState? state, AccountGoal goal) => state switch
    {
        null or ProvisioningState.Deleted => goal == AccountGoal.Gone ? null : OperationKind.Provision,
        ProvisioningState.ProvisioningAwaiting or ProvisioningState.ProvisioningOngoing or ProvisioningState.ProvisioningFailed =>
            goal == AccountGoal.Gone ? OperationKind.Deprovision : OperationKind.Provision,
        _ => goal == AccountGoal.Gone ? OperationKind.Deprovision : OperationKind.Update,
    };

    /// <summary>The <i>awaiting</i> state of an operation.</summary>
    /// <param name="kind">Its kind.</param>
    /// <returns>The state.</returns>
    public static ProvisioningState Awaiting(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ProvisioningState.ProvisioningAwaiting,
        OperationKind.Deprovision => ProvisioningState.DeleteAwaiting,
        _ => ProvisioningState.UpdateAwaiting,
    };

    /// <summary>The <i>ongoing</i> state of an operation.</summary>
    /// <param name="kind">Its kind.</param>
    /// <returns>The state.</returns>
    public static ProvisioningState Ongoing(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ProvisioningState.ProvisioningOngoing,
        OperationKind.Deprovision => ProvisioningState.DeleteOngoing,
        _ => ProvisioningState.UpdateOngoing,
    };

    /// <summary>The <i>failed</i> state of an operation.</summary>
    /// <param name="kind">Its kind.</param>
    /// <returns>The state.</returns>
    public static ProvisioningState Failed(OperationKind kind) => kind switch
    {
        OperationKind.Provision => ProvisioningState.ProvisioningFailed,
        OperationKind.Deprovision => ProvisioningState.DeleteFailed,
        _ => ProvisioningState.UpdateFailed,
    };
}
