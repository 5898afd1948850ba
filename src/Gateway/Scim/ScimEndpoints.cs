using IdLcm.Domain.Erasure;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Gateway.Scim.Access;
using IdLcm.Gateway.Scim.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdLcm.Gateway.Scim;

/// <summary>The SCIM gateway's endpoints, below <c>/scim/v2/{gatewayId}</c>.</summary>
public static class ScimEndpoints
{
    /// <summary>The longest address: the longest filter that is read fits, escaped as it is, and a longer one is refused in SCIM's own form.</summary>
    private const int MaxRequestLine = 64 * 1024;

    /// <summary>Adds what the SCIM endpoints need.</summary>
    /// <param name="services">The services.</param>
    public static void AddScimGateway(this IServiceCollection services)
    {
        services.Configure<KestrelServerOptions>(static kestrel => kestrel.Limits.MaxRequestLineSize = MaxRequestLine);
        services.TryAddSingleton<GatewayAddress>();
        services.AddScimAccess();
        services.AddSingleton<ProvisioningView>();
        services.AddSingleton<ScimPipeline>();
        services.AddSingleton<ScimUsers>();
        services.AddSingleton<ScimGroups>();
        services.AddSingleton<ScimRoles>();
        services.AddSingleton<ScimEntitlements>();
        services.AddSingleton<ScimBulk>();
        services.AddSingleton<ScimTransactions>();
        services.AddSingleton<IPersonTraces>(s => s.GetRequiredService<ScimTransactions>());
    }

    /// <summary>Maps the SCIM endpoints.</summary>
    /// <param name="routes">The routes.</param>
    public static void MapScimGateway(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var scim = new ScimRoutes(
            routes.MapGroup("/scim/v2/{gatewayId}").ExcludeFromDescription(),
            services.GetRequiredService<ScimPipeline>(),
            services.GetRequiredService<OperationService>());
        var users = services.GetRequiredService<ScimUsers>();
        var groups = services.GetRequiredService<ScimGroups>();
        var roles = services.GetRequiredService<ScimRoles>();
        var entitlements = services.GetRequiredService<ScimEntitlements>();

        scim.MapResources("/Users", users, users, users.GetAsync);
        scim.MapResources("/Groups", groups, groups, groups.GetAsync);
        scim.MapReadOnly("/Roles", roles, roles.GetAsync, ScimDiscoveryEndpoints.HasRoles);
        scim.MapReadOnly("/Entitlements", entitlements, entitlements.GetAsync, ScimDiscoveryEndpoints.HasEntitlements);

        scim.Map("/", ("GET", exchange => ScimQueries.GetAsync(exchange, SourcesOf(exchange))));
        scim.Map("/.search", ("POST", exchange => ScimQueries.SearchAsync(exchange, SourcesOf(exchange))));
        scim.Map("/Bulk", ("POST", services.GetRequiredService<ScimBulk>().PostAsync));
        scim.MapAny("/Me", _ => throw new ScimError(
            StatusCodes.Status501NotImplemented, ScimErrorType.None, "A gateway token stands for an identity provider, not for a person.").ToException());

        scim.Map("/ServiceProviderConfig", ("GET", ScimDiscoveryEndpoints.ServiceProviderConfigAsync));
        scim.Map("/ResourceTypes", ("GET", ScimDiscoveryEndpoints.ResourceTypesAsync));
        scim.Map("/ResourceTypes/{id}", ("GET", ScimDiscoveryEndpoints.ResourceTypeAsync));
        scim.Map("/Schemas", ("GET", ScimDiscoveryEndpoints.SchemasAsync));
        scim.Map("/Schemas/{id}", ("GET", ScimDiscoveryEndpoints.SchemaAsync));

        // Where RFC 9967 has a client look for what became of a request that it did not wait for.
        scim.Map(ScimTransactions.Path + "/{id}", ("GET", services.GetRequiredService<ScimTransactions>().GetAsync));

        // Anything else below a gateway is answered in the protocol's own form too.
        scim.MapAny("/{**rest}", exchange => throw ScimRoutes.NoEndpoint(exchange));
        routes.Map("/scim/{version}/{**rest}", OtherVersionAsync).ExcludeFromDescription();

        IReadOnlyList<ScimSource> SourcesOf(ScimExchange exchange)
        {
            var sources = new List<ScimSource> { users, groups };
            if (ScimDiscoveryEndpoints.HasRoles(exchange.Profile))
            {
                sources.Add(roles);
            }

            if (ScimDiscoveryEndpoints.HasEntitlements(exchange.Profile))
            {
                sources.Add(entitlements);
            }

            return sources;
        }
    }

    /// <summary>RFC 7644 section 3.13: the version is part of the base URL, and here it is v2.</summary>
    private static Task OtherVersionAsync(HttpContext http)
    {
        var version = (string)http.Request.RouteValues["version"]!;
        return ScimExchange.WriteErrorAsync(http, version is not ['v' or 'V', >= '0' and <= '9', ..] || string.Equals(version, "v2", StringComparison.OrdinalIgnoreCase)
            ? new ScimError(StatusCodes.Status404NotFound, ScimErrorType.None, "There is no SCIM gateway at this address.")
            : new ScimError(StatusCodes.Status400BadRequest, ScimErrorType.InvalidVersion, $"This server speaks SCIM v2, not {version}."));
    }
}
