using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Scim.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Scim;

/// <summary>Where people reach the gateway, when it is behind a proxy or has a name of its own.</summary>
public sealed record GatewayAddress
{
    /// <summary>The absolute public base URL without a slash at its end; null to answer with the address that was asked.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>The SCIM base URL of an integration.</summary>
    /// <param name="request">The request that is answered.</param>
    /// <param name="gatewayId">The SCIM Gateway ID.</param>
    /// <returns>The URL without a slash at its end.</returns>
    public string ScimBase(HttpRequest request, string gatewayId) => $"{Base(request)}/scim/v2/{gatewayId}";

    /// <summary>The base URL of everything.</summary>
    /// <param name="request">The request that is answered.</param>
    /// <returns>The URL without a slash at its end.</returns>
    public string Base(HttpRequest request) => PublicUrl ?? $"{request.Scheme}://{request.Host}";

    /// <summary>True where people reach the gateway by TLS, its own or that of the proxy before it.</summary>
    internal bool IsSecure(HttpRequest request) => request.IsHttps || PublicUrl?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;
}

/// <summary>
/// What every SCIM request goes through: the integration is found, the credential checked, and whatever goes wrong becomes one
/// SCIM error.
/// </summary>
internal sealed partial class ScimPipeline(
    IntegrationProfiles profiles, GatewayAddress address, ScimAccess access, ScimCaptures captures, TimeProvider clock, ILogger<ScimPipeline> logger)
{
    /// <summary>Makes an endpoint of a handler.</summary>
    public RequestDelegate Handle(Func<ScimExchange, Task> handler) => async http =>
    {
#pragma warning disable CA1031 // The last resort: a defect becomes an answer in the protocol's own form, and a log entry.
        try
        {
            if (await AdmitAsync(http) is { } exchange)
            {
                await (IsCaptured(exchange)
                    ? captures.RecordAsync(exchange, exchange.Provenance.Actor, () => HandleCapturedAsync(exchange, handler))
                    : handler(exchange));
            }
        }
        catch (Exception error) when (CanAnswer(http, error))
        {
            await AnswerAsync(http, error);
        }
    };

    private bool IsCaptured(ScimExchange exchange) => exchange.Profile.Integration.CaptureUntil is { } until && until > clock.GetUtcNow();

    /// <summary>Errors are captured as the client sees them, so they are written before the capture ends.</summary>
    private async Task HandleCapturedAsync(ScimExchange exchange, Func<ScimExchange, Task> handler)
    {
        try
        {
            await handler(exchange);
        }
        catch (Exception error) when (CanAnswer(exchange.Http, error))
        {
            await AnswerAsync(exchange.Http, error);
        }
#pragma warning restore CA1031
    }

    private static bool CanAnswer(HttpContext http, Exception error) => error is ScimException || IsGone(http, error) || !http.Response.HasStarted;

    private static bool IsGone(HttpContext http, Exception error) => error is OperationCanceledException && http.RequestAborted.IsCancellationRequested;

    private Task AnswerAsync(HttpContext http, Exception error)
    {
        switch (error)
        {
            case ScimException known:
                return ScimExchange.WriteErrorAsync(http, known.Error);
            case OperationCanceledException when IsGone(http, error):
                // Nobody waits for an answer.
                return Task.CompletedTask;
            case BadHttpRequestException bad:
                return ScimExchange.WriteErrorAsync(http, new ScimError(bad.StatusCode, ScimErrorType.None, bad.Message));
            case RecordStoreUnavailableException or ConnectorMissingException:
                LogUnavailable(error, http.Request.Method, http.Request.Path);
                http.Response.Headers.RetryAfter = "5";
                return ScimExchange.WriteErrorAsync(http, new ScimError(StatusCodes.Status503ServiceUnavailable, ScimErrorType.None, "The gateway cannot take this request now; nothing was changed."));
            default:
                LogDefect(error, http.Request.Method, http.Request.Path);
                return ScimExchange.WriteErrorAsync(http, new ScimError(StatusCodes.Status500InternalServerError, ScimErrorType.None, "The gateway failed; nothing is known to have changed."));
        }
    }

    private async ValueTask<ScimExchange?> AdmitAsync(HttpContext http)
    {
        var gatewayId = (string)http.Request.RouteValues["gatewayId"]!;
        var profile = await profiles.FindRecentAsync(gatewayId, http.RequestAborted);
        if (profile is null)
        {
            await ScimExchange.WriteErrorAsync(http, new ScimError(StatusCodes.Status404NotFound, ScimErrorType.None, "There is no SCIM gateway at this address."));
            return null;
        }

        return await access.AdmitAsync(http, profile.Integration) is { } token
            ? new ScimExchange(http, profile, token, address.ScimBase(http.Request, gatewayId))
            : null;
    }

    [LoggerMessage(2101, LogLevel.Error, "{Method} {Path} was refused: the store or the connector is not available")]
    private partial void LogUnavailable(Exception error, string method, PathString path);

    [LoggerMessage(2102, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogDefect(Exception error, string method, PathString path);
}
