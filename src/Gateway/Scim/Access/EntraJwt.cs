using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace IdLcm.Gateway.Scim.Access;

/// <summary>
/// A JSON Web Token as it was presented, taken apart and checked save for its signature (RFC 7515, RFC 7519, RFC 8725).
/// What is refused here costs neither cryptography nor a call to Entra ID.
/// </summary>
/// <param name="Tenant">The tenant that its issuer names.</param>
/// <param name="KeyId">Which key has signed it.</param>
/// <param name="Signed">What was signed.</param>
/// <param name="Signature">The signature.</param>
/// <param name="IssuedAt">From when it is valid.</param>
/// <param name="ExpiresAt">Until when it is valid.</param>
internal sealed record EntraJwt(Guid Tenant, string KeyId, byte[] Signed, byte[] Signature, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>The longest token that is looked at, in characters; those of Entra ID have 1 000 to 2 000.</summary>
    public const int MaxLength = 8192;

    private const int MaxKeyId = 200;

    private static readonly long Skew = (long)TimeSpan.FromMinutes(5).TotalSeconds;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    /// <summary>True for what has the form of a signed token. Gateway tokens hold no dot.</summary>
    public static bool LooksLike(string presented) => presented.AsSpan().Count('.') == 2;

    /// <summary>Takes a token apart.</summary>
    /// <param name="presented">The token.</param>
    /// <param name="authority">Who signs such tokens, and for whom.</param>
    /// <param name="tenants">The tenants that the integration allows.</param>
    /// <param name="now">The time.</param>
    /// <param name="reason">Why it is refused, for the audit; null where it is not.</param>
    /// <returns>The token, or null where it is refused.</returns>
    public static EntraJwt? Read(string presented, EntraAuthority authority, IReadOnlyList<string> tenants, DateTimeOffset now, out string? reason)
    {
        reason = "a token that is malformed";
        if (presented.Length > MaxLength || presented.Split('.') is not [var first, var second, var third])
        {
            return null;
        }

        if (Decode(first) is not { } header || Decode(second) is not { } payload || Decode(third) is not { Length: > 0 } signature)
        {
            return null;
        }

        try
        {
            using var head = JsonDocument.Parse(header, Strict);
            using var body = JsonDocument.Parse(payload, Strict);
            if (head.RootElement.ValueKind != JsonValueKind.Object || body.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            // One algorithm only: the token must not choose how it is checked (RFC 8725 section 3.1).
            if (Text(head.RootElement, "alg") != "RS256" || head.RootElement.TryGetProperty("crit", out _))
            {
                reason = "a token that is not signed with RS256";
                return null;
            }

            if (Text(head.RootElement, "kid") is not { Length: > 0 and <= MaxKeyId } keyId)
            {
                reason = "a token that names no key";
                return null;
            }

            return Claims(body.RootElement, authority, tenants, now.ToUnixTimeSeconds(), ref reason) is not { } claims
                ? null
                : new EntraJwt(claims.Tenant, keyId, Encoding.ASCII.GetBytes(presented[..presented.LastIndexOf('.')]), signature, claims.From, claims.Until);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A text that is no valid UTF-16, for example a lone surrogate.
            return null;
        }
    }

    private static (Guid Tenant, DateTimeOffset From, DateTimeOffset Until)? Claims(JsonElement body, EntraAuthority authority, IReadOnlyList<string> tenants, long now, ref string? reason)
    {
        if (Text(body, "aud") != authority.Audience)
        {
            reason = "a token for another audience";
            return null;
        }

        var issuer = Text(body, "iss");
        var tenant = tenants.Select(text => Guid.TryParse(text, out var id) ? id : Guid.Empty)
            .FirstOrDefault(id => id != Guid.Empty && authority.Allows(id) && authority.IssuersOf(id).Contains(issuer, StringComparer.Ordinal));
        if (tenant == Guid.Empty)
        {
            reason = "a token of a tenant that is not allowed";
            return null;
        }

        if (Number(body, "exp") is not { } until || until < now - Skew)
        {
            reason = "a token that is expired";
            return null;
        }

        var from = body.TryGetProperty("nbf", out _) ? Number(body, "nbf") : 0;
        if (from is not { } begins || begins > now + Skew)
        {
            reason = "a token that is not valid yet";
            return null;
        }

        reason = null;
        return (tenant, Time(begins), Time(until));
    }

    private static DateTimeOffset Time(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number is >= 0 and <= int.MaxValue * 100L ? number : null;

    private static byte[]? Decode(string part) => Base64Url.IsValid(part) ? Base64Url.DecodeFromChars(part) : null;
}
