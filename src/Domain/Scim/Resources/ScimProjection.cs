using System.Runtime.CompilerServices;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// Which attributes an answer shows (RFC 7644 §3.9, RFC 7643 §7 <c>returned</c>). Where nothing is asked for and
/// the type has no attribute that would be held back, resources are written without looking at any attribute.
/// </summary>
public sealed class ScimProjection
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

    internal void Write(Utf8JsonWriter writer, ScimResource resource, string baseUrl)
    {
        if (showsStored && resource.Stored is [(byte)'{', .., (byte)'}'] stored && TryWriteStored(writer, resource, stored[1..^1], baseUrl))
        {
            return;
        }

        writer.WriteStartObject();
        WriteSchemas(writer, resource);
        if (resource.Id is { } id)
        {
            writer.WriteString("id"u8, id);
        }

        foreach (var (name, value) in resource.Attributes.AsSpan())
        {
            if (value is ScimComplex body && name.Contains(':', StringComparison.Ordinal))
            {
                WriteExtension(writer, name, body);
            }
            else if (showsAllCore)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            else if (type.Find(name) is { } attribute && Includes(attribute))
            {
                WriteAttribute(writer, attribute, value);
            }
        }

        WriteMeta(writer, resource, baseUrl);
        writer.WriteEndObject();
    }

    /// <summary>Writes stored attributes as they are. False, and nothing is written, where that is not what would be shown.</summary>
    private bool TryWriteStored(Utf8JsonWriter writer, ScimResource resource, ReadOnlySpan<byte> members, string baseUrl)
    {
        if (resource.Added is { } added && !(type.Schema.Find(added.Name) is { } shown && IsPlain(shown)))
        {
            return false;
        }

        var urns = new List<string>(0);
        if (members.IndexOf("\"urn:"u8) >= 0 && !TryFindExtensions(resource.Stored, urns))
        {
            return false;
        }

        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(type.Schema.Id);
        foreach (var urn in urns)
        {
            writer.WriteStringValue(urn);
        }

        writer.WriteEndArray();
        writer.WriteString("id"u8, resource.Id!);
        if (members.Length > 0)
        {
            // Members are a list like any other to a writer that does not validate: it adds the comma before them.
            writer.WriteRawValue(members, skipInputValidation: true);
        }

        if (resource.Added is { } extra)
        {
            writer.WritePropertyName(extra.Name);
            extra.Value.WriteTo(writer);
        }

        WriteMeta(writer, resource, baseUrl);
        writer.WriteEndObject();
        return true;
    }

    private bool TryFindExtensions(ReadOnlySpan<byte> stored, List<string> urns)
    {
        var reader = new Utf8JsonReader(stored, new JsonReaderOptions { MaxDepth = ScimResource.StoredLimits.Depth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Contains((byte)':'))
            {
                var known = urns.Count;
                foreach (var extension in type.Extensions)
                {
                    if (reader.ValueTextEquals(extension.Schema.Id))
                    {
                        urns.Add(extension.Schema.Id);
                        break;
                    }
                }

                if (urns.Count == known)
                {
                    return false;
                }
            }

            reader.Skip();
        }

        return true;
    }

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

    private void WriteAttribute(Utf8JsonWriter writer, ScimAttribute attribute, ScimValue value)
    {
        HashSet<ScimAttribute>? only = null;
        HashSet<ScimAttribute>? without = null;
        included?.TryGetValue(attribute, out only);
        excluded?.TryGetValue(attribute, out without);
        if (only is null && without is null && !attribute.NarrowsSubAttributes)
        {
            writer.WritePropertyName(attribute.Name);
            value.WriteTo(writer);
            return;
        }

        writer.WritePropertyName(attribute.Name);
        if (value is ScimArray array)
        {
            writer.WriteStartArray();
            foreach (var item in array.AsSpan())
            {
                WriteParts(writer, attribute, item, only, without);
            }

            writer.WriteEndArray();
        }
        else
        {
            WriteParts(writer, attribute, value, only, without);
        }
    }

    private static void WriteParts(
        Utf8JsonWriter writer, ScimAttribute attribute, ScimValue value, HashSet<ScimAttribute>? only, HashSet<ScimAttribute>? without)
    {
        if (value is not ScimComplex complex)
        {
            value.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var (name, part) in complex.AsSpan())
        {
            if (attribute.Find(name) is { } sub && IncludesPart(sub, only, without))
            {
                writer.WritePropertyName(sub.Name);
                part.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static bool IncludesPart(ScimAttribute sub, HashSet<ScimAttribute>? only, HashSet<ScimAttribute>? without) => sub.Returned switch
    {
        ScimReturned.Never => false,
        ScimReturned.Always => true,
        ScimReturned.Request => only is not null && only.Contains(sub),
        _ => (only is null || only.Contains(sub)) && without?.Contains(sub) != true,
    };

    private void WriteExtension(Utf8JsonWriter writer, string urn, ScimComplex body)
    {
        if (showsAll)
        {
            writer.WritePropertyName(urn);
            body.WriteTo(writer);
            return;
        }

        if (type.FindExtension(urn)?.Schema is not { } schema || !ShowsAnyOf(schema, body))
        {
            return;
        }

        writer.WriteStartObject(urn);
        foreach (var (name, value) in body.AsSpan())
        {
            if (schema.Find(name) is { } attribute && Includes(attribute))
            {
                WriteAttribute(writer, attribute, value);
            }
        }

        writer.WriteEndObject();
    }

    private bool ShowsAnyOf(ScimSchema schema, ScimComplex body)
    {
        foreach (var (name, _) in body.AsSpan())
        {
            if (schema.Find(name) is { } attribute && Includes(attribute))
            {
                return true;
            }
        }

        return false;
    }

    private void WriteSchemas(Utf8JsonWriter writer, ScimResource resource)
    {
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(type.Schema.Id);
        foreach (var (name, value) in resource.Attributes.AsSpan())
        {
            if (value is ScimComplex body && name.Contains(':', StringComparison.Ordinal)
                && (showsAll || type.FindExtension(name) is { } extension && ShowsAnyOf(extension.Schema, body)))
            {
                writer.WriteStringValue(name);
            }
        }

        writer.WriteEndArray();
    }

    private void WriteMeta(Utf8JsonWriter writer, ScimResource resource, string baseUrl)
    {
        if (resource.Meta is not { } meta || ScimSchemas.FindCommon("meta") is not { } attribute || !Includes(attribute))
        {
            return;
        }

        HashSet<ScimAttribute>? only = null;
        HashSet<ScimAttribute>? without = null;
        included?.TryGetValue(attribute, out only);
        excluded?.TryGetValue(attribute, out without);
        bool Part(string name) => only is null && without is null || IncludesPart(attribute.Find(name)!, only, without);

        writer.WriteStartObject("meta"u8);
        if (Part("resourceType"))
        {
            writer.WriteString("resourceType"u8, type.Name);
        }

        if (Part("created"))
        {
            writer.WriteString("created"u8, meta.Created.UtcDateTime);
        }

        if (Part("lastModified"))
        {
            writer.WriteString("lastModified"u8, meta.LastModified.UtcDateTime);
        }

        if (resource.Id is not null && Part("location"))
        {
            writer.WriteString("location"u8, resource.Location(baseUrl));
        }

        if (Part("version"))
        {
            writer.WriteString("version"u8, meta.ETag);
        }

        writer.WriteEndObject();
    }
}
