namespace IdLcm.Domain.Scim;

/// <summary>
/// The detail codes of a SCIM error, RFC 7644 §3.12 table 9 and RFC 9865 §2.4.
/// </summary>
public enum ScimErrorType
{
    /// <summary>No code applies; the HTTP status says all.</summary>
    None,

    /// <summary>The filter is not well formed, or compares what cannot be compared.</summary>
    InvalidFilter,

    /// <summary>The query would yield more results, or the request holds more items, than the server processes.</summary>
    TooMany,

    /// <summary>A value that must be unique is in use.</summary>
    Uniqueness,

    /// <summary>The change is not compatible with the attribute's mutability or its current state.</summary>
    Mutability,

    /// <summary>The request body is not well formed or does not follow the message's schema.</summary>
    InvalidSyntax,

    /// <summary>The path of a PATCH operation is malformed or names no attribute.</summary>
    InvalidPath,

    /// <summary>The path of a PATCH operation selects nothing that could be operated on.</summary>
    NoTarget,

    /// <summary>A required value is missing or a value does not fit the attribute.</summary>
    InvalidValue,

    /// <summary>The protocol version asked for is not supported.</summary>
    InvalidVersion,

    /// <summary>The request carries personal or sensitive data in its URI.</summary>
    Sensitive,

    /// <summary>The cursor of a page is not one that this server issued (RFC 9865 §2.4).</summary>
    InvalidCursor,

    /// <summary>The cursor of a page is no longer valid (RFC 9865 §2.4).</summary>
    ExpiredCursor,

    /// <summary>The count changed between pages or is not usable (RFC 9865 §2.4).</summary>
    InvalidCount,
}
