using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>What became of a token's signature.</summary>
internal enum SignatureCheck
{
    /// <summary>The tenant has signed it.</summary>
    Good,

    /// <summary>It has not.</summary>
    Bad,

    /// <summary>The tenant's keys cannot be read now, so nobody knows.</summary>
    Unknown,
}

/// <summary>
/// The signing keys of Entra ID tenants, by OpenID Connect discovery. Kept in memory and read again twice a day, or when a
/// token names a key that is not among them, at most once a minute: whoever invents keys cannot make the gateway a
/// nuisance to Entra ID.
/// </summary>
internal sealed partial class EntraKeys : IDisposable
{
    private const int MaxDocument = 1024 * 1024;
    private const int MaxKeys = 100;
    private const int MinKeyBits = 2048;

    private static readonly TimeSpan Fresh = TimeSpan.FromHours(12);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3);
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenFailures = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, Tenant> tenants = new();
    private readonly EntraAuthority authority;
    private readonly TimeProvider clock;
    private readonly ILogger<EntraKeys> logger;
    private readonly HttpClient http;

    public EntraKeys(EntraAuthority authority, TimeProvider clock, ILogger<EntraKeys> logger)
    {
        this.authority = authority;
        this.clock = clock;
        this.logger = logger;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = MaxDocument,
        };
    }

    /// <summary>Checks who signed a token.</summary>
    public async ValueTask<SignatureCheck> CheckAsync(EntraJwt token, CancellationToken cancellationToken)
    {
        var tenant = tenants.GetOrAdd(token.Tenant, static _ => new Tenant());
        if (!Knows(tenant, token.KeyId))
        {
            await tenant.Turn.WaitAsync(cancellationToken);
            try
            {
                if (!Knows(tenant, token.KeyId) && clock.GetUtcNow() >= tenant.NextRead)
                {
                    await ReadAsync(token.Tenant, tenant);
                }
            }
            finally
            {
                tenant.Turn.Release();
            }
        }

        if (tenant.Keys is not { } keys || clock.GetUtcNow() - keys.ReadAt > Longest)
        {
            return SignatureCheck.Unknown;
        }

        if (!keys.ById.TryGetValue(token.KeyId, out var parameters))
        {
            return SignatureCheck.Bad;
        }

        using var key = RSA.Create(parameters);
        return key.VerifyData(token.Signed, token.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ? SignatureCheck.Good : SignatureCheck.Bad;
    }

    public void Dispose() => http.Dispose();

    private bool Knows(Tenant tenant, string keyId) =>
        tenant.Keys is { } keys && clock.GetUtcNow() - keys.ReadAt <= Fresh && keys.ById.ContainsKey(keyId);

    private async Task ReadAsync(Guid id, Tenant tenant)
    {
        try
        {
            // The reader of a shared answer does not stop because one of those who wait for it hangs up.
            var address = new Uri(authority.BaseAddress, $"/{id}/.well-known/openid-configuration");
            using var discovery = JsonDocument.Parse(await http.GetByteArrayAsync(address, CancellationToken.None));
            var issuer = discovery.RootElement.GetProperty("issuer").GetString();
            if (!authority.IssuersOf(id).Contains(issuer, StringComparer.Ordinal))
            {
                throw new InvalidDataException($"The discovery document is that of '{issuer}'.");
            }

            var place = new Uri(discovery.RootElement.GetProperty("jwks_uri").GetString()!);
            if (Uri.Compare(place, authority.BaseAddress, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0)
            {
                throw new InvalidDataException($"The keys are at '{place}', beyond {authority.BaseAddress}.");
            }

            using var published = JsonDocument.Parse(await http.GetByteArrayAsync(place, CancellationToken.None));
            var now = clock.GetUtcNow();
            tenant.Keys = new KeySet(now, Parse(published.RootElement));
            tenant.NextRead = now + BetweenReads;
            LogRead(id, tenant.Keys.ById.Count);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException or InvalidDataException
            or KeyNotFoundException or InvalidOperationException or UriFormatException or ArgumentNullException)
        {
            tenant.NextRead = clock.GetUtcNow() + BetweenFailures;
            LogFailed(error, id);
        }
    }

    private static Dictionary<string, RSAParameters> Parse(JsonElement document)
    {
        var keys = new Dictionary<string, RSAParameters>(StringComparer.Ordinal);
        foreach (var key in document.GetProperty("keys").EnumerateArray().Take(MaxKeys))
        {
            // Others than RSA keys for signatures are no business of RS256 (RFC 7517 section 4).
            if (Text(key, "kty") == "RSA" && Text(key, "use") is null or "sig" && Text(key, "alg") is null or "RS256" && Text(key, "kid") is { } id
                && Decode(Text(key, "n")) is { } modulus && Decode(Text(key, "e")) is { Length: > 0 and <= 8 } exponent && modulus.Length * 8 >= MinKeyBits)
            {
                keys[id] = new RSAParameters { Modulus = modulus, Exponent = exponent };
            }
        }

        return keys;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Decode(string? text) => text is not null && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    [LoggerMessage(2110, LogLevel.Information, "Read {Count} signing keys of the Entra ID tenant {TenantId}")]
    private partial void LogRead(Guid tenantId, int count);

    [LoggerMessage(2111, LogLevel.Warning, "The signing keys of the Entra ID tenant {TenantId} cannot be read")]
    private partial void LogFailed(Exception error, Guid tenantId);

    private sealed record KeySet(DateTimeOffset ReadAt, IReadOnlyDictionary<string, RSAParameters> ById);

    private sealed class Tenant
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public KeySet? Keys { get; set; }

        public DateTimeOffset NextRead { get; set; }
    }
}
