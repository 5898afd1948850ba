namespace IdLcm.Domain.Scim;

/// <summary>Replaces a resource (RFC 7644 §3.5.1).</summary>
public static class ScimPut
{
    /// <summary>
    /// What a PUT makes of a resource: everything that clients may write is as <paramref name="incoming"/> says,
    /// what is read-only stays, and what is immutable must match or be left out.
    /// </summary>
    /// <param name="existing">The resource as it is.</param>
    /// <param name="incoming">The body, as <see cref="ScimResource.Parse"/> read it.</param>
    /// <exception cref="ScimException"><c>mutability</c>.</exception>
    public static ScimPatchResult Merge(ScimResource existing, ScimResource incoming)
    {
        ArgumentNullException.ThrowIfNull(existing);
        ArgumentNullException.ThrowIfNull(incoming);
        var type = existing.Type;
        var result = Merge(existing.Attributes, incoming.Attributes, [.. type.Schema.Attributes, .. ScimSchemas.Common]);
        foreach (var extension in type.Extensions)
        {
            var urn = extension.Schema.Id;
            var merged = Merge(
                existing.Attributes[urn] as ScimComplex ?? ScimComplex.Empty,
                incoming.Attributes[urn] as ScimComplex ?? ScimComplex.Empty,
                extension.Schema.Attributes);
            result = result.Set(urn, merged.Count == 0 ? null : merged);
        }

        return result.Equals(existing.Attributes)
            ? new ScimPatchResult(existing, Changed: false)
            : new ScimPatchResult(existing.WithAttributes(result), Changed: true);
    }

    private static ScimComplex Merge(ScimComplex existing, ScimComplex incoming, IReadOnlyList<ScimAttribute> definitions)
    {
        var result = incoming;
        foreach (var definition in definitions)
        {
            var before = existing[definition.Name];
            var after = incoming[definition.Name];
            if (before is null)
            {
                continue;
            }

            if (definition.Mutability == ScimMutability.ReadOnly)
            {
                result = result.With(definition.Name, before);
            }
            else if (definition.Mutability == ScimMutability.Immutable)
            {
                if (after is not null && !after.Equals(before))
                {
                    throw ScimError.Mutability($"\"{definition.Path}\" is immutable and has a value.").ToException();
                }

                result = result.With(definition.Name, before);
            }
            else if (definition is { Type: ScimAttributeType.Complex, MultiValued: false } && before is ScimComplex old && after is ScimComplex next
                && (!definition.IsResourceReference || Equals(old["value"], next["value"])))
            {
                result = result.With(definition.Name, Merge(old, next, definition.SubAttributes));
            }
        }

        return result;
    }
}
