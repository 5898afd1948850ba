using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>Writes the resources of discovery (RFC 7644 §4): schemas and resource types.</summary>
public static class ScimDiscovery
{
    private const string SchemaUrn = "urn:ietf:params:scim:schemas:core:2.0:Schema";
    private const string ResourceTypeUrn = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

    /// <summary>The distinct schemas of resource types: core ones first, then extensions.</summary>
    /// <param name="types">The resource types of an integration.</param>
    public static IReadOnlyList<ScimSchema> SchemasOf(IReadOnlyList<ScimResourceType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return [.. types.Select(t => t.Schema)
            .Concat(types.SelectMany(t => t.Extensions.Select(e => e.Schema)))
            .DistinctBy(s => s.Id, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Writes the answer of <c>/Schemas</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="schemas">The schemas.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteSchemas(Utf8JsonWriter writer, IReadOnlyList<ScimSchema> schemas, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(schemas);
        ScimListResponse.WriteAll(writer, schemas, (w, schema) => WriteSchema(w, schema, baseUrl));
    }

    /// <summary>Writes the answer of <c>/Schemas/{id}</c> (RFC 7643 §7).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteSchema(Utf8JsonWriter writer, ScimSchema schema, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(schema);
        writer.WriteStartObject();
        WriteUrn(writer, SchemaUrn);
        writer.WriteString("id"u8, schema.Id);
        writer.WriteString("name"u8, schema.Name);
        writer.WriteString("description"u8, schema.Description);
        WriteAttributes(writer, "attributes", schema.Attributes);
        WriteMeta(writer, "Schema", $"{baseUrl}/Schemas/{schema.Id}");
        writer.WriteEndObject();
    }

    /// <summary>Writes the answer of <c>/ResourceTypes</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="types">The resource types.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteResourceTypes(Utf8JsonWriter writer, IReadOnlyList<ScimResourceType> types, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(types);
        ScimListResponse.WriteAll(writer, types, (w, type) => WriteResourceType(w, type, baseUrl));
    }

    /// <summary>Writes the answer of <c>/ResourceTypes/{name}</c> (RFC 7643 §6).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="type">The resource type.</param>
    /// <param name="baseUrl">The absolute base URL without a slash at its end.</param>
    public static void WriteResourceType(Utf8JsonWriter writer, ScimResourceType type, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(type);
        writer.WriteStartObject();
        WriteUrn(writer, ResourceTypeUrn);
        writer.WriteString("id"u8, type.Name);
        writer.WriteString("name"u8, type.Name);
        writer.WriteString("endpoint"u8, type.Endpoint);
        writer.WriteString("description"u8, type.Description);
        writer.WriteString("schema"u8, type.Schema.Id);
        writer.WriteStartArray("schemaExtensions"u8);
        foreach (var extension in type.Extensions)
        {
            writer.WriteStartObject();
            writer.WriteString("schema"u8, extension.Schema.Id);
            writer.WriteBoolean("required"u8, extension.Required);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteMeta(writer, "ResourceType", $"{baseUrl}/ResourceTypes/{type.Name}");
        writer.WriteEndObject();
    }

    internal static void WriteUrn(Utf8JsonWriter writer, string urn)
    {
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(urn);
        writer.WriteEndArray();
    }

    internal static void WriteMeta(Utf8JsonWriter writer, string resourceType, string location)
    {
        writer.WriteStartObject("meta"u8);
        writer.WriteString("resourceType"u8, resourceType);
        writer.WriteString("location"u8, location);
        writer.WriteEndObject();
    }

    private static void WriteAttributes(Utf8JsonWriter writer, string name, IReadOnlyList<ScimAttribute> attributes)
    {
        writer.WriteStartArray(name);
        foreach (var attribute in attributes)
        {
            WriteAttribute(writer, attribute);
        }

        writer.WriteEndArray();
    }

    private static void WriteAttribute(Utf8JsonWriter writer, ScimAttribute attribute)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, attribute.Name);
        writer.WriteString("type"u8, attribute.Type switch
        {
            ScimAttributeType.Boolean => "boolean",
            ScimAttributeType.Decimal => "decimal",
            ScimAttributeType.Integer => "integer",
            ScimAttributeType.DateTime => "dateTime",
            ScimAttributeType.Reference => "reference",
            ScimAttributeType.Binary => "binary",
            ScimAttributeType.Complex => "complex",
            _ => "string",
        });
        writer.WriteBoolean("multiValued"u8, attribute.MultiValued);
        writer.WriteString("description"u8, attribute.Description);
        writer.WriteBoolean("required"u8, attribute.Required || attribute.RequiredByApp);
        if (attribute.IsText)
        {
            writer.WriteBoolean("caseExact"u8, attribute.CaseExact);
        }

        writer.WriteString("mutability"u8, attribute.Mutability switch
        {
            ScimMutability.ReadOnly => "readOnly",
            ScimMutability.Immutable => "immutable",
            ScimMutability.WriteOnly => "writeOnly",
            _ => "readWrite",
        });
        writer.WriteString("returned"u8, attribute.Returned switch
        {
            _ when attribute.AddedOnRequest => "request",
            ScimReturned.Always => "always",
            ScimReturned.Never => "never",
            ScimReturned.Request => "request",
            _ => "default",
        });
        writer.WriteString("uniqueness"u8, attribute.Uniqueness switch
        {
            ScimUniqueness.Server => "server",
            ScimUniqueness.Global => "global",
            _ => "none",
        });
        if (attribute.DataClassification is { } classification)
        {
            writer.WriteString("dataClassification"u8, classification);
        }

        WriteStrings(writer, "canonicalValues", attribute.CanonicalValues);
        WriteStrings(writer, "referenceTypes", attribute.ReferenceTypes);
        if (attribute.Type == ScimAttributeType.Complex)
        {
            WriteAttributes(writer, "subAttributes", attribute.SubAttributes);
        }

        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
