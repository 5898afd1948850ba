namespace IdLcm.Domain.Users;

/// <summary>When two user names are one: letter case and Unicode composition do not matter (RFC 7644 section 5).</summary>
public static class UserNames
{
    /// <summary>Compares two user names.</summary>
    /// <param name="one">One, or null.</param>
    /// <param name="other">The other.</param>
    /// <returns>True when they are the same.</returns>
    public static bool AreSame(string? one, string other) =>
        one is not null && string.Equals(UnicodeComposition.Compose(one), UnicodeComposition.Compose(other), StringComparison.OrdinalIgnoreCase);
}
