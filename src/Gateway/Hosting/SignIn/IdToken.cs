using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>A key by which a provider signs (RFC 7517, RFC 7518 section 6).</summary>
/// <param name="Id">Its id; null where the provider has one key and does not name it.</param>
/// <param name="Algorithm">The only algorithm it may be used with; null for each that suits its type.</param>
/// <param name="Rsa">The key where it is one of RSA.</param>
/// <param name="Curve">The key where it is one of an elliptic curve.</param>
internal sealed record SigningKey(string? Id, string? Algorithm, RSAParameters? Rsa, ECParameters? Curve);

/// <summary>Checks id tokens: signature (RFC 7515) and claims (OpenID Connect Core 1.0 section 3.1.3.7).</summary>
internal static class IdToken
{
    private const int MaxLength = 64 * 1024;
    private const int MaxSubject = 255;

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(2);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    /// <summary>Reads the id of the key that has signed a token.</summary>
    /// <returns>Its algorithm and its key's id; null where it is no token.</returns>
    public static (string Algorithm, string? KeyId)? Header(string token)
    {
        if (token.Length > MaxLength || token.Split('.') is not [var first, _, _] || Decode(first) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(bytes, Strict);
            return header.RootElement.ValueKind != JsonValueKind.Object || header.RootElement.TryGetProperty("crit", out _) || Text(header.RootElement, "alg") is not { } algorithm
                ? null
                : (algorithm, Text(header.RootElement, "kid"));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Checks a token.</summary>
    /// <param name="token">The token, as the provider gave it.</param>
    /// <param name="keys">The provider's keys.</param>
    /// <param name="issuer">The issuer it must come from.</param>
    /// <param name="clientId">The client it must be meant for.</param>
    /// <param name="nonce">The nonce it must carry.</param>
    /// <param name="now">The time.</param>
    /// <param name="problem">What is wrong, for the log; null where nothing is.</param>
    /// <returns>Its claims, or null.</returns>
    public static Dictionary<string, IReadOnlyList<string>>? Read(
        string token, IReadOnlyList<SigningKey> keys, string issuer, string clientId, string nonce, DateTimeOffset now, out string? problem)
    {
        problem = "it is malformed";
        if (Header(token) is not { } header || token.Split('.') is not [var first, var second, var third] || Decode(second) is not { } payload || Decode(third) is not { } signature)
        {
            return null;
        }

        if (!keys.Any(key => (header.KeyId is null || key.Id is null || key.Id == header.KeyId) && Verifies(key, header.Algorithm, Encoding.ASCII.GetBytes($"{first}.{second}"), signature)))
        {
            problem = $"none of the provider's keys has signed it with {header.Algorithm}";
            return null;
        }

        try
        {
            using var body = JsonDocument.Parse(payload, Strict);
            problem = ProblemOf(body.RootElement, issuer, clientId, nonce, now);
            return problem is null ? Claims(body.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The claims of an object that people can be told apart by.</summary>
    public static Dictionary<string, IReadOnlyList<string>> Claims(JsonElement body)
    {
        var claims = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var claim in body.EnumerateObject())
        {
            IReadOnlyList<string>? values = claim.Value.ValueKind switch
            {
                JsonValueKind.String => [claim.Value.GetString()!],
                JsonValueKind.True => ["true"],
                JsonValueKind.False => ["false"],
                JsonValueKind.Array => [.. claim.Value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)],
                JsonValueKind.Object => [.. claim.Value.EnumerateObject().Select(item => item.Name)],
                _ => null,
            };
            if (values is not null)
            {
                claims[claim.Name] = values;
            }
        }

        return claims;
    }

    private static string? ProblemOf(JsonElement body, string issuer, string clientId, string nonce, DateTimeOffset now)
    {
        if (body.ValueKind != JsonValueKind.Object || Text(body, "iss") != issuer)
        {
            return "it comes from another issuer";
        }

        List<string> audiences = body.TryGetProperty("aud", out var audience) && audience.ValueKind == JsonValueKind.Array
            ? [.. audience.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : Text(body, "aud") is { } single ? [single] : [];
        var party = Text(body, "azp");
        if (!audiences.Contains(clientId, StringComparer.Ordinal) || (party is not null && party != clientId) || (audiences.Count > 1 && party is null))
        {
            return "it is meant for another client";
        }

        if (!body.TryGetProperty("exp", out var end) || !end.TryGetDouble(out var until) || until < (now - Skew).ToUnixTimeSeconds())
        {
            return "it is expired";
        }

        if (body.TryGetProperty("nbf", out var begin) && (!begin.TryGetDouble(out var from) || from > (now + Skew).ToUnixTimeSeconds()))
        {
            return "it is not valid yet";
        }

        var sent = Encoding.UTF8.GetBytes(Text(body, "nonce") ?? "");
        return !CryptographicOperations.FixedTimeEquals(sent, Encoding.UTF8.GetBytes(nonce)) ? "it belongs to another sign-in"
            : Text(body, "sub") is not { Length: > 0 and <= MaxSubject } ? "it names nobody"
            : null;
    }

    /// <summary>Algorithms are bound to the type of the key: a token cannot choose how it is checked (RFC 8725 section 3.1).</summary>
    private static bool Verifies(SigningKey key, string algorithm, byte[] signed, byte[] signature)
    {
        if (key.Algorithm is not null && key.Algorithm != algorithm)
        {
            return false;
        }

        var hash = algorithm.Length == 5 ? algorithm[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => default,
        } : default;
        if (hash == default)
        {
            return false;
        }

        if (key.Rsa is { } parameters && (algorithm[..2] is "RS" or "PS"))
        {
            using var rsa = RSA.Create(parameters);
            return rsa.VerifyData(signed, signature, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        if (key.Curve is not { } curve || algorithm[..2] != "ES")
        {
            return false;
        }

        using var ecdsa = ECDsa.Create(curve);
        var suits = (algorithm, ecdsa.KeySize) is ("ES256", 256) or ("ES384", 384) or ("ES512", 521);
        return suits && ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    internal static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static byte[]? Decode(string? text) => text is { Length: > 0 } && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
