namespace IdLcm.Domain.Scim;

/// <summary>What is done with an attribute that the resource type does not define.</summary>
public enum ScimUnknownAttributes
{
    /// <summary>It is left out. Identity providers send more than a server knows.</summary>
    Drop,

    /// <summary>The request is refused with <c>invalidSyntax</c>, or <c>invalidPath</c> in a PATCH.</summary>
    Reject,
}

/// <summary>How a client's resource or PATCH is read.</summary>
public sealed record ScimOptions
{
    /// <summary>Lenient reading with the default limits.</summary>
    public static ScimOptions Default { get; } = new();

    /// <summary>How much a request may hold.</summary>
    public ScimLimits Limits { get; init; } = ScimLimits.Default;

    /// <summary>What is done with undefined attributes. An explicit PATCH path to one is always <c>invalidPath</c>.</summary>
    public ScimUnknownAttributes UnknownAttributes { get; init; } = ScimUnknownAttributes.Drop;
}
