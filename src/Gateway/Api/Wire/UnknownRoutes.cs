using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace IdLcm.Gateway.Api;

/// <summary>Answers what no endpoint does: 405 where the path takes other methods, else 404. Only holders of a key learn which.</summary>
internal static class UnknownRoutes
{
    public static void Map(RouteGroupBuilder api) =>
        api.Map("/{**path}", Answer).Requires(Permission.ReadWorkspace).ExcludeFromDescription();

    private static IResult Answer(HttpContext http, EndpointDataSource endpoints)
    {
        var methods = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => Matches(endpoint, http.Request.Path))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (methods.Count == 0)
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, "endpoint_not_found", $"There is no endpoint {http.Request.Path}. See /api/openapi.json.");
        }

        http.Response.Headers.Allow = string.Join(", ", methods);
        return ApiProblems.Of(
            StatusCodes.Status405MethodNotAllowed, "method_not_allowed", $"{http.Request.Path} takes {string.Join(", ", methods)}, not {http.Request.Method}.");
    }

    private static bool Matches(RouteEndpoint endpoint, PathString path) =>
        endpoint.RoutePattern.RawText is { } pattern
        && endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is not null
        && new TemplateMatcher(TemplateParser.Parse(pattern), []).TryMatch(path, []);
}
