using System.Collections.Frozen;

namespace IdLcm.Domain.Scim;

/// <summary>An extension as a resource type uses it (RFC 7643 §6).</summary>
/// <param name="Schema">The extension.</param>
/// <param name="Required">Whether every resource must carry it.</param>
public sealed record ScimSchemaExtension(ScimSchema Schema, bool Required = false);

/// <summary>A kind of resource: its endpoint, core schema and extensions (RFC 7643 §6).</summary>
public sealed class ScimResourceType
{
    private readonly FrozenDictionary<string, ScimSchemaExtension> extensions;

    /// <summary>A resource type.</summary>
    /// <param name="name">The name, also the id, for example <c>User</c>.</param>
    /// <param name="endpoint">The path below the base URL, for example <c>/Users</c>.</param>
    /// <param name="schema">The core schema.</param>
    /// <param name="extensions">The extensions.</param>
    public ScimResourceType(string name, string endpoint, ScimSchema schema, params IReadOnlyList<ScimSchemaExtension> extensions)
    {
        Name = name ?? throw new ArgumentNullException(nameof(name));
        Endpoint = endpoint ?? throw new ArgumentNullException(nameof(endpoint));
        Schema = schema ?? throw new ArgumentNullException(nameof(schema));
        Extensions = [.. extensions];
        var byUrn = new Dictionary<string, ScimSchemaExtension>(StringComparer.OrdinalIgnoreCase);
        foreach (var extension in Extensions)
        {
            byUrn[extension.Schema.Id] = extension;
            // Entra ID is seen to leave out the colon before the resource's name.
            var colon = extension.Schema.Id.LastIndexOf(':');
            byUrn.TryAdd(extension.Schema.Id.Remove(colon, 1), extension);
        }

        this.extensions = byUrn.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The name, also the id.</summary>
    public string Name { get; }

    /// <summary>The path below the base URL.</summary>
    public string Endpoint { get; }

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = string.Empty;

    /// <summary>The core schema.</summary>
    public ScimSchema Schema { get; }

    /// <summary>The extensions.</summary>
    public IReadOnlyList<ScimSchemaExtension> Extensions { get; }

    /// <summary>A copy with one more extension.</summary>
    /// <param name="extension">The extension.</param>
    /// <param name="required">Whether every resource must carry it.</param>
    public ScimResourceType WithExtension(ScimSchema extension, bool required = false) =>
        new(Name, Endpoint, Schema, [.. Extensions, new ScimSchemaExtension(extension, required)]) { Description = Description };

    /// <summary>The core or common attribute of that name in any case, or null.</summary>
    /// <param name="name">The name.</param>
    public ScimAttribute? Find(string name) => Schema.Find(name) ?? ScimSchemas.FindCommon(name);

    /// <summary>The extension with that URN in any case, also where its last colon is missing; null if there is none.</summary>
    /// <param name="urn">The URN.</param>
    public ScimSchemaExtension? FindExtension(string urn) => extensions.TryGetValue(urn, out var found) ? found : null;

    /// <summary>Finds what a path names; false where the resource type does not define it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="target">What it names.</param>
    internal bool TryResolve(ScimAttributePath path, out ScimTarget target)
    {
        if (path.Schema is null)
        {
            // Entra ID asks for "manager" without its URN.
            var owner = Find(path.Name) is null ? OwnerOf(path.Name) : null;
            return TryFind(owner, owner is null ? Find(path.Name) : owner.Schema.Find(path.Name), path.SubName, out target);
        }

        if (string.Equals(path.Schema, Schema.Id, StringComparison.OrdinalIgnoreCase))
        {
            return TryFind(null, Find(path.Name), path.SubName, out target);
        }

        if (FindExtension(path.Schema) is { } extension)
        {
            return TryFind(extension, extension.Schema.Find(path.Name), path.SubName, out target);
        }

        // The path is the URN itself, or the URN with a dot before the attribute (an old Entra ID dialect).
        if (FindExtension(string.Concat(path.Schema, ":", path.Name)) is { } whole)
        {
            if (path.SubName is null)
            {
                target = new ScimTarget(whole, null, null);
                return true;
            }

            return TryFind(whole, whole.Schema.Find(path.SubName), null, out target);
        }

        target = default;
        return false;
    }

    internal IEnumerable<string> KnownNames()
    {
        foreach (var common in ScimSchemas.Common)
        {
            yield return common.Name;
        }

        foreach (var attribute in Extensions.SelectMany(e => e.Schema.Attributes).Concat(Schema.Attributes))
        {
            yield return attribute.Name;
            foreach (var sub in attribute.SubAttributes)
            {
                yield return sub.Name;
            }
        }

        foreach (var extension in Extensions)
        {
            yield return extension.Schema.Id;
        }
    }

    private ScimSchemaExtension? OwnerOf(string name)
    {
        foreach (var extension in Extensions)
        {
            if (extension.Schema.Find(name) is not null)
            {
                return extension;
            }
        }

        return null;
    }

    private static bool TryFind(ScimSchemaExtension? extension, ScimAttribute? attribute, string? subName, out ScimTarget target)
    {
        var sub = subName is null ? null : attribute?.Find(subName);
        target = new ScimTarget(extension, attribute, sub);
        return attribute is not null && (subName is null || sub is not null);
    }
}

/// <summary>What a path names in a resource type: a whole extension, an attribute or a sub-attribute.</summary>
internal readonly record struct ScimTarget(ScimSchemaExtension? Extension, ScimAttribute? Attribute, ScimAttribute? SubAttribute);
