using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>What a group is to give.</summary>
/// <param name="Roles">The values of the roles.</param>
/// <param name="Entitlements">The value strings of the entitlements.</param>
internal sealed record GroupMappingRequest(IReadOnlyList<string>? Roles, IReadOnlyList<string>? Entitlements);

/// <summary>What a group gives.</summary>
/// <param name="Group">The group: its SCIM id, or its displayName in any letter case.</param>
/// <param name="Roles">The values of the roles.</param>
/// <param name="Entitlements">The value strings of the entitlements.</param>
/// <param name="GroupIds">The groups that it is about now, by SCIM id; none while no such group was pushed.</param>
internal sealed record GroupMappingResource(string Group, IReadOnlyList<string> Roles, IReadOnlyList<string> Entitlements, IReadOnlyList<string> GroupIds);

/// <summary>What the groups of an integration give in its app.</summary>
internal static class GroupMappingEndpoints
{
    private const int MaxMappings = 500;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/group-mappings", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listGroupMappings", "Group mappings", "List group mappings", "What groups that an identity provider pushes give in the app.")
            .Answers<Page<GroupMappingResource>>();
        api.MapPut("/integrations/{integrationId}/group-mappings/{group}", SaveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("saveGroupMapping", "Group mappings", "Map a group", "The group by its SCIM id or its displayName. Replaces what it gives; its members follow in the app, one operation each.")
            .Takes<GroupMappingRequest>()
            .Answers<GroupMappingResource>();
        api.MapDelete("/integrations/{integrationId}/group-mappings/{group}", DeleteAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("deleteGroupMapping", "Group mappings", "Unmap a group", "What only it gave is taken from its members in the app.")
            .Answers(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, GroupMappings groups)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var mappings = new List<GroupMappingResource>();
        foreach (var mapping in profile.Integration.GroupMappings)
        {
            mappings.Add(await DescribeAsync(profile, mapping, groups, http.RequestAborted));
        }

        return ApiJson.Ok(new Page<GroupMappingResource>(mappings, null));
    }

    private static async Task<IResult> SaveAsync(
        string integrationId, string group, HttpContext http, IntegrationProfiles profiles, EntitlementCatalog catalog, GroupMappings groups)
    {
        var body = await RequestBody.ReadAsync<GroupMappingRequest>(http);
        if (body.Value is not { } asked)
        {
            return body.Problem!;
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var name = NameOf(group);
        var rules = new GroupMappingRules(profile, catalog);
        var (mapping, problems) = await rules.CheckAsync(name, asked.Roles ?? [], asked.Entitlements ?? [], http.RequestAborted);
        if (profile.Integration.GroupMappings.Count >= MaxMappings && !profile.Integration.GroupMappings.Any(m => m.IsAbout(name)))
        {
            problems.Add(new FieldProblem("group", $"is one too many: an integration has at most {MaxMappings} mappings."));
        }

        if (problems.Count > 0)
        {
            return ApiProblems.Of(Refusal.Invalid(problems));
        }

        if (await groups.SaveAsync(integrationId, mapping, ApiCaller.Of(http).Provenance(http), http.RequestAborted) is null)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        await groups.FollowAsync(integrationId, http.RequestAborted);
        return ApiJson.Ok(await DescribeAsync(profile, mapping, groups, http.RequestAborted));
    }

    private static async Task<IResult> DeleteAsync(string integrationId, string group, HttpContext http, IntegrationStore integrations, GroupMappings groups)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is not { } found)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var name = NameOf(group);
        if (!found.Value.GroupMappings.Any(m => m.IsAbout(name)))
        {
            return ApiProblems.Of(Refusal.NotFound("group_mapping_not_found", $"There is no mapping of a group '{name}'."));
        }

        await groups.RemoveAsync(integrationId, name, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        await groups.FollowAsync(integrationId, http.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<GroupMappingResource> DescribeAsync(IntegrationProfile profile, GroupMapping mapping, GroupMappings groups, CancellationToken cancellationToken) =>
        new(mapping.Group, mapping.Roles, mapping.Entitlements, await groups.GroupsOfAsync(profile, mapping.Group, cancellationToken));

    // A slash within a segment stays encoded when the route is matched.
    private static string NameOf(string group) => group.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Trim();
}
