using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people change about how an integration acts by itself.</summary>
internal static class PolicyForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        const string home = "/integrations/{integrationId}";
        pages.MapPost(home + "/lifecycle", (string integrationId, HttpContext http, IntegrationService service) => ChangeAsync(integrationId, http, service, "lifecycle", (form, _) => PolicyFields.Lifecycle(form)))
            .Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/sync-settings", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "sync", (form, before) => new IntegrationChange { Sync = PolicyFields.Sync(form, before.Sync) })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/safeguard", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "security", (form, before) => new IntegrationChange { Safeguard = PolicyFields.Safeguard(form, before.Safeguard) })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/inbound-hold", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "hold", (form, _) => new IntegrationChange { InboundHold = PolicyFields.InboundHold(form) })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/matching", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "matching", (form, _) => new IntegrationChange { MatchBy = [.. form["matchBy"].OfType<string>().Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)] })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/retries", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "retries", (form, _) => new IntegrationChange { Retry = PolicyFields.Retry(form), Circuit = PolicyFields.Circuit(form) })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/retention", (string integrationId, HttpContext http, IntegrationService service) =>
            ChangeAsync(integrationId, http, service, "retention", (form, _) => new IntegrationChange { ActivityDays = new Maybe<int?>(true, form.Number("activityDays")) })).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/observe-only", (string integrationId, HttpContext http, IntegrationService service) => ObserveAsync(integrationId, http, service, observe: true)).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/promote", (string integrationId, HttpContext http, IntegrationService service) => ObserveAsync(integrationId, http, service, observe: false)).Needs(Permission.ManageIntegrations);
        pages.MapPost(home + "/launch", LaunchAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> ChangeAsync(
        string integrationId, HttpContext http, IntegrationService service, string section, Func<IFormCollection, Integration, IntegrationChange> read)
    {
        if (await http.RequestServices.GetRequiredService<IntegrationStore>().FindAsync(integrationId, http.RequestAborted) is not { } found)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await service.ChangeAsync(integrationId, read(form, found.Value), DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return await IntegrationForms.DoneAsync(http, integrationId, section, result, form);
    }

    private static async Task<IResult> ObserveAsync(string integrationId, HttpContext http, IntegrationService service, bool observe)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await service.ObserveAsync(integrationId, observe, form.Text("reason"), DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal
            ? await IntegrationForms.FailedAsync(http, integrationId, "observe", refusal, form)
            : IntegrationForms.Go($"/integrations/{integrationId}#observe", observe ? "observing" : "promoted");
    }

    private static async Task<IResult> LaunchAsync(string integrationId, HttpContext http, IntegrationProfiles profiles, LaunchService launches)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var settings = new LaunchSettings { Enabled = form.Text("enabled") is not null, WithoutExtension = form.Text("withoutExtension") is not null };
        return await launches.SetAsync(profile, settings, DashboardUser.Of(http).Provenance(http), http.RequestAborted) is { } refusal
            ? await IntegrationForms.FailedAsync(http, integrationId, "connected", refusal, form)
            : IntegrationForms.Go($"/integrations/{integrationId}#connected", "saved");
    }
}
