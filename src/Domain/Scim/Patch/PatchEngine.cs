namespace IdLcm.Domain.Scim;

/// <summary>Applies operations to an attribute tree: finds what a path names and who may change it.</summary>
internal sealed class PatchEngine(ScimResourceType type, ScimComplex attributes, Conformance conformance)
{
    /// <summary>The tree so far.</summary>
    public ScimComplex Attributes { get; private set; } = attributes;

    public void Apply(ScimPatchOperation operation)
    {
        if (operation.Path is { } path)
        {
            ApplyAt(operation.Verb, path, operation.Value ?? (operation.Verb == ScimPatchVerb.Remove ? null : ScimNull.Instance), isEcho: false);
            return;
        }

        foreach (var (key, value) in ((ScimComplex)operation.Value!).AsSpan())
        {
            ApplyAt(operation.Verb, ScimPath.Parse(key, conformance.Limits), value, isEcho: true);
        }
    }

    /// <param name="verb">What to do.</param>
    /// <param name="path">Where.</param>
    /// <param name="value">With what.</param>
    /// <param name="isEcho">Whether the path was a key of an object, in which clients repeat what they have read.</param>
    private void ApplyAt(ScimPatchVerb verb, ScimPath path, ScimValue? value, bool isEcho)
    {
        if (!type.TryResolve(path.Attribute, out var target) || path.SubName is not null && target.Attribute?.Find(path.SubName) is null)
        {
            if (isEcho && !conformance.RejectsUnknown)
            {
                return;
            }

            throw ScimError.InvalidPath($"{type.Name} has no attribute {ScimText.Quote(path.ToString())}.").ToException();
        }

        if (target.Attribute is not { } attribute)
        {
            ApplyToExtension(verb, path, target.Extension!, value, isEcho);
            return;
        }

        if (attribute.Mutability == ScimMutability.ReadOnly || attribute.Name == "schemas")
        {
            // "schemas" follows from what a resource holds; naming it is harmless.
            if (attribute.Name == "schemas" || isEcho && attribute.Name is "id" or "meta")
            {
                return;
            }

            throw Fixed(path, "is read-only");
        }

        ApplyToAttribute(verb, path, target, value, isEcho);
    }

    private void ApplyToExtension(ScimPatchVerb verb, ScimPath path, ScimSchemaExtension extension, ScimValue? value, bool isEcho)
    {
        if (path.Filter is not null)
        {
            throw ScimError.InvalidPath($"{ScimText.Quote(path.ToString())} is an extension and takes no filter.").ToException();
        }

        var schema = extension.Schema;
        if (schema.Attributes.All(a => a.Mutability == ScimMutability.ReadOnly))
        {
            if (isEcho)
            {
                return;
            }

            throw Fixed(path, "is read-only");
        }

        if (verb == ScimPatchVerb.Remove && value is null or ScimNull || value is ScimNull)
        {
            if (Attributes[schema.Id] is ScimComplex present && schema.Attributes.FirstOrDefault(a => a.Required && present[a.Name] is not null) is { } required)
            {
                throw Fixed(path, $"holds \"{required.Name}\", which is required and cannot be removed");
            }

            Attributes = Attributes.Without(schema.Id);
            return;
        }

        var body = value as ScimComplex
            ?? throw ScimError.InvalidValue($"The value of {ScimText.Quote(path.ToString())} must be an object.").ToException();
        foreach (var (key, part) in body.AsSpan())
        {
            if (!ScimAttributePath.TryParse(key, out var inner) || inner is not { Schema: null })
            {
                throw ScimError.InvalidPath($"{ScimText.Quote(key)} is not an attribute name.").ToException();
            }

            ApplyAt(verb, new ScimPath(inner with { Schema = schema.Id }, null, null), part, isEcho: true);
        }
    }

    private void ApplyToAttribute(ScimPatchVerb verb, ScimPath path, ScimTarget target, ScimValue? value, bool isEcho)
    {
        var attribute = target.Attribute!;
        var urn = target.Extension?.Schema.Id;
        var container = urn is null ? Attributes : Attributes[urn] as ScimComplex ?? ScimComplex.Empty;
        var before = container[attribute.Name];
        var sub = path.SubName is null ? target.SubAttribute : attribute.Find(path.SubName);
        if (sub?.Mutability == ScimMutability.ReadOnly)
        {
            if (isEcho)
            {
                return;
            }

            throw Fixed(path, "is read-only");
        }

        var after = attribute.MultiValued
            ? new MultiValuedPatch(attribute, sub, path, conformance).Apply(verb, value, before as ScimArray ?? ScimArray.Empty)
            : Single(verb, path, attribute, sub, value, before);

        // Taken for the server's use and never kept (RFC 7643 §7, writeOnly).
        if (attribute.Mutability == ScimMutability.WriteOnly || ReferenceEquals(after, before))
        {
            return;
        }

        if (after is null && before is not null && attribute.Required)
        {
            throw Fixed(path, "is required and cannot be removed");
        }

        if (attribute.Mutability == ScimMutability.Immutable && before is not null && !before.Equals(after))
        {
            throw Fixed(path, "is immutable and has a value");
        }

        container = container.Set(attribute.Name, after);
        Attributes = urn is null ? container : Attributes.Set(urn, container.Count == 0 ? null : container);
    }

    private ScimValue? Single(ScimPatchVerb verb, ScimPath path, ScimAttribute attribute, ScimAttribute? sub, ScimValue? value, ScimValue? before)
    {
        if (path.Filter is not null)
        {
            throw ScimError.InvalidPath($"\"{attribute.Path}\" has one value and takes no filter.").ToException();
        }

        if (sub is not null)
        {
            var parts = before as ScimComplex ?? ScimComplex.Empty;
            var part = verb == ScimPatchVerb.Remove ? null : conformance.Coerce(sub, value!);
            if (attribute.IsResourceReference && ReferenceEquals(sub, attribute.Value) && (part is null or ScimString { Value.Length: 0 } || !part.Equals(parts["value"])))
            {
                // The other parts belong to what it pointed to before.
                return part is null or ScimString { Value.Length: 0 } ? null : new ScimComplex(new ScimMember(sub.Name, part));
            }

            parts = parts.Set(sub.Name, part);
            return parts.Count == 0 ? null : parts;
        }

        if (verb == ScimPatchVerb.Remove)
        {
            return null;
        }

        // A single complex value is merged, part by part (RFC 7644 §3.5.2.1, §3.5.2.3), but not a reference.
        return attribute.Type == ScimAttributeType.Complex && !attribute.IsResourceReference && value is ScimComplex body
            ? Merge(attribute, body, before as ScimComplex ?? ScimComplex.Empty)
            : conformance.Coerce(attribute, value!);
    }

    private ScimComplex? Merge(ScimAttribute attribute, ScimComplex body, ScimComplex parts)
    {
        foreach (var (name, raw) in body.AsSpan())
        {
            if (attribute.Find(name) is not { } sub)
            {
                if (conformance.RejectsUnknown)
                {
                    throw Conformance.Unknown(name);
                }
            }
            else if (sub.Mutability is not (ScimMutability.ReadOnly or ScimMutability.WriteOnly))
            {
                parts = parts.Set(sub.Name, conformance.Coerce(sub, raw));
            }
        }

        return parts.Count == 0 ? null : parts;
    }

    private static ScimException Fixed(ScimPath path, string why) =>
        ScimError.Mutability($"{ScimText.Quote(path.ToString())} {why}.").ToException();
}
