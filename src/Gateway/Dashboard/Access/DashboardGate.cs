using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Hosting.SignIn;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>
/// What every request to the dashboard goes through: the session is checked, the permission that the endpoint declares and
/// the integration that the path names are compared with what the person may do, forms must come from our own pages, and
/// whatever goes wrong becomes a page.
/// </summary>
internal sealed partial class DashboardGate(
    Administrators administrators, DeniedCalls denied, SignInOptions options, GatewayAddress address, TimeProvider clock, ILogger<DashboardGate> logger)
{
    public const string CookieName = "idlcm_session";

    /// <summary>The field of every form that holds <see cref="DashboardUser.FormToken"/>.</summary>
    public const string TokenField = "_token";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        Protect(http.Response);
        try
        {
            return await AdmitAsync(http) ?? await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        catch (BadHttpRequestException error)
        {
            return Problem(error.StatusCode, "This request cannot be read", error.Message);
        }
        catch (InvalidDataException error)
        {
            return Problem(StatusCodes.Status400BadRequest, "This form cannot be read", error.Message);
        }
        catch (ConnectorMissingException error)
        {
            return Problem(StatusCodes.Status409Conflict, "The connector is missing", error.Message + " Put it back into the catalog, or move the integration.");
        }
        catch (RecordStoreUnavailableException error)
        {
            LogUnavailable(error, http.Request.Method, http.Request.Path);
            return Problem(StatusCodes.Status503ServiceUnavailable, "The gateway cannot answer now", "Its record store is not available. Nothing was changed; try again in a moment.");
        }
#pragma warning disable CA1031 // The last resort: a defect becomes a page and a log entry.
        catch (Exception error) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogDefect(error, http.Request.Method, http.Request.Path);
            return Problem(
                StatusCodes.Status500InternalServerError, "The gateway failed", $"The log has more under trace {Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier}.");
        }
    }

    public static IResult Problem(int status, string title, string detail, string? next = null) =>
        PageResult.Of<ProblemPage, ProblemModel>(new ProblemModel(status, title, detail, next), status);

    /// <summary>The page that a form was on, as the browser says, or null.</summary>
    public static string? FormPath(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Referer.ToString(), UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase) ? LocalPath.Of(page.PathAndQuery) : null;

    /// <summary>Sets the session's cookie, or takes it away.</summary>
    public void SetCookie(HttpContext http, string? cookie)
    {
        var settings = new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = address.IsSecure(http.Request),
            Path = "/",
            IsEssential = true,
            Expires = cookie is null ? DateTimeOffset.UnixEpoch : clock.GetUtcNow() + options.SessionLifetime,
        };
        http.Response.Cookies.Append(CookieName, cookie ?? "", settings);
    }

    private static void Protect(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    private async ValueTask<IResult?> AdmitAsync(HttpContext http)
    {
        var access = http.GetEndpoint()?.Metadata.GetMetadata<DashboardAccess>()
            ?? throw new InvalidOperationException($"The page {http.Request.Path} declares no permission.");
        var writes = !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method);
        if (writes && !(IsOurs(http.Request) && http.Request.HasFormContentType))
        {
            LogForeign(http.Request.Method, http.Request.Path, http.Connection.RemoteIpAddress);
            return Problem(StatusCodes.Status403Forbidden, "Refused", "This form was sent by another site. Open the dashboard and do it there.");
        }

        if (await administrators.AuthenticateAsync(http.Request.Cookies[CookieName], http.RequestAborted) is { } found)
        {
            var (person, session) = found;
            var caller = new ApiCaller(new ApiKey($"admin-{person.Id}", person.Name, person.Role, "", session.CreatedAt, session.ExpiresAt, person.IntegrationIds));
            http.Features.Set(caller);
            http.Features.Set(new DashboardUser(person, caller, http.Request.Cookies[CookieName]!, clock.GetUtcNow()));
        }

        if (access.Permission == Permission.Anonymous)
        {
            return null;
        }

        return http.Features.Get<DashboardUser>() is { } user ? await CheckAsync(http, user, access.Permission, writes) : SignInFirst(http, writes);
    }

    private async ValueTask<IResult?> CheckAsync(HttpContext http, DashboardUser user, Permission permission, bool writes)
    {
        var given = http.Request.RouteValues[ApiGate.IntegrationRoute] as string;
        if (!user.Caller.Has(permission) || (given is not null && !user.Caller.MayUse(given)))
        {
            LogForbidden(user.Administrator.Id, user.Administrator.Role, http.Request.Method, http.Request.Path);
            await denied.NoteAsync(user.Administrator.Name, user.Administrator.Id, http, user.Caller.Has(permission) ? "the integration is not given to them" : "the role does not allow it");
            return Problem(
                StatusCodes.Status403Forbidden,
                "You may not do this",
                user.Caller.Has(permission)
                    ? "This integration is not given to you. Ask an Owner or Super Admin for it."
                    : $"Your role, {Words.Of(user.Administrator.Role)}, does not allow it. Ask an Owner or Super Admin.");
        }

        if (!writes)
        {
            return null;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var sent = Encoding.ASCII.GetBytes(form[TokenField].ToString());
        if (CryptographicOperations.FixedTimeEquals(sent, Encoding.ASCII.GetBytes(user.FormToken)))
        {
            return null;
        }

        LogForeign(http.Request.Method, http.Request.Path, http.Connection.RemoteIpAddress);
        return Problem(StatusCodes.Status403Forbidden, "This form is out of date", "It belongs to an earlier sign-in. Go back, load the page again and repeat it; nothing was changed.");
    }

    /// <summary>What browsers say about where a form comes from (Fetch Metadata; RFC 6454 section 7). One that says nothing is still held to the form's token.</summary>
    private static bool IsOurs(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site is not ("same-origin" or "none"))
        {
            return false;
        }

        // The scheme is left out: a TLS proxy in front of the gateway changes it.
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static IResult SignInFirst(HttpContext http, bool writes) => writes
        ? Problem(
            StatusCodes.Status401Unauthorized,
            "You are signed out",
            "Your session has ended and nothing was changed. Sign in again, and do it once more on the page that you come back to.",
            $"{DashboardSignIn.Path}?return={Uri.EscapeDataString(FormPath(http.Request) ?? "/")}")
        : Results.LocalRedirect($"{DashboardSignIn.Path}?return={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}");

    [LoggerMessage(2301, LogLevel.Warning, "Administrator {AdministratorId} with role {Role} was refused {Method} {Path}")]
    private partial void LogForbidden(string administratorId, WorkspaceRole role, string method, PathString path);

    [LoggerMessage(2302, LogLevel.Warning, "{Method} {Path} of {Address} was refused: the form did not come from the dashboard")]
    private partial void LogForeign(string method, PathString path, System.Net.IPAddress? address);

    [LoggerMessage(2303, LogLevel.Error, "{Method} {Path} was refused: the store is not available")]
    private partial void LogUnavailable(Exception error, string method, PathString path);

    [LoggerMessage(2304, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogDefect(Exception error, string method, PathString path);
}
