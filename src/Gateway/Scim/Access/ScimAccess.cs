using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>
/// Says who may speak to an integration: who has one of its gateway tokens, as bearer token or, where the integration
/// allows it, as password (RFC 7617); and, where it allows their tenant, Entra ID's own tokens.
/// </summary>
internal sealed class ScimAccess(EntraAuthority authority, EntraKeys keys, FailureLimit limit, AccessGuard guard, TimeProvider clock)
{
    private const string BearerScheme = "Bearer ";
    private const string BasicScheme = "Basic ";
    private const int MaxGatewayToken = 4096;

    /// <summary>Checks the credential of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="integration">The integration that it asks for.</param>
    /// <returns>The credential, or null where the request was refused and has its answer.</returns>
    /// <exception cref="ScimException">503: nobody can say now.</exception>
    public ValueTask<GatewayToken?> AdmitAsync(HttpContext http, Integration integration)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var bearer = header.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase) ? header[BearerScheme.Length..].Trim() : null;
        if (bearer is { Length: > 0 and <= MaxGatewayToken } && GatewayTokens.Find(integration, bearer, clock.GetUtcNow()) is { } token)
        {
            return ValueTask.FromResult<GatewayToken?>(token);
        }

        return OthersAsync(http, integration, header, bearer);
    }

    private async ValueTask<GatewayToken?> OthersAsync(HttpContext http, Integration integration, string header, string? bearer)
    {
        var reason = header.Length == 0 ? "no credential" : "a wrong or expired bearer token";
        if (bearer is null && header.Length > 0)
        {
            reason = "a credential of another kind than is allowed";
            if (integration.BasicUserNames.Count > 0 && header.StartsWith(BasicScheme, StringComparison.OrdinalIgnoreCase))
            {
                if (Basic(integration, header[BasicScheme.Length..].Trim()) is { } token)
                {
                    return token;
                }

                reason = "a wrong user name or password";
            }
        }
        else if (bearer is not null && integration.EntraTenants.Count > 0 && EntraJwt.LooksLike(bearer))
        {
            var (token, refused) = await EntraAsync(http, integration, bearer);
            if (token is not null)
            {
                return token;
            }

            reason = refused;
        }

        await RefuseAsync(http, integration, reason);
        return null;
    }

    private GatewayToken? Basic(Integration integration, string encoded)
    {
        Span<byte> plain = stackalloc byte[MaxGatewayToken];
        if (encoded.Length > MaxGatewayToken || !Convert.TryFromBase64String(encoded, plain, out var length))
        {
            return null;
        }

        var colon = plain[..length].IndexOf((byte)':');
        if (colon < 0)
        {
            return null;
        }

        // All are compared whatever the first gives: an answer's time tells neither a user name nor a token.
        var given = SHA256.HashData(plain[..colon]);
        var named = false;
        foreach (var name in integration.BasicUserNames)
        {
            named |= CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        }

        var token = GatewayTokens.Find(integration, Encoding.UTF8.GetString(plain[(colon + 1)..length]), clock.GetUtcNow());
        return named ? token : null;
    }

    private async ValueTask<(GatewayToken? Token, string Reason)> EntraAsync(HttpContext http, Integration integration, string presented)
    {
        if (EntraJwt.Read(presented, authority, integration.EntraTenants, clock.GetUtcNow(), out var reason) is not { } jwt)
        {
            return (null, reason!);
        }

        switch (await keys.CheckAsync(jwt, http.RequestAborted))
        {
            case SignatureCheck.Good:
                return (new GatewayToken($"entra-{jwt.Tenant}", "Entra ID", BearerSecrets.HashOf(presented), jwt.IssuedAt, jwt.ExpiresAt), "");
            case SignatureCheck.Unknown:
                http.Response.Headers.RetryAfter = "10";
                throw new ScimError(StatusCodes.Status503ServiceUnavailable, ScimErrorType.None, "The signing keys of Entra ID cannot be read now; try again.").ToException();
            default:
                return (null, "a token whose signature is not that of the tenant");
        }
    }

    private async ValueTask RefuseAsync(HttpContext http, Integration integration, string reason)
    {
        await guard.DeniedAsync(integration.Id, http, reason);
        if (limit.Failed(http.Connection.RemoteIpAddress ?? IPAddress.None) is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await ScimExchange.WriteErrorAsync(http, new ScimError(
                StatusCodes.Status429TooManyRequests, ScimErrorType.None, "Too many requests without a valid credential came from this address; a valid one is taken at any time."));
            return;
        }

        http.Response.Headers.WWWAuthenticate = integration.BasicUserNames.Count > 0
            ? new[] { "Bearer realm=\"SCIM\"", "Basic realm=\"SCIM\", charset=\"UTF-8\"" }
            : "Bearer realm=\"SCIM\"";
        await ScimExchange.WriteErrorAsync(http, new ScimError(
            StatusCodes.Status401Unauthorized, ScimErrorType.None, "A valid credential of this gateway is required, usually its token as bearer token."));
    }
}
