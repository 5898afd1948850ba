namespace IdLcm.Domain.Scim;

/// <summary>What a PATCH made of a resource.</summary>
/// <param name="Resource">The resource after it; the same instance where nothing changed.</param>
/// <param name="Changed">Whether an attribute has another value than before.</param>
public sealed record ScimPatchResult(ScimResource Resource, bool Changed);

/// <summary>
/// Carries out a PATCH (RFC 7644 §3.5.2) in the dialects of Entra ID (default and <c>aadOptscim062020</c>) and Okta.
/// It is atomic: the resource is never altered, and an error leaves no result.
/// </summary>
public static class ScimPatch
{
    /// <summary>Applies the operations in order.</summary>
    /// <param name="resource">The resource as it is.</param>
    /// <param name="request">The operations.</param>
    /// <param name="options">How they are read; null for the default.</param>
    /// <exception cref="ScimException"><c>invalidPath</c>, <c>invalidValue</c>, <c>mutability</c>, <c>noTarget</c>, <c>tooMany</c> or <c>invalidFilter</c>.</exception>
    public static ScimPatchResult Apply(ScimResource resource, ScimPatchRequest request, ScimOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(request);
        var engine = new PatchEngine(resource.Type, resource.Attributes, new Conformance(options ?? ScimOptions.Default));
        foreach (var operation in request.Operations)
        {
            engine.Apply(operation);
        }

        var attributes = engine.Attributes;
        if (ReferenceEquals(attributes, resource.Attributes) || attributes.Equals(resource.Attributes))
        {
            return new ScimPatchResult(resource, Changed: false);
        }

        RequiredAttributes.Check(attributes, resource.Type, resource.Attributes);
        return new ScimPatchResult(resource.WithAttributes(attributes), Changed: true);
    }
}
