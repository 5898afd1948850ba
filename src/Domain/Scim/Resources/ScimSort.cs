namespace IdLcm.Domain.Scim;

/// <summary>
/// The order of <c>sortBy</c> and <c>sortOrder</c> (RFC 7644 §3.4.2.3): by the attribute's type and case rule; of
/// several values the primary or first counts; without value comes last ascending and first descending. Ties are
/// broken by id, so that the order is the same on every page.
/// </summary>
public sealed class ScimSort : IComparer<ScimResource>
{
    private readonly ScimTarget target;
    private readonly ScimAttribute leaf;
    private readonly int direction;

    private ScimSort(ScimTarget target, ScimAttribute leaf, bool descending)
    {
        this.target = target;
        this.leaf = leaf;
        direction = descending ? -1 : 1;
    }

    /// <summary>Reads <c>sortBy</c>.</summary>
    /// <param name="type">The resource type.</param>
    /// <param name="sortBy">The attribute's path.</param>
    /// <param name="descending">Whether the largest comes first.</param>
    /// <exception cref="ScimException"><c>invalidPath</c> or <c>invalidValue</c>.</exception>
    public static ScimSort Parse(ScimResourceType type, string sortBy, bool descending = false)
    {
        ArgumentNullException.ThrowIfNull(type);
        var path = ScimPath.Parse(sortBy);
        if (path.Filter is not null || !type.TryResolve(path.Attribute, out var target)
            || target.Attribute is not { Returned: not ScimReturned.Never } attribute)
        {
            throw ScimError.InvalidPath($"{type.Name} cannot be sorted by {ScimText.Quote(sortBy)}.").ToException();
        }

        var key = target.SubAttribute ?? (attribute.Type == ScimAttributeType.Complex ? attribute.Value : attribute);
        return key is null
            ? throw ScimError.InvalidValue($"{ScimText.Quote(sortBy)} is complex; sort by one of its sub-attributes.").ToException()
            : new ScimSort(target, key, descending);
    }

    /// <inheritdoc/>
    public int Compare(ScimResource? x, ScimResource? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var order = direction * Compare(KeyOf(x), KeyOf(y));
        return order != 0 ? order : string.CompareOrdinal(x.Id, y.Id);
    }

    private int Compare(ScimValue? x, ScimValue? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        (ScimBoolean a, ScimBoolean b) => a.Value.CompareTo(b.Value),
        (ScimNumber a, ScimNumber b) => a.OrderAgainst(b),
        (ScimString a, ScimString b) when leaf.Type == ScimAttributeType.DateTime
            && ScimText.TryParseDateTime(a.Value, out var i) && ScimText.TryParseDateTime(b.Value, out var j) => i.CompareTo(j),
        (ScimString a, ScimString b) => string.Compare(a.Value, b.Value, leaf.Comparison),
        _ => 0,
    };

    private ScimValue? KeyOf(ScimResource resource)
    {
        var value = target.Extension is { } extension
            ? (resource.Attributes[extension.Schema.Id] as ScimComplex)?[target.Attribute!.Name]
            : resource.GetValue(target.Attribute!);
        if (value is ScimArray array)
        {
            value = array.FirstOrDefault(item => (item as ScimComplex)?.GetBoolean("primary") == true) ?? array[0];
        }

        return value is ScimComplex complex ? complex[leaf.Name] : value;
    }
}
