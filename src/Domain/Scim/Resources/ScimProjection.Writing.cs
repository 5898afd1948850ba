using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>Writes what is shown.</summary>
public sealed partial class ScimProjection
{
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
            else if (type.Find(name) is { } attribute && Shows(attribute, value))
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

        if (value is not ScimArray array)
        {
            writer.WritePropertyName(attribute.Name);
            WriteParts(writer, attribute, value, only, without);
            return;
        }

        writer.WriteStartArray(attribute.Name);
        foreach (var item in array.AsSpan())
        {
            if (HasParts(attribute, item, only, without))
            {
                WriteParts(writer, attribute, item, only, without);
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>Whether anything of a value is shown: what has none of the parts asked for has no value to the client (RFC 7643 §2.5).</summary>
    private bool Shows(ScimAttribute attribute, ScimValue value)
    {
        if (!Includes(attribute))
        {
            return false;
        }

        HashSet<ScimAttribute>? only = null;
        HashSet<ScimAttribute>? without = null;
        included?.TryGetValue(attribute, out only);
        excluded?.TryGetValue(attribute, out without);
        return only is null && without is null && !attribute.NarrowsSubAttributes
            || (value is ScimArray array ? array.Any(item => HasParts(attribute, item, only, without)) : HasParts(attribute, value, only, without));
    }

    private static bool HasParts(ScimAttribute attribute, ScimValue value, HashSet<ScimAttribute>? only, HashSet<ScimAttribute>? without)
    {
        if (value is not ScimComplex complex)
        {
            return true;
        }

        foreach (var (name, _) in complex.AsSpan())
        {
            if (attribute.Find(name) is { } sub && IncludesPart(sub, only, without))
            {
                return true;
            }
        }

        return false;
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
            if (schema.Find(name) is { } attribute && Shows(attribute, value))
            {
                WriteAttribute(writer, attribute, value);
            }
        }

        writer.WriteEndObject();
    }

    private bool ShowsAnyOf(ScimSchema schema, ScimComplex body)
    {
        foreach (var (name, value) in body.AsSpan())
        {
            if (schema.Find(name) is { } attribute && Shows(attribute, value))
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
