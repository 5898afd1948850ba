namespace IdLcm.Domain.Scim;

/// <summary>
/// Carries a <see cref="ScimError"/> from where a request turned out to be wrong to where the answer is written.
/// It is the only exception that parsing, filtering and patching of a client's input throw.
/// </summary>
public sealed class ScimException : Exception
{
    /// <summary>An exception for <paramref name="error"/>.</summary>
    /// <param name="error">What the client is told.</param>
    public ScimException(ScimError error)
        : base((error ?? throw new ArgumentNullException(nameof(error))).Detail) => Error = error;

    /// <summary>What the client is told.</summary>
    public ScimError Error { get; }
}
