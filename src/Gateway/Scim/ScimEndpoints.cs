using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Scim;

/// <summary>The SCIM gateway's endpoints.</summary>
public static class ScimEndpoints
{
    /// <summary>Adds what the SCIM endpoints need.</summary>
    /// <param name="services">The services.</param>
    public static void AddScimGateway(this IServiceCollection services)
    {
    }

    /// <summary>Maps the SCIM endpoints.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapScimGateway(this IEndpointRouteBuilder routes)
    {
    }
}
