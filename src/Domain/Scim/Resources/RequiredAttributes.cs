namespace IdLcm.Domain.Scim;

/// <summary>Whether a resource has what its type requires.</summary>
internal static class RequiredAttributes
{
    /// <summary>
    /// Refuses a resource that lacks what its type requires (RFC 7643 §2.2). What was missing in
    /// <paramref name="before"/> may stay so: an account that was imported need not be complete to be changed.
    /// </summary>
    public static void Check(ScimComplex attributes, ScimResourceType type, ScimComplex? before = null)
    {
        Check(attributes, type.Schema.Attributes, before);
        foreach (var extension in type.Extensions)
        {
            var urn = extension.Schema.Id;
            var old = before is null ? null : before[urn] as ScimComplex ?? ScimComplex.Empty;
            if (attributes[urn] is ScimComplex present)
            {
                Check(present, extension.Schema.Attributes, old);
            }
            else if (extension.Required)
            {
                Check(ScimComplex.Empty, extension.Schema.Attributes, old);
            }
        }
    }

    private static void Check(ScimComplex values, IReadOnlyList<ScimAttribute> definitions, ScimComplex? before)
    {
        foreach (var definition in definitions)
        {
            if (definition.Mutability is ScimMutability.ReadOnly or ScimMutability.WriteOnly)
            {
                continue;
            }

            var value = values[definition.Name];
            if (definition.Required && IsMissing(value) && (before is null || !IsMissing(before[definition.Name])))
            {
                throw ScimError.InvalidValue($"The attribute \"{definition.Path}\" is required and must not be empty.").ToException();
            }

            if (value is ScimComplex complex)
            {
                Check(complex, definition.SubAttributes, before is null ? null : before[definition.Name] as ScimComplex ?? ScimComplex.Empty);
            }
            else if (value is ScimArray array && definition.RequiresSubAttributes)
            {
                foreach (var element in array)
                {
                    Check((ScimComplex)element, definition.SubAttributes, before: null);
                }
            }
        }
    }

    private static bool IsMissing(ScimValue? value) => value is null || value is ScimString text && string.IsNullOrWhiteSpace(text.Value);
}
