using System.Text;
using System.Text.Json;

namespace IdLcm.Domain.Scim;

/// <summary>
/// Writes stored attributes into an answer without decoding them. That is right only where the answer shows every one of
/// them, so it looks at their names first.
/// </summary>
internal sealed class StoredSplice
{
    private readonly ScimResourceType type;
    private readonly byte[][] heldBack;
    private readonly (byte[] Urn, string Name, byte[][] Plain)[] extensions;

    public StoredSplice(ScimResourceType type, Func<ScimAttribute, bool> isPlain)
    {
        this.type = type;
        heldBack = [.. type.Schema.Attributes.Where(attribute => !isPlain(attribute)).Select(attribute => Encoding.UTF8.GetBytes(attribute.Name))];
        extensions =
        [
            .. type.Extensions.Select(e => (
                Encoding.UTF8.GetBytes(e.Schema.Id), e.Schema.Id, e.Schema.Attributes.Where(isPlain).Select(attribute => Encoding.UTF8.GetBytes(attribute.Name)).ToArray())),
        ];
    }

    /// <summary>Begins the resource's object: schemas, id and the stored attributes.</summary>
    /// <returns>False, with nothing written, where the stored attributes cannot be shown as they are.</returns>
    public bool TryWrite(Utf8JsonWriter writer, ScimResource resource)
    {
        // Members without their braces are no JSON value, which a writer that validates would refuse.
        if (!writer.Options.SkipValidation || writer.Options.Indented)
        {
            return false;
        }

        foreach (var (name, _) in resource.Added)
        {
            if (name.Contains(':', StringComparison.Ordinal))
            {
                return false;
            }
        }

        Span<int> shown = stackalloc int[extensions.Length];
        var count = 0;
        var stored = resource.Stored.Span;
        if (!AllPlain(stored, resource.Added, shown, ref count))
        {
            return false;
        }

        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(type.Schema.Id);
        foreach (var extension in shown[..count])
        {
            writer.WriteStringValue(extensions[extension].Name);
        }

        writer.WriteEndArray();
        if (resource.Id is { } id)
        {
            writer.WriteString("id"u8, id);
        }

        if (stored.Length > 2)
        {
            writer.WriteRawValue(stored[1..^1], skipInputValidation: true);
        }

        return true;
    }

    private bool AllPlain(ReadOnlySpan<byte> stored, ReadOnlySpan<ScimMember> added, Span<int> shown, ref int count)
    {
        var reader = new Utf8JsonReader(stored);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            if (reader.ValueIsEscaped || IsAnyOf(name, heldBack) || IsReplaced(ref reader, added))
            {
                return false;
            }

            if (!name.Contains((byte)':'))
            {
                reader.Skip();
                continue;
            }

            var extension = IndexOf(name);
            if (extension < 0 || count == shown.Length || !IsPlainExtension(ref reader, extensions[extension].Plain))
            {
                return false;
            }

            shown[count++] = extension;
        }

        return true;
    }

    private static bool IsPlainExtension(ref Utf8JsonReader reader, byte[][] plain)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        var any = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueIsEscaped || !IsAnyOf(reader.ValueSpan, plain))
            {
                return false;
            }

            any = true;
            reader.Skip();
        }

        return any;
    }

    private static bool IsReplaced(ref Utf8JsonReader reader, ReadOnlySpan<ScimMember> added)
    {
        foreach (var (name, _) in added)
        {
            if (reader.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAnyOf(ReadOnlySpan<byte> name, byte[][] names)
    {
        foreach (var one in names)
        {
            if (name.SequenceEqual(one))
            {
                return true;
            }
        }

        return false;
    }

    private int IndexOf(ReadOnlySpan<byte> urn)
    {
        for (var i = 0; i < extensions.Length; i++)
        {
            if (urn.SequenceEqual(extensions[i].Urn))
            {
                return i;
            }
        }

        return -1;
    }
}
