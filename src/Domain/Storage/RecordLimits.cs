namespace IdLcm.Domain.Storage;

/// <summary>
/// Limits of the record store, the same for every implementation: those of Azure Table Storage with room to spare
/// (1 MiB an entity, 100 entities and 4 MiB an entity-group transaction; see
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
/// </summary>
public static class RecordLimits
{
    /// <summary>The largest value, in bytes.</summary>
    public const int MaxRecordBytes = 512 * 1024;

    /// <summary>The most changes in one commit.</summary>
    public const int MaxChangesPerCommit = 100;

    /// <summary>The largest sum of values in one commit, in bytes.</summary>
    public const int MaxCommitBytes = 2560 * 1024;

    /// <summary>The most rows of one page.</summary>
    public const int MaxPageSize = 1000;

    /// <summary>The longest partition or row key, in characters.</summary>
    public const int MaxKeyLength = 500;

    /// <summary>Checks a commit against the limits. Implementations call it before anything else.</summary>
    /// <param name="partition">The partition key.</param>
    /// <param name="changes">The changes.</param>
    /// <exception cref="RecordLimitException">Something is outside the limits; the message says what.</exception>
    public static void Validate(string partition, IReadOnlyList<RecordChange> changes)
    {
        RecordKeys.Validate(partition);
        if (changes.Count is 0 or > MaxChangesPerCommit)
        {
            throw new RecordLimitException($"A commit holds 1 to {MaxChangesPerCommit} changes; this one holds {changes.Count}.");
        }

        long total = 0;
        HashSet<string>? rows = changes.Count > 8 ? new(changes.Count, StringComparer.Ordinal) : null;
        for (var i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            RecordKeys.Validate(change.Row);
            if (change.Value.Length > MaxRecordBytes)
            {
                throw new RecordLimitException($"The value of row '{change.Row}' has {change.Value.Length} bytes; the limit is {MaxRecordBytes}.");
            }

            if (change.Kind is ChangeKind.Replace or ChangeKind.Delete or ChangeKind.Check && string.IsNullOrEmpty(change.ETag))
            {
                throw new RecordLimitException($"A {change.Kind} of row '{change.Row}' needs the ETag it was read with.");
            }

            if (rows is null ? NamedBefore(changes, i) : !rows.Add(change.Row))
            {
                throw new RecordLimitException($"Row '{change.Row}' stands twice in one commit.");
            }

            total += change.Value.Length;
        }

        if (total > MaxCommitBytes)
        {
            throw new RecordLimitException($"The commit holds {total} bytes; the limit is {MaxCommitBytes}.");
        }
    }

    private static bool NamedBefore(IReadOnlyList<RecordChange> changes, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (changes[i].Row == changes[index].Row)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What keys may look like: printable ASCII without the characters that Table Storage forbids.</summary>
public static class RecordKeys
{
    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create(
        " !$&'()*+,-.0123456789:;<=>@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Checks a key.</summary>
    /// <param name="key">The partition or row key.</param>
    /// <exception cref="RecordLimitException">It is empty, too long or has a character that is not allowed.</exception>
    public static void Validate(string key)
    {
        if (string.IsNullOrEmpty(key) || key.Length > RecordLimits.MaxKeyLength)
        {
            throw new RecordLimitException($"A key has 1 to {RecordLimits.MaxKeyLength} characters; this one has {key?.Length ?? 0}.");
        }

        if (key.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new RecordLimitException($"The key '{key}' has a character outside printable ASCII without / \\ # ? % \".");
        }
    }
}

/// <summary>A request to the record store is outside its limits: a mistake of the caller.</summary>
/// <param name="message">What is outside which limit.</param>
public sealed class RecordLimitException(string message) : ArgumentException(message);

/// <summary>The record store cannot be used now (disk full, locked, unreachable). Nothing was changed.</summary>
/// <param name="message">What failed.</param>
/// <param name="inner">The store's own error.</param>
public sealed class RecordStoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
