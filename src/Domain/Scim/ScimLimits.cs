namespace IdLcm.Domain.Scim;

/// <summary>
/// How much of everything one request may hold. Beyond a limit the client gets a clear 413 or 400, never a slow answer.
/// </summary>
public sealed record ScimLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static ScimLimits Default { get; } = new();

    /// <summary>Largest request body, in bytes. Ten thousand members of a group in one PATCH take about one megabyte.</summary>
    public int BodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Deepest nesting of a JSON body.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Longest attribute value, in UTF-16 code units.</summary>
    public int StringLength { get; init; } = 16 * 1024;

    /// <summary>Longest number, in digits as written.</summary>
    public int NumberLength { get; init; } = 64;

    /// <summary>Most values of one multi-valued attribute other than a group's members.</summary>
    public int ValuesPerAttribute { get; init; } = 500;

    /// <summary>Longest filter or path, in UTF-16 code units.</summary>
    public int FilterLength { get; init; } = 8 * 1024;

    /// <summary>Deepest nesting of groups, negations and value paths in a filter.</summary>
    public int FilterDepth { get; init; } = 20;

    /// <summary>Most comparisons in one filter.</summary>
    public int FilterTerms { get; init; } = 100;

    /// <summary>Most operations in one PATCH; each key of an operation without path counts as one.</summary>
    public int PatchOperations { get; init; } = 1_000;

    /// <summary>Most members that one request adds to or removes from a group.</summary>
    public int MembersPerRequest { get; init; } = 20_000;

    /// <summary>Most operations in one bulk request.</summary>
    public int BulkOperations { get; init; } = 1_000;

    /// <summary>Largest page, in resources.</summary>
    public int PageSize { get; init; } = 1_000;
}
