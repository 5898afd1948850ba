namespace IdLcm.Domain.Groups;

/// <summary>Roles and entitlements of an app, by their values.</summary>
/// <param name="Roles">The values of the roles.</param>
/// <param name="Entitlements">The value strings of the entitlements.</param>
public sealed record AccessGrants(IReadOnlyList<string> Roles, IReadOnlyList<string> Entitlements)
{
    /// <summary>Nothing.</summary>
    public static AccessGrants None { get; } = new([], []);

    /// <summary>True when there is neither a role nor an entitlement.</summary>
    public bool IsEmpty => Roles.Count == 0 && Entitlements.Count == 0;

    /// <summary>Everything that any of several gives, each once.</summary>
    /// <param name="all">The parts.</param>
    /// <returns>The whole.</returns>
    public static AccessGrants Union(IEnumerable<AccessGrants> all)
    {
        List<string>? roles = null;
        List<string>? entitlements = null;
        foreach (var part in all)
        {
            if (!part.IsEmpty)
            {
                (roles ??= []).AddRange(part.Roles);
                (entitlements ??= []).AddRange(part.Entitlements);
            }
        }

        return roles is null
            ? None
            : new AccessGrants([.. roles.Distinct(StringComparer.OrdinalIgnoreCase)], [.. entitlements!.Distinct(StringComparer.OrdinalIgnoreCase)]);
    }

    /// <summary>What is here and not there.</summary>
    /// <param name="other">What is taken away.</param>
    /// <returns>The rest.</returns>
    public AccessGrants Except(AccessGrants other) => new(
        [.. Roles.Except(other.Roles, StringComparer.OrdinalIgnoreCase)], [.. Entitlements.Except(other.Entitlements, StringComparer.OrdinalIgnoreCase)]);

    /// <summary>Whether another gives the same, in any order.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when it does.</returns>
    public bool GivesTheSameAs(AccessGrants other) => Same(Roles, other.Roles) && Same(Entitlements, other.Entitlements);

    private static bool Same(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
        a.Count == b.Count && a.All(value => b.Contains(value, StringComparer.OrdinalIgnoreCase));
}
