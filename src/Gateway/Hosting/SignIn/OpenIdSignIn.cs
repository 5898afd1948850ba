using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>A sign-in that has begun, in a cookie of the browser that began it. It proves nothing but that it is the same browser.</summary>
/// <param name="State">What the provider must send back.</param>
/// <param name="Nonce">What the id token must carry.</param>
/// <param name="Verifier">The secret of PKCE (RFC 7636).</param>
/// <param name="Purpose">Which <see cref="ISignInPurpose"/> goes on with it.</param>
/// <param name="Return">The path that was wanted.</param>
/// <param name="ExpiresAt">Until when it can be ended.</param>
internal sealed record BegunSignIn(string State, string Nonce, string Verifier, string Purpose, string Return, DateTimeOffset ExpiresAt);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BegunSignIn))]
internal sealed partial class SignInJson : JsonSerializerContext;

/// <summary>
/// Tells who a person is by the OpenID provider of the settings: authorization code flow (OpenID Connect Core 1.0 section
/// 3.1) with PKCE, state and nonce.
/// </summary>
internal sealed partial class OpenIdSignIn(OpenIdProvider provider, GatewayAddress address, TimeProvider clock, ILogger<OpenIdSignIn> logger)
{
    /// <summary>The path that the provider sends people back to; with the gateway's address before it, it is the redirect URI to register.</summary>
    public const string CallbackPath = "/sign-in/callback";

    private const string CookieName = "idlcm_openid";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private static readonly string[] NameClaims = ["name", "preferred_username", "email"];

    /// <summary>The provider's settings; null where people cannot sign in this way.</summary>
    public OpenIdOptions? Options => provider.Options;

    /// <summary>Sends a person to the provider.</summary>
    /// <param name="http">The request, a GET.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="returnPath">Where the person wants to go: anything that is no path of this gateway becomes <c>/</c>.</param>
    /// <returns>A redirect to the provider, or the purpose's page when it cannot be reached.</returns>
    public async Task<IResult> BeginAsync(HttpContext http, ISignInPurpose purpose, string? returnPath)
    {
        var back = LocalPath.Of(returnPath);
        if (Options is not { } options)
        {
            return await purpose.RefusedAsync(http, new SignInFailure("no_provider", "Single sign-on is not set up here."), back);
        }

        ProviderDocument document;
        try
        {
            document = await provider.DescribeAsync(null, http.RequestAborted);
        }
        catch (OpenIdProviderException)
        {
            return await purpose.RefusedAsync(http, new SignInFailure("provider_unavailable", $"{options.DisplayName} cannot be reached now. Try again in a moment."), back);
        }

        var begun = new BegunSignIn(NewSecret(), NewSecret(), NewSecret(), purpose.Name, back, clock.GetUtcNow() + Patience);
        SetCookie(http, begun);
        return Results.Redirect(QueryHelpers.AddQueryString(document.Authorization.AbsoluteUri, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["client_id"] = options.ClientId,
            ["response_type"] = "code",
            ["response_mode"] = "query",
            ["scope"] = options.Scopes,
            ["redirect_uri"] = RedirectUri(http),
            ["state"] = begun.State,
            ["nonce"] = begun.Nonce,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(begun.Verifier))),
            ["code_challenge_method"] = "S256",
        }));
    }

    /// <summary>Takes a person back from the provider.</summary>
    /// <param name="http">The request to <see cref="CallbackPath"/>.</param>
    /// <param name="purposes">Every purpose.</param>
    /// <param name="fallback">The one that tells of a sign-in which nothing is known of.</param>
    /// <returns>The answer of the purpose that began it.</returns>
    public async Task<IResult> EndAsync(HttpContext http, IEnumerable<ISignInPurpose> purposes, ISignInPurpose fallback)
    {
        var begun = ReadCookie(http);
        SetCookie(http, null);
        var purpose = purposes.FirstOrDefault(known => known.Name == begun?.Purpose) ?? fallback;
        var back = LocalPath.Of(begun?.Return);
        var (person, failure) = await ReadAsync(http, begun);
        if (person is not null)
        {
            return await purpose.SignedInAsync(http, person, back);
        }

        LogRefused(failure!.Code, http.Connection.RemoteIpAddress);
        return await purpose.RefusedAsync(http, failure, back);
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private async Task<(OpenIdPerson? Person, SignInFailure? Failure)> ReadAsync(HttpContext http, BegunSignIn? begun)
    {
        var query = http.Request.Query;
        if (Options is not { } options || begun is null || begun.ExpiresAt <= clock.GetUtcNow()
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(query["state"].ToString()), Encoding.UTF8.GetBytes(begun.State)))
        {
            return (null, new SignInFailure("wrong_state", "This sign-in was not begun in this browser, took too long or was ended already. Begin again."));
        }

        if (query["error"].ToString() is { Length: > 0 } error)
        {
            // Its words come from the address: only its code is told, and only where it looks like one.
            var code = error.Length <= 60 && error.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') ? error : "error";
            return (null, new SignInFailure(code, $"{options.DisplayName} did not sign you in ({code})."));
        }

        try
        {
            var document = await provider.DescribeAsync(null, http.RequestAborted);

            // A provider that names itself in its answer must be the one that was asked (RFC 9207 section 2.4).
            if (query["iss"].ToString() is { Length: > 0 } issuer && issuer != document.Issuer)
            {
                return (null, new SignInFailure("wrong_issuer", "Another provider than the one that was asked has answered."));
            }

            var (token, access) = await provider.RedeemAsync(document, query["code"].ToString(), begun.Verifier, RedirectUri(http), http.RequestAborted);
            document = await provider.DescribeAsync(IdToken.Header(token)?.KeyId, http.RequestAborted);
            if (IdToken.Read(token, document.SigningKeys, document.Issuer, options.ClientId, begun.Nonce, clock.GetUtcNow(), out var problem) is not { } claims)
            {
                throw new OpenIdProviderException($"The id token was refused: {problem}.");
            }

            // Providers keep id tokens short: Okta gives groups at the UserInfo endpoint.
            if (!claims.ContainsKey(options.RoleClaim) && document.UserInfo is { } endpoint && access is not null)
            {
                foreach (var (name, values) in await provider.UserInfoAsync(endpoint, access, claims["sub"][0], http.RequestAborted))
                {
                    claims.TryAdd(name, values);
                }
            }

            return (Person(claims), null);
        }
        catch (OpenIdProviderException refused)
        {
            LogProvider(refused);
            return (null, new SignInFailure("provider_refused", $"{options.DisplayName} did not confirm who you are. Begin again; if it does not help, the gateway's log says why."));
        }
    }

    private static OpenIdPerson Person(Dictionary<string, IReadOnlyList<string>> claims)
    {
        const int maxName = 100;
        var subject = claims["sub"][0];
        var name = NameClaims
            .Select(claim => claims.TryGetValue(claim, out var values) && values is [{ Length: > 0 } first, ..] ? string.Concat(first.Where(letter => !char.IsControl(letter))).Trim() : "")
            .FirstOrDefault(text => text.Length > 0) ?? subject;
        return new OpenIdPerson(claims["iss"][0], subject, name.Length > maxName ? name[..maxName] : name, claims);
    }

    private string RedirectUri(HttpContext http) => address.Base(http.Request) + CallbackPath;

    private void SetCookie(HttpContext http, BegunSignIn? begun) => http.Response.Cookies.Append(
        CookieName,
        begun is null ? "" : Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(begun, SignInJson.Default.BegunSignIn)),
        new CookieOptions
        {
            HttpOnly = true,

            // The provider sends people back by a link: a strict cookie would stay behind.
            SameSite = SameSiteMode.Lax,
            Secure = address.IsSecure(http.Request),
            Path = CallbackPath,
            IsEssential = true,
            Expires = begun?.ExpiresAt ?? DateTimeOffset.UnixEpoch,
        });

    private static BegunSignIn? ReadCookie(HttpContext http)
    {
        try
        {
            return http.Request.Cookies[CookieName] is { Length: > 0 and <= 8000 } cookie && Base64Url.IsValid(cookie)
                ? JsonSerializer.Deserialize(Base64Url.DecodeFromChars(cookie), SignInJson.Default.BegunSignIn) is { State: { Length: > 0 }, Nonce: { Length: > 0 }, Verifier: { Length: > 0 } } begun ? begun : null
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(2343, LogLevel.Warning, "A sign-in by the OpenID provider was refused: {Code}; it came from {Address}")]
    private partial void LogRefused(string code, System.Net.IPAddress? address);

    [LoggerMessage(2344, LogLevel.Warning, "The OpenID provider did not confirm a sign-in")]
    private partial void LogProvider(Exception error);
}
