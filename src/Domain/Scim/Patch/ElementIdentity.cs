namespace IdLcm.Domain.Scim;

/// <summary>
/// When two elements of a multi-valued attribute are the same entry: simple values by themselves, references to
/// resources by their value, other complex ones by value and type (RFC 7643 §2.4), and those without a value in whole.
/// </summary>
internal sealed class ElementIdentity(ScimAttribute attribute) : IEqualityComparer<ScimValue>
{
    private readonly StringComparer values = (attribute.Value ?? attribute).Comparer;

    public bool Equals(ScimValue? x, ScimValue? y) => (x, y) switch
    {
        (ScimString a, ScimString b) => values.Equals(a.Value, b.Value),
        (ScimComplex a, ScimComplex b) when attribute.Value is not null => Same(a, b),
        (null, null) => true,
        (null, _) or (_, null) => false,
        _ => x.Equals(y),
    };

    public int GetHashCode(ScimValue obj) => obj switch
    {
        ScimString text => values.GetHashCode(text.Value),
        ScimComplex complex when attribute.Value is not null => complex.GetString("value") is { } value ? values.GetHashCode(value) : 0,
        _ => obj.GetHashCode(),
    };

    /// <summary>Whether an element is one that a removal by value names: all that the removal says is so.</summary>
    public bool IsNamedBy(ScimValue element, ScimValue named)
    {
        if (element is not ScimComplex complex || named is not ScimComplex removal)
        {
            return Equals(element, named);
        }

        if (attribute.IsResourceReference)
        {
            return Same(complex, removal);
        }

        foreach (var (name, value) in removal.AsSpan())
        {
            if (complex[name] is not { } own || !SamePart(attribute.Find(name), own, value))
            {
                return false;
            }
        }

        return removal.Count > 0;
    }

    private static bool SamePart(ScimAttribute? sub, ScimValue a, ScimValue b) =>
        a is ScimString x && b is ScimString y && sub is not null ? sub.Comparer.Equals(x.Value, y.Value) : a.Equals(b);

    private bool Same(ScimComplex a, ScimComplex b)
    {
        if (a["value"] is not { } x || b["value"] is not { } y)
        {
            return a.Equals(b);
        }

        return SamePart(attribute.Value, x, y)
            && (attribute.IsResourceReference || string.Equals(a.GetString("type"), b.GetString("type"), StringComparison.OrdinalIgnoreCase));
    }
}
