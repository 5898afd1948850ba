using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Scim;

/// <summary>The SCIM gateway's endpoints, below <c>/scim/v2/{gatewayId}</c>.</summary>
public static class ScimEndpoints
{
    /// <summary>Adds what the SCIM endpoints need.</summary>
    /// <param name="services">The services.</param>
    public static void AddScimGateway(this IServiceCollection services)
    {
        services.TryAddSingleton<GatewayAddress>();
        services.AddSingleton<AccessGuard>();
        services.AddSingleton<ProvisioningView>();
        services.AddSingleton<ScimPipeline>();
        services.AddSingleton<ScimUsers>();
        services.AddSingleton<UserDirectory>();
    }

    /// <summary>Maps the SCIM endpoints.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapScimGateway(this IEndpointRouteBuilder routes)
    {
        var pipeline = routes.ServiceProvider.GetRequiredService<ScimPipeline>();
        var users = routes.ServiceProvider.GetRequiredService<ScimUsers>();
        var scim = routes.MapGroup("/scim/v2/{gatewayId}").ExcludeFromDescription();

        scim.MapGet("/Users", pipeline.Handle(users.ListAsync));
        scim.MapPost("/Users", pipeline.Handle(users.CreateAsync));
        scim.MapGet("/Users/{id}", pipeline.Handle(users.GetAsync));
        scim.MapPut("/Users/{id}", pipeline.Handle(users.ReplaceAsync));
        scim.MapPatch("/Users/{id}", pipeline.Handle(users.PatchAsync));
        scim.MapDelete("/Users/{id}", pipeline.Handle(users.DeleteAsync));

        scim.MapGet("/ServiceProviderConfig", pipeline.Handle(ScimDiscoveryEndpoints.ServiceProviderConfigAsync));
        scim.MapGet("/ResourceTypes", pipeline.Handle(ScimDiscoveryEndpoints.ResourceTypesAsync));
        scim.MapGet("/ResourceTypes/{id}", pipeline.Handle(ScimDiscoveryEndpoints.ResourceTypeAsync));
        scim.MapGet("/Schemas", pipeline.Handle(ScimDiscoveryEndpoints.SchemasAsync));
        scim.MapGet("/Schemas/{id}", pipeline.Handle(ScimDiscoveryEndpoints.SchemaAsync));

        // Anything else below a gateway is answered in the protocol's own form too.
        scim.Map("/{**rest}", pipeline.Handle(exchange =>
        {
            var request = exchange.Http.Request;
            throw new ScimError(StatusCodes.Status404NotFound, ScimErrorType.None, $"There is no endpoint {request.Method} {request.Path}.").ToException();
        }));
    }
}
