namespace IdLcm.Domain.Scim;

/// <summary>The attributes that a store may be able to look up without a scan.</summary>
[Flags]
public enum ScimLookupKeys
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>id</c>, by case.</summary>
    Id = 1,

    /// <summary><c>userName</c>, without case.</summary>
    UserName = 2,

    /// <summary><c>externalId</c>, by case.</summary>
    ExternalId = 4,

    /// <summary><c>emails[type eq "work"].value</c>, without case.</summary>
    WorkEmail = 8,

    /// <summary>Any of <c>emails</c>, without case.</summary>
    Email = 16,

    /// <summary><c>displayName</c>, without case.</summary>
    DisplayName = 32,

    /// <summary>A group's <c>members</c>, by case.</summary>
    Member = 64,

    /// <summary>The enterprise extension's <c>manager</c>, by case.</summary>
    Manager = 128,

    /// <summary>A user's <c>groups</c>, by case.</summary>
    Group = 256,

    /// <summary>All of them.</summary>
    All = 511,
}

/// <summary>
/// The part of a filter that an index answers: every resource that matches the filter has <paramref name="Value"/>
/// under <paramref name="Key"/>, and of those that have it the ones that match <paramref name="Residual"/>.
/// </summary>
/// <param name="Key">Which index; one flag.</param>
/// <param name="Value">The value as the client wrote it; fold it as the key says.</param>
/// <param name="Residual">What is left to be tried on what the index finds, or null.</param>
public sealed record ScimLookup(ScimLookupKeys Key, string Value, ScimFilter? Residual)
{
    /// <summary>Finds the most selective equality of a filter: id before userName, externalId, e-mail, display name and references.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="supported">Which indexes there are.</param>
    /// <returns>The lookup, or null where the filter needs a scan.</returns>
    public static ScimLookup? TryGetEquality(ScimFilter filter, ScimLookupKeys supported = ScimLookupKeys.All)
    {
        ArgumentNullException.ThrowIfNull(filter);
        IReadOnlyList<ScimFilter> terms = filter is ScimAndFilter and ? and.Terms : [filter];
        var best = -1;
        var bestKey = ScimLookupKeys.None;
        var bestValue = string.Empty;
        for (var i = 0; i < terms.Count; i++)
        {
            if (Recognize(terms[i], supported, out var key, out var value)
                && (bestKey == ScimLookupKeys.None || key < bestKey))
            {
                (best, bestKey, bestValue) = (i, key, value);
            }
        }

        if (best < 0)
        {
            return null;
        }

        ScimFilter[] rest = [.. terms.Where((_, i) => i != best)];
        return new ScimLookup(bestKey, bestValue, rest.Length == 0 ? null : ScimFilter.All(rest));
    }

    /// <summary>
    /// Recognizes the reference check <c>id eq "group" and members eq "user"</c>, which a store answers from the
    /// membership alone.
    /// </summary>
    /// <param name="filter">The filter.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="memberId">The member.</param>
    public static bool TryGetMembership(ScimFilter filter, out string groupId, out string memberId)
    {
        groupId = memberId = string.Empty;
        if (TryGetEquality(filter, ScimLookupKeys.Id) is not { Residual: { } rest } byId
            || TryGetEquality(rest, ScimLookupKeys.Member) is not { Residual: null } byMember)
        {
            return false;
        }

        (groupId, memberId) = (byId.Value, byMember.Value);
        return true;
    }

    private static bool Recognize(ScimFilter term, ScimLookupKeys supported, out ScimLookupKeys key, out string value)
    {
        (key, value) = term switch
        {
            ScimComparisonFilter { Operator: ScimOperator.Equal, Value.Kind: ScimLiteralKind.Text } c => (KeyOf(c.Path), c.Value.Text),
            ScimValuePathFilter p => KeyOf(p, supported),
            _ => (ScimLookupKeys.None, string.Empty),
        };
        return key != ScimLookupKeys.None && supported.HasFlag(key);
    }

    private static ScimLookupKeys KeyOf(ScimAttributePath path) => path switch
    {
        _ when path.Is("id") => ScimLookupKeys.Id,
        _ when path.Is("userName") => ScimLookupKeys.UserName,
        _ when path.Is("externalId") => ScimLookupKeys.ExternalId,
        _ when path.Is("emails") || path.Is("emails", "value") => ScimLookupKeys.Email,
        _ when path.Is("displayName") => ScimLookupKeys.DisplayName,
        _ when path.Is("members") || path.Is("members", "value") => ScimLookupKeys.Member,
        _ when path.Is("groups") || path.Is("groups", "value") => ScimLookupKeys.Group,
        { Name: var name, SubName: null or "value", Schema: var schema }
            when string.Equals(name, "manager", StringComparison.OrdinalIgnoreCase) && IsEnterprise(schema) => ScimLookupKeys.Manager,
        _ => ScimLookupKeys.None,
    };

    private static bool IsEnterprise(string? schema) =>
        schema is null || string.Equals(schema, ScimSchemas.EnterpriseUserUrn, StringComparison.OrdinalIgnoreCase);

    private static (ScimLookupKeys Key, string Value) KeyOf(ScimValuePathFilter path, ScimLookupKeys supported)
    {
        // emails[type eq "work" and value eq "x"]; a condition besides these would have to be tried again.
        IReadOnlyList<ScimFilter> terms = path.Inner is ScimAndFilter and ? and.Terms : [path.Inner];
        string? value = null;
        string? type = null;
        foreach (var term in terms)
        {
            if (term is not ScimComparisonFilter { Operator: ScimOperator.Equal, Value.Kind: ScimLiteralKind.Text } c)
            {
                return default;
            }

            if (value is null && c.Path.Is("value"))
            {
                value = c.Value.Text;
            }
            else if (type is null && c.Path.Is("type"))
            {
                type = c.Value.Text;
            }
            else
            {
                return default;
            }
        }

        if (value is null)
        {
            return default;
        }

        if (type is null)
        {
            return (KeyOf(path.Path), value);
        }

        return path.Path.Is("emails") && string.Equals(type, "work", StringComparison.OrdinalIgnoreCase) && supported.HasFlag(ScimLookupKeys.WorkEmail)
            ? (ScimLookupKeys.WorkEmail, value)
            : default;
    }
}
