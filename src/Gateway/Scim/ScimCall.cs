using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>One operation on one resource, whether it came as a request of its own or within a bulk request.</summary>
/// <param name="Exchange">The request.</param>
/// <param name="Id">The resource; empty where there is none yet.</param>
/// <param name="Body">The body, where there is one.</param>
/// <param name="IfMatch">The versions that the client accepts, or null for any.</param>
internal sealed record ScimCall(ScimExchange Exchange, string Id, ScimComplex? Body, string? IfMatch)
{
    /// <summary>Reads a request whose body is a JSON object.</summary>
    public static async Task<ScimCall> ReadAsync(ScimExchange exchange)
    {
        var body = await exchange.ReadBodyAsync();
        return Of(exchange) with { Body = ScimJson.ParseObject(body.Span) };
    }

    /// <summary>A request without body.</summary>
    public static ScimCall Of(ScimExchange exchange)
    {
        var headers = exchange.Http.Request.Headers;
        return new ScimCall(exchange, exchange.Http.Request.RouteValues.TryGetValue("id", out var id) ? (string)id! : "", null, Text(headers.IfMatch))
        {
            IfNoneMatch = Text(headers.IfNoneMatch),
        };
    }

    /// <summary>The versions that a write must not meet (RFC 9110 section 13.1.2), or null for none.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>Which attributes the client wants to see.</summary>
    public ScimProjection ProjectionOf(ScimResourceType type)
    {
        var query = Exchange.Http.Request.Query;
        return query.Count == 0
            ? ScimProjection.DefaultFor(type)
            : ScimProjection.Parse(type, query["attributes"], query["excludedAttributes"]);
    }

    /// <summary>Whether the client accepts a version; null for any.</summary>
    public Predicate<string>? Versions => Accepts((meta, header) => meta.IsNamedBy(header));

    /// <summary>The same for a resource of which the client guards a part.</summary>
    /// <param name="isNamed">Whether a header names a version.</param>
    public Predicate<string>? Accepts(Func<ScimMeta, string, bool> isNamed)
    {
        if (IfMatch is null && IfNoneMatch is null)
        {
            return null;
        }

        return version =>
        {
            var meta = new ScimMeta(default, default, version);
            return (IfMatch is null || isNamed(meta, IfMatch)) && (IfNoneMatch is null || !isNamed(meta, IfNoneMatch));
        };
    }

    private static string? Text(Microsoft.Extensions.Primitives.StringValues header) => header.ToString() is { Length: > 0 } text ? text : null;
}

/// <summary>The answer to one operation on one resource.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Resource">The resource to show, or null for an empty body.</param>
/// <param name="Projection">Which attributes.</param>
/// <param name="ETag">The version, where there is a resource.</param>
/// <param name="Id">The resource's id.</param>
internal sealed record ScimAnswer(int Status, ScimResource? Resource = null, ScimProjection? Projection = null, string? ETag = null, string? Id = null)
{
    /// <summary>The operation that carries the change to the app, or null.</summary>
    public string? OperationId { get; init; }

    /// <summary>Reads the resource again, once its operation has ended.</summary>
    public Func<Task<ScimAnswer>>? Again { get; init; }

    /// <summary>An answer that shows a resource.</summary>
    public static ScimAnswer Show(int status, ScimResource resource, ScimProjection? projection) =>
        new(status, resource, projection, resource.Meta!.ETag, resource.Id);

    /// <summary>Shows a resource unless the client has it already (RFC 7644 section 3.14), or asks for another version than there is.</summary>
    /// <exception cref="ScimException">412: the version is none of those that If-Match names (RFC 9110 section 13.1.1).</exception>
    public static ScimAnswer ShowUnlessKnown(ScimCall call, ScimResource resource, ScimProjection? projection)
    {
        if (call.IfMatch is { } wanted && !resource.Meta!.IsNamedBy(wanted))
        {
            throw ScimError.PreconditionFailed(resource.Meta.ETag).ToException();
        }

        var known = call.Exchange.Http.Request.Headers.IfNoneMatch;
        return known.Count > 0 && resource.Meta!.IsNamedBy(known.ToString())
            ? new ScimAnswer(StatusCodes.Status304NotModified, ETag: resource.Meta.ETag)
            : Show(StatusCodes.Status200OK, resource, projection);
    }

    /// <summary>Sends the answer.</summary>
    public Task WriteAsync(ScimExchange exchange)
    {
        if (Resource is not null)
        {
            return exchange.WriteResourceAsync(Status, Resource, Projection);
        }

        exchange.Http.Response.StatusCode = Status;
        if (ETag is not null)
        {
            exchange.Http.Response.Headers.ETag = ETag;
        }

        return Task.CompletedTask;
    }
}

/// <summary>A resource type that clients may write.</summary>
internal interface IScimResources
{
    Task<ScimAnswer> CreateAsync(ScimCall call);

    Task<ScimAnswer> ReplaceAsync(ScimCall call);

    Task<ScimAnswer> PatchAsync(ScimCall call);

    Task<ScimAnswer> DeleteAsync(ScimCall call);
}
