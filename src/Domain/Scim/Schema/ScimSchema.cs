using System.Collections.Frozen;

namespace IdLcm.Domain.Scim;

/// <summary>A named set of attribute definitions (RFC 7643 §7).</summary>
public sealed class ScimSchema
{
    private readonly FrozenDictionary<string, ScimAttribute> byName;

    /// <summary>A schema; attribute names must differ.</summary>
    /// <param name="id">The URN.</param>
    /// <param name="name">The name for people.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="attributes">The definitions, without the common attributes id, externalId, meta and schemas.</param>
    public ScimSchema(string id, string name, string description, IEnumerable<ScimAttribute> attributes)
    {
        Id = id ?? throw new ArgumentNullException(nameof(id));
        Name = name ?? throw new ArgumentNullException(nameof(name));
        Description = description ?? throw new ArgumentNullException(nameof(description));
        Attributes = [.. attributes];
        byName = Attributes.ToFrozenDictionary(a => a.Name, StringComparer.OrdinalIgnoreCase);
        if (Id.Contains(":extension:", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var attribute in Attributes)
            {
                attribute.BelongTo(Id);
            }
        }
    }

    /// <summary>The URN that identifies the schema; compared without case.</summary>
    public string Id { get; }

    /// <summary>The name for people.</summary>
    public string Name { get; }

    /// <summary>What it is for.</summary>
    public string Description { get; }

    /// <summary>The definitions.</summary>
    public IReadOnlyList<ScimAttribute> Attributes { get; }

    /// <summary>The attribute of that name in any case, or null.</summary>
    /// <param name="name">The name.</param>
    public ScimAttribute? Find(string name) => byName.TryGetValue(name, out var found) ? found : null;
}

/// <summary>Builds the extension schema of an integration's own attributes.</summary>
public sealed class ScimSchemaBuilder
{
    private readonly string id;
    private readonly string name;
    private readonly string description;
    private readonly List<ScimAttribute> attributes = [];

    /// <summary>Begins a schema.</summary>
    /// <param name="id">The URN, for example <c>urn:example:params:scim:schemas:extension:crm:2.0:User</c>.</param>
    /// <param name="name">The name for people.</param>
    /// <param name="description">What it is for.</param>
    public ScimSchemaBuilder(string id, string name, string description = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        if (!id.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("A schema id is a URN.", nameof(id));
        }

        this.id = id;
        this.name = name;
        this.description = description;
    }

    /// <summary>Adds an attribute.</summary>
    /// <param name="attribute">Its definition; the name begins with a letter and holds letters, digits, - and _ (RFC 7643 §2.1).</param>
    /// <exception cref="ArgumentException">The name is malformed or taken.</exception>
    public ScimSchemaBuilder Add(ScimAttribute attribute)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        if (!ScimAttributePath.IsName(attribute.Name))
        {
            throw new ArgumentException($"'{attribute.Name}' is not a SCIM attribute name.", nameof(attribute));
        }

        if (attributes.Any(a => string.Equals(a.Name, attribute.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"'{attribute.Name}' is defined twice.", nameof(attribute));
        }

        attributes.Add(attribute);
        return this;
    }

    /// <summary>The schema.</summary>
    public ScimSchema Build() => new(id, name, description, attributes);
}
