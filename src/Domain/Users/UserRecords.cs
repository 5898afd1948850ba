using System.Text.Json;
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
            : DecodeFacts(value.Span[..end], value[(end + 1)..]);
    }

    /// <summary>Reads the facts by hand: every read of a user comes through here.</summary>
    private static UserRecord DecodeFacts(ReadOnlySpan<byte> facts, ReadOnlyMemory<byte> resource)
    {
        var reader = new Utf8JsonReader(facts);
        string? id = null, accountKey = null;
        long generation = 0, accessGeneration = 0;
        DateTimeOffset createdAt = default, modifiedAt = default;
        DateTimeOffset? deletedAt = null;
        bool owned = false, active = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("id"u8))
            {
                id = reader.GetString();
            }
            else if (name.SequenceEqual("generation"u8))
            {
                generation = reader.GetInt64();
            }
            else if (name.SequenceEqual("accessGeneration"u8))
            {
                accessGeneration = reader.GetInt64();
            }
            else if (name.SequenceEqual("owned"u8))
            {
                owned = reader.GetBoolean();
            }
            else if (name.SequenceEqual("active"u8))
            {
                active = reader.GetBoolean();
            }
            else if (name.SequenceEqual("createdAt"u8))
            {
                createdAt = reader.GetDateTimeOffset();
            }
            else if (name.SequenceEqual("modifiedAt"u8))
            {
                modifiedAt = reader.GetDateTimeOffset();
            }
            else if (name.SequenceEqual("deletedAt"u8))
            {
                deletedAt = reader.GetDateTimeOffset();
            }
            else if (name.SequenceEqual("accountKey"u8))
            {
                accountKey = reader.GetString();
            }
            else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                // A fact of a later version.
                reader.Skip();
            }
        }

        return new UserRecord
        {
            Id = id ?? throw new InvalidDataException("A stored user has no id."),
            Generation = generation,
            AccessGeneration = accessGeneration,
            Resource = resource,
            Owned = owned,
            CreatedAt = createdAt,
            ModifiedAt = modifiedAt,
            DeletedAt = deletedAt,
            AccountKey = accountKey ?? throw new InvalidDataException($"The stored user {id} has no account."),
            Active = active,
        };
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
        var record = await store.GetAsync(partition, Operations.Rows.User(id), cancellationToken)
            ?? await store.GetAsync(partition, Operations.Rows.DeletedUser(id), cancellationToken);
        return record is null ? null : new Versioned<UserRecord>(Decode(record.Value), record.ETag);
    }

    /// <summary>Reads one user that SCIM shows.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">The integration's partition.</param>
    /// <param name="id">The SCIM id.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The user, or null where there is none or it was deleted.</returns>
    public static async ValueTask<Versioned<UserRecord>?> FindLiveUserAsync(
        this IRecordStore store, string partition, string id, CancellationToken cancellationToken = default)
    {
        var record = await store.GetAsync(partition, Operations.Rows.User(id), cancellationToken);
        return record is null ? null : new Versioned<UserRecord>(Decode(record.Value), record.ETag);
    }

    /// <summary>The row that a user lies in: a deleted one lies apart from those that are listed.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The key.</returns>
    public static string RowOf(UserRecord user) =>
        user.DeletedAt is null ? Operations.Rows.User(user.Id) : Operations.Rows.DeletedUser(user.Id);

    /// <summary>The change that writes a user over the version that was read, or a new one where none was.</summary>
    /// <param name="user">The user; it lies where it lay, so not one that has just been deleted: see <see cref="Bury"/>.</param>
    /// <param name="etag">The ETag that was read, or null.</param>
    /// <returns>The change.</returns>
    public static RecordChange Write(UserRecord user, string? etag)
    {
        var row = RowOf(user);
        return etag is null ? RecordChange.Insert(row, Encode(user)) : RecordChange.Replace(row, Encode(user), etag);
    }

    /// <summary>The changes that take a user that has just been deleted out of the list.</summary>
    /// <param name="user">The deleted user.</param>
    /// <param name="etag">The ETag that the live one was read with.</param>
    /// <returns>The changes.</returns>
    public static IEnumerable<RecordChange> Bury(UserRecord user, string etag) =>
    [
        RecordChange.Delete(Operations.Rows.User(user.Id), etag),
        RecordChange.Insert(Operations.Rows.DeletedUser(user.Id), Encode(user)),
        Listing.Listed.Users.Removed(user.Id),
    ];
}
