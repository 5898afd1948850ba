using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>What a group is to give.</summary>
/// <param name="Roles">The values of the roles.</param>
/// <param name="Entitlements">The value strings of the entitlements.</param>
internal sealed record GroupMappingRequest(IReadOnlyList<string>? Roles, IReadOnlyList<string>? Entitlements);

/// <summary>What the groups of an integration give in its app.</summary>
internal static class GroupMappingEndpoints
{
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

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, GroupMappingChanges changes) =>
        await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? ApiJson.Ok(new Page<GroupMappingResource>(await changes.ListAsync(profile, http.RequestAborted), null))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> SaveAsync(string integrationId, string group, HttpContext http, IntegrationProfiles profiles, GroupMappingChanges changes)
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

        var result = await changes.SaveAsync(profile, NameOf(group), asked.Roles ?? [], asked.Entitlements ?? [], ApiCaller.Of(http).Provenance(http), http.RequestAborted);
        return result.Value is { } saved ? ApiJson.Ok(saved) : ApiProblems.Of(result.Refusal!);
    }

    private static async Task<IResult> DeleteAsync(string integrationId, string group, HttpContext http, IntegrationStore integrations, GroupMappingChanges changes) =>
        await integrations.FindAsync(integrationId, http.RequestAborted) is not { } found ? ApiProblems.NoIntegration(integrationId)
        : await changes.RemoveAsync(found.Value, NameOf(group), ApiCaller.Of(http).Provenance(http), http.RequestAborted) is { } refusal ? ApiProblems.Of(refusal)
        : Results.NoContent();

    // A slash within a segment stays encoded when the route is matched.
    private static string NameOf(string group) => group.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Trim();
}
