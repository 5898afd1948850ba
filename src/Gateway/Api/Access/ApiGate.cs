using System.Diagnostics;
using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Api;

/// <summary>
/// What every request to the management API goes through: the key is checked, the permission that the endpoint declares
/// and the integration that the path names are compared with what the key may do, and whatever goes wrong becomes
/// problem details (RFC 9457).
/// </summary>
internal sealed partial class ApiGate(ApiKeys keys, FailureLimiter limiter, DeniedCalls denied, ILogger<ApiGate> logger)
{
    /// <summary>The route value that names an integration; the gate compares it with the caller's.</summary>
    public const string IntegrationRoute = "integrationId";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            return await AdmitAsync(http) ?? await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody waits for an answer.
            return Results.Empty;
        }
        catch (BadHttpRequestException error)
        {
            return ApiProblems.Of(error.StatusCode, error.StatusCode == StatusCodes.Status413PayloadTooLarge ? "too_large" : "bad_request", error.Message);
        }
        catch (ConnectorMissingException error)
        {
            return ApiProblems.Of(StatusCodes.Status409Conflict, "connector_missing", error.Message);
        }
        catch (RecordStoreUnavailableException error)
        {
            LogUnavailable(error, http.Request.Method, http.Request.Path);
            http.Response.Headers.RetryAfter = "5";
            return ApiProblems.Of(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The gateway cannot take this request now; nothing was changed.");
        }
#pragma warning disable CA1031 // The last resort: a defect becomes an answer in the API's own form, and a log entry.
        catch (Exception error) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogDefect(error, http.Request.Method, http.Request.Path);
            return ApiProblems.Of(
                StatusCodes.Status500InternalServerError, "internal_error", $"The gateway failed. The log has more under trace {Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier}.");
        }
    }

    private async ValueTask<IResult?> AdmitAsync(HttpContext http)
    {
        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>()
            ?? throw new InvalidOperationException($"The endpoint {http.Request.Path} declares no permission.");
        if (required.Permission == Permission.Anonymous)
        {
            return null;
        }

        var authorization = http.Request.Headers.Authorization.ToString();
        if (await keys.AuthenticateAsync(authorization, http.RequestAborted) is not { } key)
        {
            if (authorization.Length > 0)
            {
                await denied.NoteAsync("unknown", http.Connection.RemoteIpAddress?.ToString() ?? "", http, "the key is wrong, revoked or expired");
            }

            return Unauthorized(http, authorization.Length == 0);
        }

        var caller = new ApiCaller(key);
        http.Features.Set(caller);
        if (!caller.Has(required.Permission))
        {
            LogForbidden(key.Id, key.Role, http.Request.Method, http.Request.Path);
            await denied.NoteAsync(key.Label, key.Id, http, "the role does not allow it");
            return ApiProblems.Of(StatusCodes.Status403Forbidden, "role_not_allowed", $"The role {key.Role} may not do this; it needs the permission {required.Permission}.");
        }

        if (http.Request.RouteValues[IntegrationRoute] is string integrationId && !caller.MayUse(integrationId))
        {
            LogForbidden(key.Id, key.Role, http.Request.Method, http.Request.Path);
            await denied.NoteAsync(key.Label, key.Id, http, "the integration is not given to the key");
            return ApiProblems.Of(StatusCodes.Status403Forbidden, "integration_not_given", $"The integration '{integrationId}' is not given to this key.");
        }

        return null;
    }

    private IResult Unauthorized(HttpContext http, bool missing)
    {
        var address = http.Connection.RemoteIpAddress;
        if (limiter.Count(address) is { } wait)
        {
            http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return ApiProblems.Of(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many requests of this address had no valid API key.");
        }

        LogUnauthorized(address, http.Request.Method, http.Request.Path, missing);
        http.Response.Headers.WWWAuthenticate = missing ? "Bearer realm=\"IdLCM\"" : "Bearer realm=\"IdLCM\", error=\"invalid_token\"";
        return ApiProblems.Of(
            StatusCodes.Status401Unauthorized,
            missing ? "key_required" : "key_invalid",
            missing ? "Send an API key: 'Authorization: Bearer idlcm_key_…'." : "The API key is wrong, revoked or expired.");
    }

    [LoggerMessage(2201, LogLevel.Warning, "API request {Method} {Path} of {Address} was refused: no valid key (none sent: {Missing})")]
    private partial void LogUnauthorized(System.Net.IPAddress? address, string method, PathString path, bool missing);

    [LoggerMessage(2202, LogLevel.Warning, "API key {KeyId} with role {Role} was refused {Method} {Path}")]
    private partial void LogForbidden(string keyId, WorkspaceRole role, string method, PathString path);

    [LoggerMessage(2203, LogLevel.Error, "{Method} {Path} was refused: the store is not available")]
    private partial void LogUnavailable(Exception error, string method, PathString path);

    [LoggerMessage(2204, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogDefect(Exception error, string method, PathString path);
}
