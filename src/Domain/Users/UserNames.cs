namespace IdLcm.Domain.Users;

/// <summary>When two user names, or two primary identifiers of an app's accounts, are one: letter case and Unicode composition do not matter (RFC 7644 section 5).</summary>
public static class UserNames
{
    /// <summary>Compares two names.</summary>
    /// <param name="one">One, or null.</param>
    /// <param name="other">The other, or null.</param>
    /// <returns>True when they are the same; false where one is null.</returns>
    public static bool AreSame(string? one, string? other) =>
        one is not null && other is not null && string.Equals(UnicodeComposition.Compose(one), UnicodeComposition.Compose(other), StringComparison.OrdinalIgnoreCase);
}
