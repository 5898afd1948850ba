using System.Runtime.CompilerServices;

namespace IdLcm.Domain.Scim;

/// <summary>
/// Which attributes an answer shows (RFC 7644 §3.9, RFC 7643 §7 <c>returned</c>). Where nothing is asked for and
/// the type has no attribute that would be held back, resources are written without looking at any attribute.
/// </summary>
public sealed partial class ScimProjection
{
    private static readonly ConditionalWeakTable<ScimResourceType, ScimProjection> Defaults = [];

    private readonly ScimResourceType type;

    // Null: nothing was asked for. A value of null: the whole attribute; else only those sub-attributes.
    private readonly Dictionary<ScimAttribute, HashSet<ScimAttribute>?>? included;
    private readonly Dictionary<ScimAttribute, HashSet<ScimAttribute>?>? excluded;
    private readonly bool showsAllCore;
    private readonly bool showsAll;

    // Whether everything that can lie in a store is shown: what is write-only never does, and what is read-only the server adds.
    private readonly bool showsStored;

    private ScimProjection(
        ScimResourceType type,
        Dictionary<ScimAttribute, HashSet<ScimAttribute>?>? included,
        Dictionary<ScimAttribute, HashSet<ScimAttribute>?>? excluded)
    {
        this.type = type;
        this.included = included;
        this.excluded = excluded;
        showsAllCore = included is null && excluded is null && type.Schema.Attributes.All(IsPlain);
        showsAll = showsAllCore && type.Extensions.All(e => e.Schema.Attributes.All(IsPlain));
        showsStored = included is null && excluded is null
            && type.Schema.Attributes.Concat(type.Extensions.SelectMany(e => e.Schema.Attributes))
                .All(a => IsPlain(a) || a.Mutability is ScimMutability.WriteOnly or ScimMutability.ReadOnly);
    }

    /// <summary>What is shown when the client asks for nothing in particular.</summary>
    /// <param name="type">The resource type.</param>
    public static ScimProjection DefaultFor(ScimResourceType type) =>
        Defaults.GetValue(type, static t => new ScimProjection(t, null, null));

    /// <summary>Reads the parameters <c>attributes</c> and <c>excludedAttributes</c>; names that the type does not define are passed over.</summary>
    /// <param name="type">The resource type.</param>
    /// <param name="attributes">Names between commas, or null.</param>
    /// <param name="excludedAttributes">Names between commas, or null.</param>
    public static ScimProjection Parse(ScimResourceType type, string? attributes, string? excludedAttributes)
    {
        ArgumentNullException.ThrowIfNull(type);
        return string.IsNullOrWhiteSpace(attributes) && string.IsNullOrWhiteSpace(excludedAttributes)
            ? DefaultFor(type)
            : new ScimProjection(type, Select(type, attributes), Select(type, excludedAttributes));
    }

    /// <summary>Whether the answer shows a core attribute at all, so that a caller need not load what is not shown.</summary>
    /// <param name="attributeName">The core attribute, for example <c>members</c> or <c>groups</c>.</param>
    public bool Shows(string attributeName) => type.Find(attributeName) is { } attribute && Includes(attribute);

    /// <summary>Whether the client asked for a part of a core attribute that is sent only then.</summary>
    /// <param name="attributeName">The core attribute, for example <c>members</c>.</param>
    /// <param name="subName">Its part, for example <c>display</c>.</param>
    public bool ShowsPart(string attributeName, string subName) =>
        included is not null && type.Find(attributeName) is { } attribute && attribute.Find(subName) is { } sub
        && included.TryGetValue(attribute, out var only) && only?.Contains(sub) == true && Includes(attribute);

    /// <summary>Whether the answer shows anything of an extension.</summary>
    /// <param name="urn">The extension's URN.</param>
    public bool ShowsExtension(string urn) => type.FindExtension(urn) is { } extension && extension.Schema.Attributes.Any(Includes);

    private static bool IsPlain(ScimAttribute attribute) =>
        attribute.Returned is ScimReturned.Default or ScimReturned.Always && !attribute.NarrowsSubAttributes;

    private static Dictionary<ScimAttribute, HashSet<ScimAttribute>?>? Select(ScimResourceType type, string? names)
    {
        if (string.IsNullOrWhiteSpace(names))
        {
            return null;
        }

        var selected = new Dictionary<ScimAttribute, HashSet<ScimAttribute>?>();
        foreach (var range in names.AsSpan().Split(','))
        {
            var name = names.AsSpan()[range].Trim();
            if (!ScimAttributePath.TryParse(name, out var path))
            {
                continue;
            }

            if (type.TryResolve(path!, out var target))
            {
                SelectTarget(selected, target);
            }
            else if (name.Equals(type.Schema.Id, StringComparison.OrdinalIgnoreCase))
            {
                SelectAll(selected, type.Schema);
            }
        }

        return selected;
    }

    private static void SelectAll(Dictionary<ScimAttribute, HashSet<ScimAttribute>?> selected, ScimSchema schema)
    {
        foreach (var attribute in schema.Attributes)
        {
            selected[attribute] = null;
        }
    }

    private static void SelectTarget(Dictionary<ScimAttribute, HashSet<ScimAttribute>?> selected, ScimTarget target)
    {
        if (target.Attribute is not { } attribute)
        {
            SelectAll(selected, target.Extension!.Schema);
            return;
        }

        if (target.SubAttribute is not { } sub)
        {
            selected[attribute] = null;
        }
        else if (!selected.TryGetValue(attribute, out var subs))
        {
            selected[attribute] = [sub];
        }
        else
        {
            // Null stands for the whole attribute already.
            subs?.Add(sub);
        }
    }

    private bool Includes(ScimAttribute attribute) => attribute.Returned switch
    {
        ScimReturned.Never => false,
        ScimReturned.Always => true,
        ScimReturned.Request => included is not null && included.ContainsKey(attribute) && !ExcludesWhole(attribute),
        _ => (included is null || included.ContainsKey(attribute)) && !ExcludesWhole(attribute),
    };

    private bool ExcludesWhole(ScimAttribute attribute) => excluded is not null && excluded.TryGetValue(attribute, out var subs) && subs is null;
}
