using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Disables and deletes integrations.</summary>
internal static class DangerForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/integrations/{integrationId}/disable", DisableAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/delete", DeleteAsync).Needs(Permission.CreateIntegrations);
    }

    private static Task<IResult> DisableAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, IntegrationClosing closing) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            (_, form, by) => closing.DisableAsync(integrationId, form.Text("reason"), by, http.RequestAborted),
            _ => IntegrationForms.Go($"/integrations/{integrationId}", "disabled"),
            refusal => AgainAsync(integrationId, http, refusal));

    private static Task<IResult> DeleteAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, IntegrationClosing closing) =>
        FormDecision.TakeAsync(
            integrationId, http, profiles,
            async (profile, form, by) => form.Text("confirm") != profile.Integration.Name
                ? Refusal.Invalid("confirm", $"must be the integration's name, “{profile.Integration.Name}”.")
                : form.Text("accounts") is "keep" or "takeAway"
                    ? await closing.DeleteAsync(integrationId, form.Text("accounts") == "takeAway", form.Text("reason"), by, http.RequestAborted)
                    : Refusal.Invalid("accounts", "is required: what becomes of the accounts."),
            _ => IntegrationForms.Go("/integrations", "deleting"),
            refusal => AgainAsync(integrationId, http, refusal));

    private static async Task<IResult> AgainAsync(string integrationId, HttpContext http, Refusal refusal)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return await IntegrationPages.ShowAsync(
            http, integrationId, model => model with { FailedForm = "danger", Refusal = refusal, Fields = form.Typed() }, StatusCodes.Status400BadRequest);
    }
}
