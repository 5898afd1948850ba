namespace IdLcm.Domain.Scim;

/// <summary>Reads the first value that a path selects.</summary>
internal static class ScimPathReader
{
    public static ScimValue? Find(ScimResource resource, ScimPath path)
    {
        if (!resource.Type.TryResolve(path.Attribute, out var target))
        {
            throw ScimError.InvalidPath($"{resource.Type.Name} has no attribute {ScimText.Quote(path.ToString())}.").ToException();
        }

        var extension = target.Extension is null ? null : resource.Attributes[target.Extension.Schema.Id] as ScimComplex;
        if (target.Attribute is not { } attribute)
        {
            return extension;
        }

        var value = target.Extension is null ? resource.GetValue(attribute) : extension?[attribute.Name];
        var sub = path.SubName is null ? target.SubAttribute : attribute.Find(path.SubName);
        var matches = path.Filter is null ? null : new ElementFilterCompiler(attribute).Compile(path.Filter);
        if (value is not ScimArray array)
        {
            return sub is null ? value : (value as ScimComplex)?[sub.Name];
        }

        if (matches is null && sub is null)
        {
            return array;
        }

        foreach (var item in array.AsSpan())
        {
            if (matches is null || matches(item))
            {
                return sub is null ? item : (item as ScimComplex)?[sub.Name];
            }
        }

        return null;
    }
}
