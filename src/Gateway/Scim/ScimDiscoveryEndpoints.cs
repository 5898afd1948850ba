using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The discovery endpoints (RFC 7644 section 4): what this integration really has.</summary>
internal static class ScimDiscoveryEndpoints
{
    private static readonly ScimServiceProviderConfig Config = new();

    public static Task ServiceProviderConfigAsync(ScimExchange exchange) => ScimExchange.WriteAsync(
        exchange.Http, StatusCodes.Status200OK, exchange.BaseUrl, static (writer, baseUrl) => Config.WriteTo(writer, baseUrl));

    public static Task ResourceTypesAsync(ScimExchange exchange) => ScimExchange.WriteAsync(
        exchange.Http, StatusCodes.Status200OK, exchange, static (writer, e) => ScimDiscovery.WriteResourceTypes(writer, Types(e), e.BaseUrl));

    public static Task ResourceTypeAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var type = Types(exchange).FirstOrDefault(t => t.Name == id) ?? throw ScimError.NotFound("ResourceType", id).ToException();
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (type, exchange.BaseUrl), static (writer, s) => ScimDiscovery.WriteResourceType(writer, s.type, s.BaseUrl));
    }

    public static Task SchemasAsync(ScimExchange exchange) => ScimExchange.WriteAsync(
        exchange.Http, StatusCodes.Status200OK, exchange, static (writer, e) => ScimDiscovery.WriteSchemas(writer, ScimDiscovery.SchemasOf(Types(e)), e.BaseUrl));

    public static Task SchemaAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var schema = ScimDiscovery.SchemasOf(Types(exchange)).FirstOrDefault(s => string.Equals(s.Id, id, StringComparison.OrdinalIgnoreCase))
            ?? throw ScimError.NotFound("Schema", id).ToException();
        return ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (schema, exchange.BaseUrl), static (writer, s) => ScimDiscovery.WriteSchema(writer, s.schema, s.BaseUrl));
    }

    private static IReadOnlyList<ScimResourceType> Types(ScimExchange exchange) => [exchange.Profile.UserType];
}
