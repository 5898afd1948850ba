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
}

/// <summary>
/// What every SCIM request goes through: the integration is found, the credential checked, and whatever goes wrong becomes one
/// SCIM error.
/// </summary>
internal sealed partial class ScimPipeline(
    IntegrationProfiles profiles, GatewayAddress address, ScimAccess access, ILogger<ScimPipeline> logger)
{
    /// <summary>Makes an endpoint of a handler.</summary>
    public RequestDelegate Handle(Func<ScimExchange, Task> handler) => async http =>
    {
        try
        {
            if (await AdmitAsync(http) is { } exchange)
            {
                await handler(exchange);
            }
        }
        catch (ScimException error)
        {
            await ScimExchange.WriteErrorAsync(http, error.Error);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody waits for an answer.
        }
        catch (BadHttpRequestException error)
        {
            await ScimExchange.WriteErrorAsync(http, new ScimError(error.StatusCode, ScimErrorType.None, error.Message));
        }
        catch (Exception error) when (error is RecordStoreUnavailableException or ConnectorMissingException)
        {
            LogUnavailable(error, http.Request.Method, http.Request.Path);
            http.Response.Headers.RetryAfter = "5";
            await ScimExchange.WriteErrorAsync(http, new ScimError(StatusCodes.Status503ServiceUnavailable, ScimErrorType.None, "The gateway cannot take this request now; nothing was changed."));
        }
#pragma warning disable CA1031 // The last resort: a defect becomes an answer in the protocol's own form, and a log entry.
        catch (Exception error) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogDefect(error, http.Request.Method, http.Request.Path);
            await ScimExchange.WriteErrorAsync(http, new ScimError(StatusCodes.Status500InternalServerError, ScimErrorType.None, "The gateway failed; nothing is known to have changed."));
        }
    };

    private async ValueTask<ScimExchange?> AdmitAsync(HttpContext http)
    {
        var gatewayId = (string)http.Request.RouteValues["gatewayId"]!;
        var profile = await profiles.FindAsync(gatewayId, http.RequestAborted);
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
