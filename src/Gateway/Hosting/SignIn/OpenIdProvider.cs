using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>What a provider says of itself (OpenID Connect Discovery 1.0 section 3).</summary>
internal sealed record ProviderDocument(string Issuer, Uri Authorization, Uri Token, Uri? UserInfo, Uri Keys, bool PostsSecret, IReadOnlyList<SigningKey> SigningKeys, DateTimeOffset ReadAt);

/// <summary>The provider cannot be used: it does not answer, or not as it should.</summary>
internal sealed class OpenIdProviderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Speaks to the OpenID provider of the settings. Its description and keys are kept and read again twice a day, or when a
/// token names a key that is not among them, at most once a minute.
/// </summary>
internal sealed partial class OpenIdProvider : IDisposable
{
    private const int MaxDocument = 1024 * 1024;
    private const int MaxKeys = 100;
    private const int MinRsaBits = 2048;

    private static readonly TimeSpan Fresh = TimeSpan.FromHours(12);
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly TimeProvider clock;
    private readonly ILogger<OpenIdProvider> logger;
    private readonly HttpClient http;
    private volatile ProviderDocument? known;

    public OpenIdProvider(SignInOptions options, TimeProvider clock, ILogger<OpenIdProvider> logger)
    {
        Options = options.OpenId;
        this.clock = clock;
        this.logger = logger;

        // A redirect would carry codes and secrets to where no setting says that they may go.
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = MaxDocument,
        };
    }

    /// <summary>Its settings; null where there is no provider.</summary>
    public OpenIdOptions? Options { get; }

    /// <summary>What the provider says of itself.</summary>
    /// <param name="keyId">A key that should be among its keys; null for any.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OpenIdProviderException">It cannot be read.</exception>
    public async ValueTask<ProviderDocument> DescribeAsync(string? keyId, CancellationToken cancellationToken)
    {
        if (known is { } current && Suffices(current, keyId))
        {
            return current;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            if (known is { } meanwhile && (Suffices(meanwhile, keyId) || clock.GetUtcNow() - meanwhile.ReadAt < BetweenReads))
            {
                return meanwhile;
            }

            return known = await ReadAsync();
        }
        catch (Exception error) when (IsTheirs(error))
        {
            LogUnreadable(error, Options!.Authority!);
            return known ?? throw new OpenIdProviderException($"The provider at {Options.Authority} cannot be read: {error.Message}", error);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Exchanges a code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).</summary>
    /// <exception cref="OpenIdProviderException">The provider refuses it or cannot be reached.</exception>
    public async Task<(string IdToken, string? AccessToken)> RedeemAsync(ProviderDocument provider, string code, string verifier, string redirectUri, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = redirectUri,
            ["client_id"] = Options!.ClientId,
            ["code_verifier"] = verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Token);
        if (await SecretAsync(cancellationToken) is { } secret)
        {
            if (provider.PostsSecret)
            {
                form["client_secret"] = secret;
            }
            else
            {
                // Both parts are form-encoded first (RFC 6749 section 2.3.1).
                var pair = $"{Uri.EscapeDataString(Options.ClientId)}:{Uri.EscapeDataString(secret)}";
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
            }
        }

        request.Content = new FormUrlEncodedContent(form);
        using var answer = await SendAsync(request, cancellationToken);
        return answer.RootElement.ValueKind == JsonValueKind.Object && IdToken.Text(answer.RootElement, "id_token") is { } idToken
            ? (idToken, IdToken.Text(answer.RootElement, "access_token"))
            : throw new OpenIdProviderException("The provider's answer holds no id token.");
    }

    /// <summary>Asks for the claims that the id token leaves out (OpenID Connect Core 1.0 section 5.3).</summary>
    /// <exception cref="OpenIdProviderException">The provider refuses it or cannot be reached, or speaks of somebody else.</exception>
    public async Task<Dictionary<string, IReadOnlyList<string>>> UserInfoAsync(Uri endpoint, string accessToken, string subject, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var answer = await SendAsync(request, cancellationToken);
        return answer.RootElement.ValueKind == JsonValueKind.Object && IdToken.Text(answer.RootElement, "sub") == subject
            ? IdToken.Claims(answer.RootElement)
            : throw new OpenIdProviderException("The provider's user information is about somebody else.");
    }

    public void Dispose()
    {
        http.Dispose();
        turn.Dispose();
    }

    private bool Suffices(ProviderDocument document, string? keyId) =>
        clock.GetUtcNow() - document.ReadAt < Fresh && (keyId is null || document.SigningKeys.Any(key => key.Id is null || key.Id == keyId));

    private async Task<string?> SecretAsync(CancellationToken cancellationToken) => Options!.ClientSecretFile is { } file
        ? (await File.ReadAllTextAsync(file, cancellationToken)).Trim()
        : Options.ClientSecret is { Length: > 0 } secret ? secret : null;

    private async Task<ProviderDocument> ReadAsync()
    {
        // The reader of a shared answer does not stop because one of those who wait for it hangs up.
        var place = new Uri($"{Options!.Authority!.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration");
        using var discovery = JsonDocument.Parse(await http.GetByteArrayAsync(place, CancellationToken.None));
        var root = discovery.RootElement;
        var issuer = IdToken.Text(root, "issuer") ?? "";
        if (issuer.TrimEnd('/') != Options.Authority.AbsoluteUri.TrimEnd('/'))
        {
            throw new InvalidDataException($"Its discovery document is that of '{issuer}'. Name that issuer in SignIn:OpenId:Authority, if it is the right one.");
        }

        var keys = Address(root, "jwks_uri");
        using var published = JsonDocument.Parse(await http.GetByteArrayAsync(keys, CancellationToken.None));
        var methods = root.TryGetProperty("token_endpoint_auth_methods_supported", out var listed) ? listed.EnumerateArray().Select(method => method.GetString()).ToList() : null;
        var document = new ProviderDocument(
            issuer,
            Address(root, "authorization_endpoint"),
            Address(root, "token_endpoint"),
            root.TryGetProperty("userinfo_endpoint", out _) ? Address(root, "userinfo_endpoint") : null,
            keys,
            methods?.Contains("client_secret_basic", StringComparer.Ordinal) == false && methods.Contains("client_secret_post", StringComparer.Ordinal),
            [.. published.RootElement.GetProperty("keys").EnumerateArray().Take(MaxKeys).Select(Key).OfType<SigningKey>()],
            clock.GetUtcNow());
        LogRead(issuer, document.SigningKeys.Count);
        return document;
    }

    private Uri Address(JsonElement root, string name) =>
        Uri.TryCreate(IdToken.Text(root, name), UriKind.Absolute, out var address) && Options!.MaySpeakTo(address)
            ? address
            : throw new InvalidDataException($"Its discovery document has no https address as {name}.");

    private async Task<JsonDocument> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return JsonDocument.Parse(body);
            }

            using var told = JsonDocument.Parse(body);
            throw new OpenIdProviderException($"{request.RequestUri} answered {(int)response.StatusCode} {(told.RootElement.ValueKind == JsonValueKind.Object ? IdToken.Text(told.RootElement, "error") : null)}".TrimEnd());
        }
        catch (Exception error) when (IsTheirs(error) && !cancellationToken.IsCancellationRequested)
        {
            throw new OpenIdProviderException($"{request.RequestUri} did not answer as it should: {error.Message}", error);
        }
    }

    private static bool IsTheirs(Exception error) => error is HttpRequestException or TaskCanceledException or JsonException or InvalidDataException
        or KeyNotFoundException or InvalidOperationException or UriFormatException;

    private static SigningKey? Key(JsonElement key)
    {
        if (IdToken.Text(key, "use") is not (null or "sig"))
        {
            return null;
        }

        var (id, algorithm) = (IdToken.Text(key, "kid"), IdToken.Text(key, "alg"));
        switch (IdToken.Text(key, "kty"))
        {
            case "RSA" when IdToken.Decode(IdToken.Text(key, "n")) is { } modulus && IdToken.Decode(IdToken.Text(key, "e")) is { Length: <= 8 } exponent && modulus.Length * 8 >= MinRsaBits:
                return new SigningKey(id, algorithm, new RSAParameters { Modulus = modulus, Exponent = exponent }, null);
            case "EC" when Curve(IdToken.Text(key, "crv")) is { } curve && IdToken.Decode(IdToken.Text(key, "x")) is { } x && IdToken.Decode(IdToken.Text(key, "y")) is { } y:
                return new SigningKey(id, algorithm, null, new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } });
            default:
                return null;
        }
    }

    private static ECCurve? Curve(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    [LoggerMessage(2341, LogLevel.Information, "Read the description of the OpenID provider {Issuer}, with {Count} signing keys")]
    private partial void LogRead(string issuer, int count);

    [LoggerMessage(2342, LogLevel.Warning, "The OpenID provider at {Authority} cannot be read")]
    private partial void LogUnreadable(Exception error, Uri authority);
}
