using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Gateway.Scim.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Scim;

/// <summary>
/// Maps paths to handlers by method. The path decides first, so that a wrong method is a 405 that says which are right,
/// and is authenticated like everything else.
/// </summary>
internal sealed class ScimRoutes(IEndpointRouteBuilder routes, ScimPipeline pipeline, OperationService operations)
{
    /// <summary>Maps a path.</summary>
    public void Map(string path, params (string Method, Func<ScimExchange, Task> Handler)[] handlers)
    {
        var methods = handlers.Select(h => h.Method).ToList();
        var allow = string.Join(", ", methods.Contains("GET") ? [.. methods, "HEAD"] : methods);
        MapAny(path, exchange =>
        {
            var method = exchange.Http.Request.Method;
            if (HttpMethods.IsHead(method))
            {
                // The server leaves out the body itself.
                method = "GET";
            }

            foreach (var (candidate, handler) in handlers)
            {
                if (string.Equals(candidate, method, StringComparison.OrdinalIgnoreCase))
                {
                    return handler(exchange);
                }
            }

            exchange.Http.Response.Headers.Allow = allow;
            if (HttpMethods.IsOptions(method))
            {
                exchange.Http.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            }

            throw new ScimError(
                StatusCodes.Status405MethodNotAllowed, ScimErrorType.None, $"{method} is not possible here; possible are {allow}.").ToException();
        });
    }

    /// <summary>Maps a path for every method.</summary>
    public void MapAny(string path, Func<ScimExchange, Task> handler) => routes.Map(path, pipeline.Handle(handler));

    /// <summary>Maps the paths of a resource type that clients may write.</summary>
    public void MapResources(string path, ScimSource source, IScimResources resources, Func<ScimCall, Task<ScimAnswer>> get)
    {
        Map(
            path,
            ("GET", exchange => ScimQueries.GetAsync(exchange, source)),
            ("POST", exchange => WriteAsync(exchange, resources.CreateAsync)));
        Map(path + "/.search", ("POST", exchange => ScimQueries.SearchAsync(exchange, source)));
        Map(
            path + "/{id}",
            ("GET", exchange => ReadAsync(exchange, get)),
            ("PUT", exchange => WriteAsync(exchange, resources.ReplaceAsync)),
            ("PATCH", exchange => WriteAsync(exchange, resources.PatchAsync)),
            ("DELETE", exchange => DeleteAsync(exchange, resources)));
    }

    /// <summary>Maps the paths of a resource type that only some integrations have and nobody may write.</summary>
    public void MapReadOnly(string path, ScimSource source, Func<ScimCall, Task<ScimAnswer>> get, Predicate<IntegrationProfile> exists)
    {
        Map(path, ("GET", IfAny(exists, exchange => ScimQueries.GetAsync(exchange, source))));
        Map(path + "/.search", ("POST", IfAny(exists, exchange => ScimQueries.SearchAsync(exchange, source))));
        Map(path + "/{id}", ("GET", IfAny(exists, exchange => ReadAsync(exchange, get))));
    }

    /// <summary>404 for a path that is not there.</summary>
    public static ScimException NoEndpoint(ScimExchange exchange) => new ScimError(
        StatusCodes.Status404NotFound,
        ScimErrorType.None,
        $"There is no endpoint {exchange.Http.Request.Method} {exchange.Http.Request.Path}.").ToException();

    private static Func<ScimExchange, Task> IfAny(Predicate<IntegrationProfile> exists, Func<ScimExchange, Task> handler) =>
        exchange => exists(exchange.Profile) ? handler(exchange) : throw NoEndpoint(exchange);

    private static async Task ReadAsync(ScimExchange exchange, Func<ScimCall, Task<ScimAnswer>> get) =>
        await (await get(ScimCall.Of(exchange))).WriteAsync(exchange);

    private async Task WriteAsync(ScimExchange exchange, Func<ScimCall, Task<ScimAnswer>> write) =>
        await AnswerAsync(exchange, await write(await ScimCall.ReadAsync(exchange)));

    private async Task DeleteAsync(ScimExchange exchange, IScimResources resources) =>
        await AnswerAsync(exchange, await resources.DeleteAsync(ScimCall.Of(exchange)));

    private async Task AnswerAsync(ScimExchange exchange, ScimAnswer answer)
    {
        var preferred = await ScimPreference.Of(exchange.Http.Request).ApplyAsync(exchange, answer, operations);
        await preferred.WriteAsync(exchange);
    }
}
