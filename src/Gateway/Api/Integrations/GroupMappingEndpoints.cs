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

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, GroupReader groups)
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
        string integrationId, string group, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, EntitlementCatalog catalog, GroupReader groups, GroupService service, TimeProvider clock)
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
        if (profile.Integration.GroupMappings.Count >= MaxMappings && !profile.Integration.GroupMappings.Any(m => IsThat(m, name)))
        {
            problems.Add(new FieldProblem("group", $"is one too many: an integration has at most {MaxMappings} mappings."));
        }

        if (problems.Count > 0)
        {
            return ApiProblems.Of(Refusal.Invalid(problems));
        }

        var detail = $"Group mapping '{name}' gives roles [{string.Join(", ", mapping.Roles)}] and entitlements [{string.Join(", ", mapping.Entitlements)}]";
        var changed = await ChangeAsync(integrationId, mappings => [.. mappings.Where(m => !IsThat(m, name)), mapping], detail, http, integrations, clock);
        return changed is not null && await ReapplyAsync(integrationId, name, http, profiles, groups, service) is { } now
            ? ApiJson.Ok(await DescribeAsync(now, mapping, groups, http.RequestAborted))
            : ApiProblems.NoIntegration(integrationId);
    }

    private static async Task<IResult> DeleteAsync(
        string integrationId, string group, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, GroupReader groups, GroupService service, TimeProvider clock)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is not { } found)
        {
            return ApiProblems.NoIntegration(integrationId);
        }

        var name = NameOf(group);
        if (!found.Value.GroupMappings.Any(m => IsThat(m, name)))
        {
            return ApiProblems.Of(Refusal.NotFound("group_mapping_not_found", $"There is no mapping of a group '{name}'."));
        }

        await ChangeAsync(integrationId, mappings => [.. mappings.Where(m => !IsThat(m, name))], $"Group mapping '{name}' removed", http, integrations, clock);
        await ReapplyAsync(integrationId, name, http, profiles, groups, service);
        return Results.NoContent();
    }

    private static Task<Integration?> ChangeAsync(
        string integrationId, Func<IReadOnlyList<GroupMapping>, IReadOnlyList<GroupMapping>> change, string detail, HttpContext http, IntegrationStore integrations, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return integrations.ChangeAsync(
            integrationId,
            before =>
            {
                var after = change(before.GroupMappings);
                var gives = AccessGrants.Union(after.Select(m => m.Grants));
                var gave = AccessGrants.Union([before.FormerGrants, .. before.GroupMappings.Select(m => m.Grants)]);
                return (
                    before with { GroupMappings = after, FormerGrants = gave.Except(gives), ModifiedAt = now },
                    [
                        new ActivityEvent
                        {
                            Id = Ids.OldestFirst(now),
                            Date = now,
                            Actor = ApiCaller.Of(http).Provenance(http).Actor,
                            Event = ActivityKind.SettingsChanged,
                            Target = before.Name,
                            Detail = detail,
                        },
                    ]);
            },
            http.RequestAborted);
    }

    /// <summary>
    /// Lets the app follow. A request that is repeated does it again, so what a crash between the change and this left
    /// undone is done then.
    /// </summary>
    private static async Task<IntegrationProfile?> ReapplyAsync(
        string integrationId, string name, HttpContext http, IntegrationProfiles profiles, GroupReader groups, GroupService service)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return null;
        }

        foreach (var id in await GroupsOfAsync(profile, name, groups, http.RequestAborted))
        {
            await service.ReapplyAsync(profile, id, ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        }

        return profile;
    }

    private static async Task<GroupMappingResource> DescribeAsync(IntegrationProfile profile, GroupMapping mapping, GroupReader groups, CancellationToken cancellationToken) =>
        new(mapping.Group, mapping.Roles, mapping.Entitlements, await GroupsOfAsync(profile, mapping.Group, groups, cancellationToken));

    private static async Task<IReadOnlyList<string>> GroupsOfAsync(IntegrationProfile profile, string name, GroupReader groups, CancellationToken cancellationToken)
    {
        var mapping = new GroupMapping(name, []);
        var found = (await groups.FindByIndexAsync(profile, 'd', name, cancellationToken)).Where(g => mapping.Names(g.Id, g.Record.DisplayName)).Select(g => g.Id).ToList();
        if (await groups.FindAsync(profile, name, cancellationToken) is { } byId && !found.Contains(byId.Id, StringComparer.Ordinal))
        {
            found.Add(byId.Id);
        }

        return found;
    }

    private static bool IsThat(GroupMapping mapping, string name) => string.Equals(mapping.Group, name, StringComparison.OrdinalIgnoreCase);

    // A slash within a segment stays encoded when the route is matched.
    private static string NameOf(string group) => group.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Trim();
}
