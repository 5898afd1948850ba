using IdLcm.Domain.Scim;

namespace IdLcm.Domain.Users;

/// <summary>
/// What a user has of whom nothing was said: the account is enabled. It is kept and shown like what clients send, so that
/// filters, sorting, PATCH and every answer agree on it.
/// </summary>
public static class UserDefaults
{
    private const string Active = "active";

    /// <summary>The user with what nobody said of it; the same instance where all was said.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The user.</returns>
    public static ScimResource Complete(ScimResource user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user[Active] is null ? user.With(Active, ScimBoolean.True) : user;
    }

    /// <summary>The same for a stored user that is not taken apart for it.</summary>
    /// <param name="user">The user as it is read from the store when it is needed.</param>
    /// <param name="stored">Its stored attributes.</param>
    /// <returns>The user.</returns>
    public static ScimResource Complete(ScimResource user, ReadOnlySpan<byte> stored)
    {
        ArgumentNullException.ThrowIfNull(user);

        // Within a text the quotes would have backslashes before them.
        return stored.IndexOf("\"active\":"u8) < 0 ? user.With(Active, ScimBoolean.True) : user;
    }
}
