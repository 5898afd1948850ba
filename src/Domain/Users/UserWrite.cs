namespace IdLcm.Domain.Users;

/// <summary>What became of a write of a user.</summary>
public enum UserWriteKind
{
    /// <summary>A new resource.</summary>
    Created,

    /// <summary>An unmatched app user now has an owner; its id stays.</summary>
    Adopted,

    /// <summary>The wish changed.</summary>
    Changed,

    /// <summary>The wish was already so.</summary>
    Unchanged,

    /// <summary>The resource is deleted.</summary>
    Deleted,

    /// <summary>There is no such resource.</summary>
    NotFound,

    /// <summary>The version is not the one that the client named.</summary>
    VersionMismatch,

    /// <summary>Another resource has the same user name or stands for the same account.</summary>
    Taken,

    /// <summary>The resource lacks what an account needs, or asks for what cannot be.</summary>
    Invalid,

    /// <summary>What is asked for is right, but the app is known not to allow it now.</summary>
    Refused,
}

/// <summary>The result of a write of a user.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="User">The user as it is now, where there is one.</param>
/// <param name="OperationId">The operation that carries it to the app, or null when nothing has to be done there.</param>
/// <param name="Detail">For a refused write, why, in a sentence for the client.</param>
public sealed record UserWrite(UserWriteKind Kind, UserRecord? User = null, string? OperationId = null, string? Detail = null);
