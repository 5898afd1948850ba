using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people change about what groups give.</summary>
internal static class GroupForms
{
    private const string Section = "groups";

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/integrations/{integrationId}/groups", SaveAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/groups/remove", RemoveAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> SaveAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, GroupMappingChanges changes)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return await FormDecision.TakeAsync(
            integrationId, http, profiles,
            (profile, _, by) => changes.SaveAsync(profile, form.Text("group") ?? "", [.. form["roles"].OfType<string>().Where(role => role.Length > 0)], form.Lines("entitlements"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}#{Section}", "group-mapped"),
            refusal => IntegrationForms.FailedAsync(http, integrationId, Section, refusal, form));
    }

    private static async Task<IResult> RemoveAsync(string integrationId, HttpContext http, IntegrationStore integrations, GroupMappingChanges changes)
    {
        if (await integrations.FindAsync(integrationId, http.RequestAborted) is not { } found)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return await changes.RemoveAsync(found.Value, form.Text("group") ?? "", DashboardUser.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? IntegrationForms.Refused(refusal)
            : IntegrationForms.Go($"/integrations/{integrationId}#{Section}", "group-unmapped");
    }
}
