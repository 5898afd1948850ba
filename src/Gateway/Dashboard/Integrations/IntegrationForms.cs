using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What people change about an integration.</summary>
internal static class IntegrationForms
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapPost("/integrations/{integrationId}/sync", SyncAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/validate", ValidateAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/pause", PauseAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/resume", ResumeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/settings", SaveSettingsAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/service-account", SaveServiceAccountAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/schema", SaveSchemaAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/schema/fields", SaveSchemaFieldsAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/schema/reset", ResetSchemaAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/tokens", GenerateTokenAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/integrations/{integrationId}/tokens/{tokenId}/revoke", RevokeTokenAsync).Needs(Permission.ManageIntegrations);
    }

    /// <summary>After a form, the browser loads a page: loading that again repeats nothing.</summary>
    public static IResult Go(string path, string? done = null)
    {
        var anchor = path.IndexOf('#', StringComparison.Ordinal);
        var (page, fragment) = anchor < 0 ? (path, "") : (path[..anchor], path[anchor..]);
        return new SeeOther(done is null ? path : $"{page}{(page.Contains('?', StringComparison.Ordinal) ? '&' : '?')}done={done}{fragment}");
    }

    private static async Task<IResult> SyncAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await service.SyncAsync(integrationId, By(http), http.RequestAborted) is { } id ? Go($"/integrations/{integrationId}/operations/{id}", "syncing") : IntegrationPages.Missing();

    private static async Task<IResult> ValidateAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await service.ValidateAsync(integrationId, By(http), http.RequestAborted) is { } id ? Go($"/integrations/{integrationId}/operations/{id}", "validating") : IntegrationPages.Missing();

    private static async Task<IResult> PauseAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await service.PauseAsync(integrationId, form.Text("reason"), By(http), http.RequestAborted);
        return result.Refusal is { } refusal ? await FailedAsync(http, integrationId, "settings", refusal, form) : Go(PageOf(http, integrationId), "paused");
    }

    private static async Task<IResult> ResumeAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var result = await service.ResumeAsync(integrationId, By(http), http.RequestAborted);
        return result.Refusal is { } refusal ? Refused(refusal) : Go(PageOf(http, integrationId), "resumed");
    }

    private static async Task<IResult> SaveSettingsAsync(string integrationId, HttpContext http, IntegrationService service, IntegrationStore integrations)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var change = new IntegrationChange
        {
            Name = form["name"].ToString(),
            Settings = form.Settings(),
        };
        return await SettingsRule.CheckAsync(ApiCaller.Of(http), integrations, integrationId, change.Settings, http.RequestAborted) is { } refusal
            ? Refused(refusal)
            : await DoneAsync(http, integrationId, "settings", await service.ChangeAsync(integrationId, change, By(http), http.RequestAborted), form);
    }

    private static async Task<IResult> SaveServiceAccountAsync(string integrationId, HttpContext http, IntegrationService service, IntegrationProfiles profiles)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var profile = await profiles.FindAsync(integrationId, http.RequestAborted);
        var input = form.ServiceAccount(profile?.Manifest, profile?.Integration.ServiceAccount);
        return await DoneAsync(http, integrationId, "service-account", await service.SaveServiceAccountAsync(integrationId, input, By(http), http.RequestAborted), form);
    }

    private static async Task<IResult> SaveSchemaAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return SchemaText.Read(form["schema"].ToString(), out var problem) is { } schema
            ? await DoneAsync(http, integrationId, "schema", await service.ChangeAsync(integrationId, new IntegrationChange { UserSchema = schema }, By(http), http.RequestAborted), form)
            : await FailedAsync(http, integrationId, "schema", problem!, form);
    }

    private static async Task<IResult> SaveSchemaFieldsAsync(string integrationId, HttpContext http, IntegrationService service, IntegrationProfiles profiles)
    {
        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var draft = SchemaForm.Read(form, profile.Schema);
        var result = await service.ChangeAsync(integrationId, new IntegrationChange { UserSchema = draft }, By(http), http.RequestAborted);
        return result.Refusal is { Kind: RefusalKind.Invalid } refusal
            ? await IntegrationPages.ShowAsync(http, integrationId, model => model with { FailedForm = "schema", Refusal = refusal, SchemaDraft = draft, SchemaJson = SchemaText.Write(draft) }, StatusCodes.Status400BadRequest)
            : await DoneAsync(http, integrationId, "schema", result, form);
    }

    private static async Task<IResult> ResetSchemaAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var result = await service.ChangeAsync(integrationId, new IntegrationChange { ResetUserSchema = true }, By(http), http.RequestAborted);
        return result.Refusal is { } refusal ? Refused(refusal) : Go($"/integrations/{integrationId}#schema", "schema-reset");
    }

    private static async Task<IResult> GenerateTokenAsync(string integrationId, HttpContext http, IntegrationService service)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await service.GenerateTokenAsync(
            integrationId, form.Text("label"), form.Number("lifetimeDays"), form.Number("overlapHours"), By(http), http.RequestAborted);

        // The one answer to a form that is a page itself: the token must not lie anywhere to be fetched later.
        return result.Value is { } made
            ? await IntegrationPages.ShowAsync(http, integrationId, model => model with { NewToken = made })
            : await FailedAsync(http, integrationId, "tokens", result.Refusal!, form);
    }

    private static async Task<IResult> RevokeTokenAsync(string integrationId, string tokenId, HttpContext http, IntegrationService service)
    {
        var result = await service.RevokeTokenAsync(integrationId, tokenId, By(http), http.RequestAborted);
        return result.Refusal is { } refusal ? Refused(refusal) : Go($"/integrations/{integrationId}#tokens", "token-revoked");
    }

    /// <summary>The page of the integration on which a form of its head was sent: whoever pauses while looking at its users goes on looking at them.</summary>
    private static string PageOf(HttpContext http, string integrationId)
    {
        var home = $"/integrations/{integrationId}";
        var page = DashboardGate.FormPath(http.Request) ?? home;
        var path = page.Split('?')[0];
        return path.StartsWith($"{home}/", StringComparison.Ordinal) ? page.Contains("done=", StringComparison.Ordinal) ? path : page : home;
    }

    private static Provenance By(HttpContext http) => DashboardUser.Of(http).Provenance(http);

    /// <summary>A page that says why something was not done.</summary>
    public static IResult Refused(Refusal refusal) => DashboardGate.Problem(
        refusal.Kind switch
        {
            RefusalKind.NotFound => StatusCodes.Status404NotFound,
            RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
            RefusalKind.Conflict => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        },
        "Not done",
        refusal.Detail);

    /// <summary>Goes back to the form's section, or shows it again with what was wrong.</summary>
    public static async Task<IResult> DoneAsync(HttpContext http, string integrationId, string section, Result<SavedIntegration> result, IFormCollection form) =>
        result.Value is { } saved
            ? Go($"/integrations/{integrationId}#{section}", saved.ValidationOperationId is null ? "saved" : "saved-validating")
            : await FailedAsync(http, integrationId, section, result.Refusal!, form);

    /// <summary>Shows a form again with what was wrong and what was typed.</summary>
    public static async Task<IResult> FailedAsync(HttpContext http, string integrationId, string section, Refusal refusal, IFormCollection form) =>
        refusal.Kind == RefusalKind.Invalid
            ? await IntegrationPages.ShowAsync(http, integrationId, model => model with { FailedForm = section, Refusal = refusal, Fields = form.Typed() }, StatusCodes.Status400BadRequest)
            : Refused(refusal);

    /// <summary>303 See Other (RFC 9110 section 15.4.4).</summary>
    private sealed class SeeOther(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}
