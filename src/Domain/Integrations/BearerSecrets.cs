using System.Security.Cryptography;
using System.Text;

namespace IdLcm.Domain.Integrations;

/// <summary>Bearer secrets that are handed out once and kept as hashes: gateway tokens and API keys.</summary>
public static class BearerSecrets
{
    /// <summary>Makes a secret.</summary>
    /// <param name="prefix">What people recognise it by, for example <c>idlcm_gw</c>.</param>
    /// <param name="id">Its id, which is no secret.</param>
    /// <returns>The secret: prefix, id and 256 random bits.</returns>
    public static string New(string prefix, string id) => $"{prefix}_{id}_{Ids.NewShort(52)}";

    /// <summary>What is kept of a secret.</summary>
    /// <param name="secret">The secret.</param>
    /// <returns>SHA-256, lower-case hexadecimal. A plain hash is enough for 256 random bits.</returns>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Compares a presented secret with a kept hash, in constant time.</summary>
    /// <param name="presentedHash">The hash of what was presented.</param>
    /// <param name="keptHash">The kept hash.</param>
    /// <returns>True when they are the same.</returns>
    public static bool Matches(string presentedHash, string keptHash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(presentedHash), Encoding.ASCII.GetBytes(keptHash));
}

/// <summary>Makes and checks gateway tokens.</summary>
public static class GatewayTokens
{
    /// <summary>The start of every gateway token.</summary>
    public const string Prefix = "idlcm_gw";

    /// <summary>How long a token is valid where nothing else is asked.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(365);

    /// <summary>Makes a token.</summary>
    /// <param name="label">What it is for.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long it is valid.</param>
    /// <returns>What is kept, and the token to show once.</returns>
    public static (GatewayToken Kept, string Token) New(string label, DateTimeOffset now, TimeSpan lifetime)
    {
        var id = Ids.NewShort(8);
        var token = BearerSecrets.New(Prefix, id);
        return (new GatewayToken(id, label, BearerSecrets.HashOf(token), now, now + lifetime), token);
    }

    /// <summary>
    /// Generates a token for an integration. Older ones stay valid for the overlap, so that the identity provider can
    /// be changed over; of those only the newest, so that at most two are valid at once.
    /// </summary>
    /// <param name="integration">The integration.</param>
    /// <param name="label">What the token is for.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long it is valid.</param>
    /// <param name="overlap">How long the token before it stays valid.</param>
    /// <returns>The integration with its new tokens, and the token to show once.</returns>
    public static (Integration Integration, GatewayToken Kept, string Token) Generate(
        Integration integration, string label, DateTimeOffset now, TimeSpan lifetime, TimeSpan overlap)
    {
        var (kept, token) = New(label, now, lifetime);
        var previous = integration.Tokens.Where(t => t.ExpiresAt > now).MaxBy(t => t.CreatedAt);
        GatewayToken[] tokens = previous is null
            ? [kept]
            : [kept, previous with { ExpiresAt = previous.ExpiresAt < now + overlap ? previous.ExpiresAt : now + overlap }];
        return (integration with { Tokens = tokens, ModifiedAt = now }, kept, token);
    }

    /// <summary>Finds the valid token that was presented. Takes the same time whichever it is, or none.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="presented">The presented token.</param>
    /// <param name="now">The time.</param>
    /// <returns>The token, or null.</returns>
    public static GatewayToken? Find(Integration integration, string presented, DateTimeOffset now)
    {
        var hash = BearerSecrets.HashOf(presented);
        GatewayToken? found = null;
        foreach (var token in integration.Tokens)
        {
            if (BearerSecrets.Matches(hash, token.Hash) && token.ExpiresAt > now)
            {
                found = token;
            }
        }

        return found;
    }
}
