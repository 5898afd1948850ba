using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The discovery endpoints (RFC 7644 section 4): what this integration really has.</summary>
internal static class ScimDiscoveryEndpoints
{
    public static Task ServiceProviderConfigAsync(ScimExchange exchange) => ScimExchange.WriteAsync(
        exchange.Http, StatusCodes.Status200OK, exchange, static (writer, e) => ScimCapabilities.Of(e.Profile).WriteTo(writer, e.BaseUrl));

    public static Task ResourceTypesAsync(ScimExchange exchange)
    {
        RefuseFilter(exchange);
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, exchange, static (writer, e) => ScimDiscovery.WriteResourceTypes(writer, TypesOf(e.Profile), e.BaseUrl));
    }

    public static Task ResourceTypeAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var type = TypesOf(exchange.Profile).FirstOrDefault(t => t.Name == id) ?? throw ScimError.NotFound("ResourceType", id).ToException();
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (type, exchange.BaseUrl), static (writer, s) => ScimDiscovery.WriteResourceType(writer, s.type, s.BaseUrl));
    }

    public static Task SchemasAsync(ScimExchange exchange)
    {
        RefuseFilter(exchange);
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, exchange, static (writer, e) => ScimDiscovery.WriteSchemas(writer, ScimDiscovery.SchemasOf(TypesOf(e.Profile)), e.BaseUrl));
    }

    public static Task SchemaAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var schema = ScimDiscovery.SchemasOf(TypesOf(exchange.Profile)).FirstOrDefault(s => string.Equals(s.Id, id, StringComparison.OrdinalIgnoreCase))
            ?? throw ScimError.NotFound("Schema", id).ToException();
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (schema, exchange.BaseUrl), static (writer, s) => ScimDiscovery.WriteSchema(writer, s.schema, s.BaseUrl));
    }

    /// <summary>The resource types of an integration: roles and entitlements only where its app has them.</summary>
    public static IReadOnlyList<ScimResourceType> TypesOf(IntegrationProfile profile)
    {
        var types = new List<ScimResourceType>(4) { profile.UserType, ScimSchemas.GroupType };
        if (HasRoles(profile))
        {
            types.Add(ScimSchemas.RoleType);
        }

        if (HasEntitlements(profile))
        {
            types.Add(ScimSchemas.EntitlementType);
        }

        return types;
    }

    public static bool HasRoles(IntegrationProfile profile) => profile.Schema.Roles.Count > 0;

    public static bool HasEntitlements(IntegrationProfile profile) => profile.Schema.EntitlementTypes.Count > 0;

    /// <summary>RFC 7644 section 4: a filter on discovery is answered with 403, so that nobody takes a part for the whole.</summary>
    private static void RefuseFilter(ScimExchange exchange)
    {
        if (exchange.Http.Request.Query.ContainsKey("filter"))
        {
            throw new ScimError(StatusCodes.Status403Forbidden, ScimErrorType.None, "Discovery is not filtered.").ToException();
        }
    }
}
