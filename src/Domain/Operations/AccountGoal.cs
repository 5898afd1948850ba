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
    /// <returns>The goal.</returns>
    public static AccountGoal Of(IntegrationProfile profile, UserRecord user)
    {
        if (user.DeletedAt is null && user.Active)
        {
            return AccountGoal.Active;
        }

        var model = profile.Integration.Deprovision;
        var wanted = user.DeletedAt is null ? model.OnDeactivate : model.OnDelete;
        var can = profile.Manifest.Capabilities;
        return wanted == DeprovisionAction.Delete
            ? can.Delete || !can.Deactivate ? AccountGoal.Gone : AccountGoal.Inactive
            : can.Deactivate || !can.Delete ? AccountGoal.Inactive : AccountGoal.Gone;
    }

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
