using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Api;

/// <summary>To which version of its connector an integration is to be moved.</summary>
internal sealed record ConnectorVersionRequest
{
    public string? Version { get; init; }

    /// <summary>Settings to set with it, by name.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    /// <summary>True when the changes that need attention have been seen and are wanted.</summary>
    public bool Accept { get; init; }
}

/// <summary>The version of its connector that an integration pins: what there is, moving to another, going back.</summary>
internal static class ConnectorVersionEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/integrations/{integrationId}/connector-versions", ListAsync)
            .Requires(Permission.ReadIntegrations)
            .Documents("listConnectorVersions", "Integrations", "List the connector's versions", "Newest first, each with what moving to it would change.")
            .Answers<Page<ConnectorMove>>();
        api.MapPut("/integrations/{integrationId}/connector-version", MoveAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("moveConnectorVersion", "Integrations", "Move to another version of the connector", "Changes that need attention must be accepted; other hosts are allowed by an Admin. The integration is validated again. The other integrations of the app stay where they are.")
            .Takes<ConnectorVersionRequest>()
            .Answers<SavedResource>();
        api.MapPost("/integrations/{integrationId}/connector-version/roll-back", RollBackAsync)
            .Requires(Permission.ManageIntegrations)
            .Documents("rollBackConnectorVersion", "Integrations", "Go back to the version before", "With the settings that it had. The integration is validated again.")
            .Answers<SavedResource>();
    }

    private static async Task<IResult> ListAsync(string integrationId, HttpContext http, IntegrationService service) =>
        await service.ConnectorVersionsAsync(integrationId, http.RequestAborted) is { } versions
            ? ApiJson.Ok(new Page<ConnectorMove>(versions, null))
            : ApiProblems.NoIntegration(integrationId);

    private static async Task<IResult> MoveAsync(
        string integrationId, HttpContext http, IntegrationService service, IntegrationStore integrations, GatewayAddress address, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync<ConnectorVersionRequest>(http);
        if (body.Value is not { } request)
        {
            return body.Problem!;
        }

        if (string.IsNullOrWhiteSpace(request.Version))
        {
            return ApiProblems.Of(Refusal.Invalid("version", "is required: a version of the connector."));
        }

        var caller = ApiCaller.Of(http);
        if (await SettingsRule.CheckAsync(caller, integrations, integrationId, request.Settings, http.RequestAborted) is { } refusal)
        {
            return ApiProblems.Of(refusal);
        }

        return Show(
            await service.MoveConnectorAsync(
                integrationId, request.Version, request.Settings, request.Accept, caller.Has(Permission.AllowHosts), caller.Provenance(http), http.RequestAborted),
            http, address, clock);
    }

    private static async Task<IResult> RollBackAsync(string integrationId, HttpContext http, IntegrationService service, GatewayAddress address, TimeProvider clock)
    {
        var caller = ApiCaller.Of(http);
        return Show(
            await service.MoveConnectorAsync(
                integrationId, version: null, settings: null, accept: true, caller.Has(Permission.AllowHosts), caller.Provenance(http), http.RequestAborted),
            http, address, clock);
    }

    private static IResult Show(Result<SavedIntegration> result, HttpContext http, GatewayAddress address, TimeProvider clock) => result.Value is { } saved
        ? ApiJson.Ok(new SavedResource(saved, address.ScimBase(http.Request, saved.View.Integration.Id), clock.GetUtcNow()))
        : ApiProblems.Of(result.Refusal!);
}
