using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Users;

/// <summary>One specific permission on one asset that the app offers, as a sync read it. Row <c>n:{key}</c>.</summary>
/// <param name="Value">The value string by which it is assigned.</param>
/// <param name="DisplayName">What people see.</param>
/// <param name="Type">One of the user schema's entitlement types.</param>
/// <param name="Description">What it allows.</param>
/// <param name="Incompatible">The value strings of those that cannot be held beside it.</param>
public sealed record EntitlementOption(
    string Value, string DisplayName, string Type, string Description = "", IReadOnlyList<string>? Incompatible = null)
{
    /// <summary>The asset that it is about, as the app names it; null where it is about none.</summary>
    public string? Asset { get; init; }

    /// <summary>What it permits on <see cref="Asset"/>.</summary>
    public string? Permission { get; init; }

    /// <summary>The key of its row: no character of the value reaches it.</summary>
    public string Row => RowOf(Value);

    /// <summary>The row of a value string.</summary>
    /// <param name="value">The value string; letter case does not matter.</param>
    /// <returns>The key.</returns>
    public static string RowOf(string value) => Rows.Entitlements + Ids.KeyOf(value);

    internal bool Excludes(string value) => Incompatible?.Contains(value, StringComparer.OrdinalIgnoreCase) == true;

    internal bool IsSameAs(EntitlementOption other) =>
        this with { Incompatible = null } == other with { Incompatible = null } && (Incompatible ?? []).SequenceEqual(other.Incompatible ?? [], StringComparer.Ordinal);
}
