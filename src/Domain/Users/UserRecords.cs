using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>
/// The stored form of a <see cref="UserRecord"/>: one line of our own facts, then the SCIM attributes as they are.
/// A read that only hands the attributes on never decodes them.
/// </summary>
public static class UserRecords
{
    /// <summary>Encodes a user.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The row's value.</returns>
    public static byte[] Encode(UserRecord user)
    {
        var facts = DomainJson.Encode(user);
        var value = new byte[facts.Length + 1 + user.Resource.Length];
        facts.CopyTo(value, 0);
        value[facts.Length] = (byte)'\n';
        user.Resource.CopyTo(value.AsMemory(facts.Length + 1));
        return value;
    }

    /// <summary>Decodes a user.</summary>
    /// <param name="value">The row's value.</param>
    /// <returns>The user.</returns>
    /// <exception cref="InvalidDataException">The bytes are no user.</exception>
    public static UserRecord Decode(ReadOnlyMemory<byte> value)
    {
        var end = value.Span.IndexOf((byte)'\n');
        return end < 0
            ? throw new InvalidDataException("A stored user has no attributes.")
            : DomainJson.Decode<UserRecord>(value[..end]) with { Resource = value[(end + 1)..] };
    }

    /// <summary>Reads one user.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="id">The SCIM id.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The user, deleted ones too, or null where there is none.</returns>
    public static async ValueTask<Versioned<UserRecord>?> FindUserAsync(
        this IRecordStore store, string partition, string id, CancellationToken cancellationToken = default)
    {
        var record = await store.GetAsync(partition, Operations.Rows.User(id), cancellationToken);
        return record is null ? null : new Versioned<UserRecord>(Decode(record.Value), record.ETag);
    }

    /// <summary>The change that writes a user over the version that was read, or a new one where none was.</summary>
    /// <param name="user">The user.</param>
    /// <param name="etag">The ETag that was read, or null.</param>
    /// <returns>The change.</returns>
    public static RecordChange Write(UserRecord user, string? etag)
    {
        var row = Operations.Rows.User(user.Id);
        return etag is null ? RecordChange.Insert(row, Encode(user)) : RecordChange.Replace(row, Encode(user), etag);
    }
}
