namespace IdLcm.Domain.Scim;

/// <summary>
/// Makes what a client sent conform to the schemas: canonical names, declared types (with the coercions that
/// identity providers need), no nulls, no read-only or write-only attributes, nothing undefined. What already
/// conforms is returned as the same instance.
/// </summary>
internal sealed class Conformance(ScimOptions options)
{
    private readonly ScimLimits limits = options.Limits;

    public ScimLimits Limits => limits;

    public bool RejectsUnknown => options.UnknownAttributes == ScimUnknownAttributes.Reject;

    public ScimComplex Conform(ScimComplex body, ScimResourceType type)
    {
        var members = new List<ScimMember>(body.Count);
        foreach (var (name, raw) in body.AsSpan())
        {
            if (type.Find(name) is { } attribute)
            {
                Add(members, attribute, raw);
            }
            else if (type.FindExtension(name) is { } extension)
            {
                if (ConformExtension(extension.Schema, raw) is { } value)
                {
                    members.RemoveAll(m => ReferenceEquals(m.Name, extension.Schema.Id));
                    members.Add(new ScimMember(extension.Schema.Id, value));
                }
            }
            else
            {
                RefuseUnknown(name);
            }
        }

        return members.Count == 0 ? ScimComplex.Empty : new ScimComplex([.. members]);
    }

    public ScimComplex? ConformExtension(ScimSchema schema, ScimValue raw)
    {
        if (raw is ScimNull)
        {
            return null;
        }

        var body = raw as ScimComplex
            ?? throw ScimError.InvalidValue($"The extension {schema.Id} must be an object.").ToException();
        var members = new List<ScimMember>(body.Count);
        foreach (var (name, value) in body.AsSpan())
        {
            if (schema.Find(name) is { } attribute)
            {
                Add(members, attribute, value);
            }
            else
            {
                RefuseUnknown(name);
            }
        }

        return members.Count == 0 ? null : new ScimComplex([.. members]);
    }

    /// <summary>The value as the attribute holds it, or null for "unassigned".</summary>
    public ScimValue? Coerce(ScimAttribute attribute, ScimValue raw)
    {
        if (attribute.MultiValued)
        {
            return CoerceMany(attribute, raw);
        }

        if (raw is ScimArray array)
        {
            return array.Count switch
            {
                0 => null,
                1 => CoerceOne(attribute, array[0]),
                _ => throw SimpleValues.Invalid(attribute, "takes one value, not several"),
            };
        }

        return CoerceOne(attribute, raw);
    }

    /// <summary>One value of an attribute, or one element of a multi-valued one; null for "unassigned".</summary>
    public ScimValue? CoerceOne(ScimAttribute attribute, ScimValue raw)
    {
        if (raw is ScimNull)
        {
            return null;
        }

        if (attribute.Type == ScimAttributeType.Complex)
        {
            return CoerceComplex(attribute, raw);
        }

        // Entra ID's older dialect sends [{"$ref":null,"value":"x"}] for a simple attribute.
        if (raw is ScimComplex wrapped && wrapped["value"] is { } inner and not (ScimComplex or ScimArray))
        {
            raw = inner;
        }

        return attribute.Type switch
        {
            _ when raw is ScimNull => null,
            ScimAttributeType.Boolean => SimpleValues.Boolean(attribute, raw),
            ScimAttributeType.Integer or ScimAttributeType.Decimal => SimpleValues.Number(attribute, raw),
            _ => SimpleValues.Text(attribute, raw, limits),
        };
    }

    public static ScimException Unknown(string name) =>
        ScimError.InvalidSyntax($"The attribute {ScimText.Quote(name)} is not defined here.").ToException();

    /// <summary>Whether an element says nothing but what it would be for.</summary>
    public static bool IsHollow(ScimComplex element)
    {
        foreach (var (name, _) in element.AsSpan())
        {
            if (!name.Equals("type", StringComparison.OrdinalIgnoreCase) && !name.Equals("primary", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private void Add(List<ScimMember> members, ScimAttribute attribute, ScimValue raw)
    {
        if (attribute.Name == "schemas")
        {
            CheckSchemas(raw);
            return;
        }

        // Read-only attributes are echoed by clients and ignored; what is write-only is never kept.
        if (attribute.Mutability is ScimMutability.ReadOnly or ScimMutability.WriteOnly)
        {
            return;
        }

        if (Coerce(attribute, raw) is { } value)
        {
            members.Add(new ScimMember(attribute.Name, value));
        }
    }

    private static void CheckSchemas(ScimValue raw)
    {
        // URIs that are not known here are passed over: Entra ID adds its own.
        if (raw is not ScimArray array || array.Any(item => item is not ScimString))
        {
            throw ScimError.InvalidSyntax("\"schemas\" must be an array of URIs.").ToException();
        }
    }

    private void RefuseUnknown(string name)
    {
        if (RejectsUnknown)
        {
            throw Unknown(name);
        }
    }

    private ScimArray? CoerceMany(ScimAttribute attribute, ScimValue raw)
    {
        if (raw is ScimNull)
        {
            return null;
        }

        if (raw is not ScimArray array)
        {
            return raw is ScimString { Value.Length: 0 } || CoerceOne(attribute, raw) is not { } single || IsEmptyElement(attribute, single)
                ? null
                : new ScimArray(single);
        }

        var limit = attribute.Name == "members" ? limits.MembersPerRequest : limits.ValuesPerAttribute;
        if (array.Count > limit)
        {
            throw ScimError.TooMany($"The attribute \"{attribute.Path}\" has more than {limit} values.").ToException();
        }

        var values = new ScimValue[array.Count];
        var count = 0;
        var same = true;
        var preferred = 0;
        foreach (var item in array.AsSpan())
        {
            var value = CoerceOne(attribute, item);
            if (value is null || IsEmptyElement(attribute, value))
            {
                same = false;
                continue;
            }

            same &= ReferenceEquals(value, item);
            values[count++] = value;
            if (attribute.Primary is not null && value is ScimComplex complex && complex.GetBoolean("primary") == true && ++preferred > 1)
            {
                throw SimpleValues.Invalid(attribute, "has more than one value with \"primary\" true");
            }
        }

        if (count == 0)
        {
            return null;
        }

        return same ? array : new ScimArray(values[..count]);
    }

    private static bool IsEmptyElement(ScimAttribute attribute, ScimValue value) =>
        attribute.Type == ScimAttributeType.Complex && attribute.TypeLabel is not null && value is ScimComplex complex && IsHollow(complex);

    private ScimComplex? CoerceComplex(ScimAttribute attribute, ScimValue raw)
    {
        if (raw is ScimString or ScimNumber && attribute.Value is { } valueAttribute)
        {
            // A bare value stands for {"value": …}, and "" for none.
            return raw is ScimString { Value.Length: 0 } || CoerceOne(valueAttribute, raw) is not { } bare
                ? null
                : new ScimComplex(new ScimMember(valueAttribute.Name, bare));
        }

        var body = raw as ScimComplex ?? throw SimpleValues.Invalid(attribute, "must be an object");
        if (body.Count == 0)
        {
            return null;
        }

        if (!attribute.MultiValued && attribute.IsResourceReference && body["value"] is ScimString { Value.Length: 0 } or ScimNull)
        {
            return null;
        }

        var members = new ScimMember[body.Count];
        var count = 0;
        var same = true;
        foreach (var (name, part) in body.AsSpan())
        {
            var sub = attribute.Find(name);
            if (sub is null)
            {
                RefuseUnknown(name);
            }

            if (sub is null || sub.Mutability is ScimMutability.ReadOnly or ScimMutability.WriteOnly || Coerce(sub, part) is not { } value)
            {
                same = false;
                continue;
            }

            same &= ReferenceEquals(value, part) && ReferenceEquals(name, sub.Name);
            members[count++] = new ScimMember(sub.Name, value);
        }

        if (count == 0)
        {
            return null;
        }

        return same ? body : new ScimComplex(members[..count]);
    }
}
