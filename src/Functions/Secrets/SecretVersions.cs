using System.Globalization;
using Azure.Security.KeyVault.Secrets;

namespace IdLcm.Functions.Secrets;

/// <summary>
/// How the port's versions lie in Key Vault. Key Vault knows one current version, the newest; the port promotes one. A
/// version that this store set waits until its tag says when it was promoted, and the one promoted last is current. A
/// version that a person set in the portal has no tag of ours and counts as promoted when it was made.
/// </summary>
internal static class SecretVersions
{
    /// <summary>The tag of versions that this store set.</summary>
    public const string Origin = "idlcm";

    /// <summary>The tag that says when a version was promoted, in ticks of UTC.</summary>
    public const string PromotedAt = "idlcm-promoted";

    /// <summary>The version promoted last, usable or not.</summary>
    /// <param name="versions">All versions.</param>
    /// <returns>The version, or null when none was ever promoted.</returns>
    public static SecretProperties? Current(IReadOnlyList<SecretProperties> versions) =>
        versions.Where(static version => Promoted(version) > 0).MaxBy(Promoted);

    /// <summary>A stamp later than that of every version.</summary>
    /// <param name="versions">All versions.</param>
    /// <param name="now">The time.</param>
    /// <returns>The tag's value.</returns>
    public static string NextStamp(IReadOnlyList<SecretProperties> versions, DateTimeOffset now) =>
        Math.Max(now.UtcTicks, versions.Max(Promoted) + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>True when a version may be handed out: enabled, begun and not expired.</summary>
    /// <param name="version">The version.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer.</returns>
    public static bool IsUsable(SecretProperties version, DateTimeOffset now) =>
        version.Enabled != false && (version.ExpiresOn is null || version.ExpiresOn > now) && (version.NotBefore is null || version.NotBefore <= now);

    private static long Promoted(SecretProperties version)
    {
        if (version.Tags.TryGetValue(PromotedAt, out var text))
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : 0;
        }

        return version.Tags.ContainsKey(Origin) ? 0 : version.CreatedOn?.UtcTicks ?? 0;
    }
}
