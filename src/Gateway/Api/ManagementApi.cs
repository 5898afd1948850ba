using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Api;

/// <summary>The management API.</summary>
public static class ManagementApi
{
    /// <summary>Adds what the management API needs.</summary>
    /// <param name="services">The services.</param>
    public static void AddManagementApi(this IServiceCollection services)
    {
    }

    /// <summary>Maps the management API.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapManagementApi(this IEndpointRouteBuilder routes)
    {
    }
}
