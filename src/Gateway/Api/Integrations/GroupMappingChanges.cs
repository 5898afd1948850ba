using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;

namespace IdLcm.Gateway.Api;

/// <summary>What a group gives.</summary>
/// <param name="Group">The group: its SCIM id, or its displayName in any letter case.</param>
/// <param name="Roles">The values of the roles.</param>
/// <param name="Entitlements">The value strings of the entitlements.</param>
/// <param name="GroupIds">The groups that it is about now, by SCIM id; none while no such group was pushed.</param>
internal sealed record GroupMappingResource(string Group, IReadOnlyList<string> Roles, IReadOnlyList<string> Entitlements, IReadOnlyList<string> GroupIds);

/// <summary>Reads and changes what groups give, whichever door the wish comes in by.</summary>
/// <param name="catalog">What the app offers.</param>
/// <param name="groups">Keeps the mappings and lets the app follow.</param>
internal sealed class GroupMappingChanges(EntitlementCatalog catalog, GroupMappings groups)
{
    private const int MaxMappings = 500;

    /// <summary>Reads the mappings, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<GroupMappingResource>> ListAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        var mappings = new List<GroupMappingResource>();
        foreach (var mapping in profile.Integration.GroupMappings)
        {
            mappings.Add(await DescribeAsync(profile, mapping, cancellationToken));
        }

        return mappings;
    }

    /// <summary>Maps a group, in place of what it gave before; its members follow in the app.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="group">The group: its SCIM id, or its displayName.</param>
    /// <param name="roles">The roles that it gives.</param>
    /// <param name="entitlements">The value strings of the entitlements that it gives.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The mapping, or the fields that are at fault.</returns>
    public async Task<Result<GroupMappingResource>> SaveAsync(
        IntegrationProfile profile, string group, IReadOnlyList<string> roles, IReadOnlyList<string> entitlements, Provenance by, CancellationToken cancellationToken)
    {
        var (mapping, problems) = await new GroupMappingRules(profile, catalog).CheckAsync(group, roles, entitlements, cancellationToken);
        if (profile.Integration.GroupMappings.Count >= MaxMappings && !profile.Integration.GroupMappings.Any(m => m.IsAbout(group)))
        {
            problems.Add(new FieldProblem("group", $"is one too many: an integration has at most {MaxMappings} mappings."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var integrationId = profile.Integration.Id;
        if (await groups.SaveAsync(integrationId, mapping, by, cancellationToken) is null)
        {
            return Refusal.NotFound("integration_not_found", $"There is no integration '{integrationId}'.");
        }

        await groups.FollowAsync(integrationId, cancellationToken);
        return await DescribeAsync(profile, mapping, cancellationToken);
    }

    /// <summary>Ends the mapping of a group; what only it gave is taken from its members in the app.</summary>
    /// <returns>Null when it is done, or why it is not.</returns>
    public async Task<Refusal?> RemoveAsync(Integration integration, string group, Provenance by, CancellationToken cancellationToken)
    {
        if (!integration.GroupMappings.Any(m => m.IsAbout(group)))
        {
            return Refusal.NotFound("group_mapping_not_found", $"There is no mapping of a group '{group}'.");
        }

        await groups.RemoveAsync(integration.Id, group, by, cancellationToken);
        await groups.FollowAsync(integration.Id, cancellationToken);
        return null;
    }

    private async Task<GroupMappingResource> DescribeAsync(IntegrationProfile profile, GroupMapping mapping, CancellationToken cancellationToken) =>
        new(mapping.Group, mapping.Roles, mapping.Entitlements, await groups.GroupsOfAsync(profile, mapping.Group, cancellationToken));
}
