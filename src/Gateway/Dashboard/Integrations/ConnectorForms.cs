using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Moves an integration to another version of its connector, and back.</summary>
internal static class ConnectorForms
{
    private const string Section = "connector";

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/integrations/{integrationId}/connector-version", MoveAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/connector-version/roll-back", RollBackAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> MoveAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return form.Text("version") is { } version
            ? await CarryOutAsync(integrationId, version, form.Text("accept") == "yes", http, service, form)
            : await IntegrationForms.FailedAsync(http, integrationId, Section, Refusal.Invalid("version", "is required: a version of the connector."), form);
    }

    private static async Task<IResult> RollBackAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await CarryOutAsync(integrationId, version: null, accept: true, http, service, await http.Request.ReadFormAsync(http.RequestAborted));

    private static async Task<IResult> CarryOutAsync(string integrationId, string? version, bool accept, HttpContext http, IntegrationService service, IFormCollection form) =>
        await IntegrationForms.DoneAsync(
            http, integrationId, Section,
            await service.MoveConnectorAsync(
                integrationId, version, settings: null, accept, ApiCaller.Of(http).Has(Permission.AllowHosts), DashboardUser.Of(http).Provenance(http), http.RequestAborted),
            form);
}
