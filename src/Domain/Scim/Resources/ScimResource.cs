using System.Globalization;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// One resource: an immutable attribute tree that conforms to its resource type. Names are spelled as the schemas
/// spell them, extensions lie under their URN, values are as the client sent them.
/// </summary>
public sealed class ScimResource
{
    private readonly ReadOnlyMemory<byte> stored;
    private ScimComplex? attributes;

    /// <summary>A resource of attributes that are known to conform, such as those read back from a store.</summary>
    /// <param name="type">The resource type.</param>
    /// <param name="attributes">Core attributes by name, extensions by URN; neither id, meta nor schemas.</param>
    /// <param name="id">The id, or null where it has none yet.</param>
    /// <param name="meta">The server's facts, or null where there are none yet.</param>
    public ScimResource(ScimResourceType type, ScimComplex attributes, string? id = null, ScimMeta? meta = null)
    {
        Type = type ?? throw new ArgumentNullException(nameof(type));
        this.attributes = attributes ?? throw new ArgumentNullException(nameof(attributes));
        Id = id;
        Meta = meta;
    }

    private ScimResource(ScimResourceType type, ReadOnlyMemory<byte> stored, string? id, ScimMeta? meta, ScimMember? added)
    {
        Type = type;
        this.stored = stored;
        Id = id;
        Meta = meta;
        Added = added;
    }

    /// <summary>The resource type.</summary>
    public ScimResourceType Type { get; }

    /// <summary>The id, or null where it has none yet.</summary>
    public string? Id { get; }

    /// <summary>The server's facts, or null where there are none yet.</summary>
    public ScimMeta? Meta { get; }

    /// <summary>Core attributes by name, extensions by URN.</summary>
    public ScimComplex Attributes => attributes ??= ReadStored();

    /// <summary>Reads the body of a POST or PUT and makes it conform to the type (RFC 7644 §3.3, §3.5.1).</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="type">The resource type.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <exception cref="ScimException">413, <c>invalidSyntax</c> or <c>invalidValue</c>.</exception>
    public static ScimResource Parse(ReadOnlySpan<byte> utf8, ScimResourceType type, ScimOptions? options = null) =>
        FromBody(ScimJson.ParseObject(utf8, options?.Limits), type, options);

    /// <summary>Makes a body that was read before, such as the data of a bulk operation, conform to the type.</summary>
    /// <param name="body">The body.</param>
    /// <param name="type">The resource type.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <exception cref="ScimException"><c>invalidSyntax</c> or <c>invalidValue</c>.</exception>
    public static ScimResource FromBody(ScimComplex body, ScimResourceType type, ScimOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(type);
        var attributes = new Conformance(options ?? ScimOptions.Default).Conform(body, type);
        RequiredAttributes.Check(attributes, type);
        return new ScimResource(type, attributes);
    }

    /// <summary>Reads back what <see cref="ToStored"/> wrote.</summary>
    /// <param name="utf8">The stored attributes.</param>
    /// <param name="type">The resource type.</param>
    /// <param name="id">The id.</param>
    /// <param name="meta">The server's facts.</param>
    public static ScimResource FromStored(ReadOnlySpan<byte> utf8, ScimResourceType type, string? id = null, ScimMeta? meta = null) =>
        new(type, ScimJson.ParseObject(utf8, StoredLimits), id, meta);

    /// <summary>
    /// Reads back what <see cref="ToStored"/> wrote, when it is needed: a resource that is only shown whole is never taken
    /// apart.
    /// </summary>
    /// <param name="utf8">The stored attributes; nobody may change them.</param>
    /// <param name="type">The resource type.</param>
    /// <param name="id">The id.</param>
    /// <param name="meta">The server's facts.</param>
    public static ScimResource FromStoredLazily(ReadOnlyMemory<byte> utf8, ScimResourceType type, string id, ScimMeta meta) =>
        new(type ?? throw new ArgumentNullException(nameof(type)), utf8, id, meta, added: null);

    /// <summary>The attributes as JSON in UTF-8, for a store: without id, meta and schemas.</summary>
    public byte[] ToStored() => ScimJson.ToUtf8(Attributes);

    /// <summary>The value of a core attribute or the extension of a URN, or null.</summary>
    /// <param name="name">The name or URN, in any case.</param>
    public ScimValue? this[string name] => Attributes[name];

    /// <summary>The text at a path such as <c>userName</c>, <c>name.givenName</c>, an extension's
    /// <c>urn:…:User:department</c>, or <c>emails[type eq "work"].value</c> (the first that matches); null where there is none.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="ScimException"><c>invalidPath</c> where the type does not define it.</exception>
    public string? GetText(string path) => Find(path) switch
    {
        ScimString text => text.Value,
        ScimBoolean truth => truth.Value ? "true" : "false",
        ScimNumber number => number.Text,
        _ => null,
    };

    /// <summary>The first value at a path, or null where there is none.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="ScimException"><c>invalidPath</c> where the type does not define it.</exception>
    public ScimValue? Find(string path)
    {
        var direct = Attributes[path];
        return direct is not null and not ScimArray ? direct : ScimPathReader.Find(this, ScimPath.Known(path));
    }

    /// <summary>The userName, or null.</summary>
    public string? UserName => Attributes.GetString("userName");

    /// <summary>The externalId, or null.</summary>
    public string? ExternalId => Attributes.GetString("externalId");

    /// <summary>The displayName, or null.</summary>
    public string? DisplayName => Attributes.GetString("displayName");

    /// <summary>Whether the account may be used: only an explicit false says no.</summary>
    public bool IsActive => Attributes.GetBoolean("active") ?? true;

    /// <summary>A copy with an id and facts.</summary>
    /// <param name="id">The id.</param>
    /// <param name="meta">The facts.</param>
    public ScimResource WithIdentity(string? id, ScimMeta? meta) => new(Type, Attributes, id, meta);

    /// <summary>A copy with other attributes.</summary>
    /// <param name="attributes">Attributes that conform.</param>
    public ScimResource WithAttributes(ScimComplex attributes) =>
        ReferenceEquals(attributes, Attributes) ? this : new(Type, attributes, Id, Meta);

    /// <summary>A copy in which the server set an attribute or, for null, removed it; nothing is checked.</summary>
    /// <param name="name">The core attribute as the schema spells it, or the URN of an extension.</param>
    /// <param name="value">The value.</param>
    public ScimResource With(string name, ScimValue? value) => attributes is null && value is not null && Added is null
        ? new ScimResource(Type, stored, Id, Meta, new ScimMember(name, value))
        : WithAttributes(Attributes.Set(name, value));

    /// <summary>A copy whose version also changes with something that is shown beside what clients write.</summary>
    /// <param name="shown">All of what is shown, as text that changes with it.</param>
    public ScimResource Versioned(string shown) => attributes is { } read
        ? new ScimResource(Type, read, Id, Meta?.With(shown))
        : new ScimResource(Type, stored, Id, Meta?.With(shown), Added);

    /// <summary>Writes the resource as an answer shows it (RFC 7643 §3).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="projection">Which attributes; null for the default.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end; <c>meta.location</c> is below it.</param>
    public void WriteTo(Utf8JsonWriter writer, ScimProjection? projection, string baseUrl) =>
        (projection ?? ScimProjection.DefaultFor(Type)).Write(writer, this, baseUrl);

    /// <summary>The absolute address of the resource.</summary>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public string Location(string baseUrl) => string.Concat(baseUrl, Type.Endpoint, "/", Id is null ? null : Uri.EscapeDataString(Id));

    /// <summary>A copy whose <c>meta.location</c> can be compared. What is shown has it without this.</summary>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public ScimResource WithLocation(string baseUrl) =>
        WithAttributes(Attributes.Set("meta", (MetaValue ?? ScimComplex.Empty).With("location", Location(baseUrl))));

    /// <summary>The stored attributes as they are, where nobody has taken them apart yet; else empty.</summary>
    internal ReadOnlySpan<byte> Stored => attributes is null ? stored.Span : default;

    /// <summary>What the server set beside the stored attributes.</summary>
    internal ScimMember? Added { get; }

    private ScimComplex ReadStored()
    {
        var read = ScimJson.ParseObject(stored.Span, StoredLimits);
        return Added is { } added ? read.Set(added.Name, added.Value) : read;
    }

    internal static ScimLimits StoredLimits { get; } = new() { BodyBytes = int.MaxValue, Depth = 64, NumberLength = int.MaxValue };

    /// <summary>The value of a core or common attribute; id, meta and schemas are made from what is known.</summary>
    internal ScimValue? GetValue(ScimAttribute attribute)
    {
        if (Attributes[attribute.Name] is { } value)
        {
            return value;
        }

        return attribute.Name switch
        {
            "id" when Id is not null => new ScimString(Id),
            "schemas" => new ScimArray([new ScimString(Type.Schema.Id), .. Type.Extensions
                .Where(e => Attributes[e.Schema.Id] is not null).Select(e => new ScimString(e.Schema.Id))]),
            "meta" => MetaValue,
            _ => null,
        };
    }

    private ScimComplex? MetaValue => Meta is null ? null : new ScimComplex(
        new ScimMember("resourceType", Type.Name),
        new ScimMember("created", Meta.Created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
        new ScimMember("lastModified", Meta.LastModified.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
        new ScimMember("version", Meta.ETag));
}
