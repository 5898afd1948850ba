using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>How endpoints describe themselves for the OpenAPI document.</summary>
internal static class EndpointDocumentation
{
    /// <summary>What stands in the place of the media type of bodies until the document is written.</summary>
    public const string AnyMediaType = "*/*";

    /// <summary>Names and explains an endpoint, and declares the errors that any of them may answer.</summary>
    public static RouteHandlerBuilder Documents(this RouteHandlerBuilder endpoint, string name, string tag, string summary, string description)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).WithDescription(description);
        return endpoint.Refuses(400, 401, 403, 404, 409, 429, 500, 503);
    }

    /// <summary>
    /// Declares the body. Routing lets every media type through, so that the endpoint itself answers a wrong one in the
    /// API's own form; the document says <c>application/json</c>.
    /// </summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint, bool optional = false)
        where T : notnull =>
        endpoint.Accepts<T>(optional, AnyMediaType).Refuses(413, 415);

    /// <summary>Declares the answer.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.Produces<T>(status, "application/json");

    /// <summary>Declares an answer without content.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, int status) => endpoint.Produces(status);

    /// <summary>Declares an answer of bytes.</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces<byte[]>(StatusCodes.Status200OK, "application/octet-stream", "image/png", "text/html", "application/zip");

    /// <summary>Declares an answer of lines.</summary>
    public static RouteHandlerBuilder AnswersText(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces<string>(StatusCodes.Status200OK, "application/jsonl", "text/csv");

    /// <summary>Declares a stream of server-sent events.</summary>
    public static RouteHandlerBuilder AnswersStream(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces<string>(StatusCodes.Status200OK, "text/event-stream");

    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ApiProblem>(status, ApiProblems.MediaType);
        }

        return endpoint;
    }
}
