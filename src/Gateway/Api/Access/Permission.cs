using System.Collections.Frozen;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;

namespace IdLcm.Gateway.Api;

/// <summary>What an endpoint of the management API demands of its caller. Every endpoint declares exactly one.</summary>
internal enum Permission
{
    /// <summary>Nothing: the endpoint says nothing about this workspace.</summary>
    Anonymous,

    /// <summary>Any valid key: oneself, the catalog, the workspace's switches.</summary>
    ReadWorkspace,

    /// <summary>See the integrations given to the caller.</summary>
    ReadIntegrations,

    /// <summary>Change and run the integrations given to the caller.</summary>
    ManageIntegrations,

    /// <summary>Decide about halted syncs, approvals, held operations and drift of the integrations given to the caller.</summary>
    DecideChanges,

    /// <summary>Make new integrations.</summary>
    CreateIntegrations,

    /// <summary>Pause and resume the whole workspace.</summary>
    PauseWorkspace,

    /// <summary>Name hosts that the server itself calls, as those of webhooks: whoever may could have it call anything that it reaches.</summary>
    AllowHosts,

    /// <summary>Have the personal data of deleted people erased.</summary>
    ErasePeople,

    /// <summary>See, make and revoke API keys.</summary>
    ManageKeys,

    /// <summary>Make links that sign in to the dashboard as the workspace's Owner.</summary>
    SignInAsOwner,
}

/// <summary>Which role has which permission, as one table.</summary>
internal static class Permissions
{
    private static readonly FrozenDictionary<WorkspaceRole, FrozenSet<Permission>> Table = new Dictionary<WorkspaceRole, FrozenSet<Permission>>
    {
        [WorkspaceRole.IntegrationManager] = [Permission.ReadWorkspace, Permission.ReadIntegrations, Permission.ManageIntegrations, Permission.DecideChanges],
        [WorkspaceRole.Admin] =
        [
            Permission.ReadWorkspace, Permission.ReadIntegrations, Permission.ManageIntegrations, Permission.DecideChanges, Permission.CreateIntegrations,
            Permission.PauseWorkspace, Permission.AllowHosts, Permission.ErasePeople,
        ],
        [WorkspaceRole.SuperAdmin] =
        [
            Permission.ReadWorkspace, Permission.ReadIntegrations, Permission.ManageIntegrations, Permission.DecideChanges, Permission.CreateIntegrations,
            Permission.PauseWorkspace, Permission.AllowHosts, Permission.ErasePeople, Permission.ManageKeys,
        ],
        [WorkspaceRole.Owner] =
        [
            Permission.ReadWorkspace, Permission.ReadIntegrations, Permission.ManageIntegrations, Permission.DecideChanges, Permission.CreateIntegrations,
            Permission.PauseWorkspace, Permission.AllowHosts, Permission.ErasePeople, Permission.ManageKeys, Permission.SignInAsOwner,
        ],
    }.ToFrozenDictionary();

    /// <summary>The permissions of a role.</summary>
    public static IReadOnlySet<Permission> Of(WorkspaceRole role) => Table[role];

    /// <summary>Declares what an endpoint demands.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequiredPermission(permission));
}

/// <summary>The permission that an endpoint declares.</summary>
/// <param name="Permission">The permission.</param>
internal sealed record RequiredPermission(Permission Permission);
