using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Api;

/// <summary>The management API, below <c>/api</c>.</summary>
public static class ManagementApi
{
    /// <summary>Adds what the management API needs.</summary>
    /// <param name="services">The services.</param>
    public static void AddManagementApi(this IServiceCollection services)
    {
        services.AddSingleton<IntegrationViews>();
        services.AddSingleton<StatusHistory>();
        services.AddSingleton<IntegrationService>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<FailureLimiter>();
        services.AddSingleton<DeniedCalls>();
        services.AddSingleton<NotificationChannels>();
        services.AddSingleton<UnmatchedRemoval>();
        services.AddSingleton<GroupMappingChanges>();
        services.AddSingleton<Domain.Access.AccessReport>();
        services.AddSingleton<Claims.ClaimLinks>();
        services.AddSingleton<ApiGate>();
        services.AddSingleton<OperationLocator>();
        services.AddSingleton<UserListing>();
        services.AddSingleton<Posture.CredentialChanges>();
        services.TryAddSingleton<InstanceHistory>();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJsonContext.Default));
        services.AddApiDocument();
    }

    /// <summary>Maps the management API.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapManagementApi(this IEndpointRouteBuilder routes)
    {
        var gate = routes.ServiceProvider.GetRequiredService<ApiGate>();
        var api = routes.MapGroup("/api").AddEndpointFilter(gate.InvokeAsync);
        WorkspaceEndpoints.Map(api);
        KeyEndpoints.Map(api);
        AppEndpoints.Map(api);
        IntegrationEndpoints.Map(api);
        StatusHistoryEndpoint.Map(api);
        ConnectorVersionEndpoints.Map(api);
        TokenEndpoints.Map(api);
        ScimAccessEndpoints.Map(api);
        GroupMappingEndpoints.Map(api);
        UserEndpoints.Map(api);
        OperationEndpoints.Map(api);
        InstanceEndpoint.Map(api);
        SyncPlanEndpoints.Map(api);
        AssetEndpoints.Map(api);
        ApprovalEndpoints.Map(api);
        HumanTaskEndpoints.Map(api);
        UnmatchedEndpoints.Map(api);
        LeaverEndpoints.Map(api);
        Launch.ConnectedAccountEndpoints.Map(api);
        Posture.PostureEndpoints.Map(api);
        Posture.RotationPolicyEndpoints.Map(api);
        NotificationEndpoints.Map(api);
        AccessEndpoints.Map(api);
        Claims.ClaimEndpoints.Map(api);
        EvidenceEndpoint.Map(api);
        ActivityEndpoints.Map(api);
        EventStream.Map(api);
        api.MapOpenApi("/openapi.json").Requires(Permission.Anonymous);
        UnknownRoutes.Map(api);
    }
}
