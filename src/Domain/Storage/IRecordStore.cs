namespace IdLcm.Domain.Storage;

/// <summary>
/// Partitioned, ordered records with ETags: the one durable store of the product. SQLite (embedded edition) and
/// Azure Table Storage (Azure edition) implement it with the same limits and the same semantics; everything typed
/// is built once on top.
/// </summary>
/// <remarks>
/// <para>Rows of a partition are ordered by ordinal comparison of their row keys.</para>
/// <para>Reads see every commit that was acknowledged before they began. They never wait for writers.</para>
/// <para>Implementations throw <see cref="RecordStoreUnavailableException"/> when the store cannot be reached or
/// written (disk full, throttled out of patience); nothing was changed then, as far as the caller is concerned:
/// an outcome that is unknown is settled by the implementation before it returns.</para>
/// </remarks>
public interface IRecordStore
{
    /// <summary>
    /// How long a commit may take from being asked for to being visible, the waits between its tries included. Only a process
    /// that stands still for a while (suspended, starved) exceeds it.
    /// </summary>
    TimeSpan LongestCommit { get; }

    /// <summary>Reads one record.</summary>
    /// <param name="partition">The partition key, as <see cref="RecordKeys"/> allows.</param>
    /// <param name="row">The row key.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The record, or null where there is none.</returns>
    ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default);

    /// <summary>Reads rows of one partition in key order, a page at a time.</summary>
    /// <param name="partition">The partition key.</param>
    /// <param name="range">Which rows.</param>
    /// <param name="limit">The most rows to return, 1 to <see cref="RecordLimits.MaxPageSize"/>.</param>
    /// <param name="continuation">What the page before returned, or null for the first page.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page. Its continuation is null only when no row follows.</returns>
    ValueTask<RecordPage> QueryAsync(
        string partition, RowRange range, int limit, string? continuation = null, CancellationToken cancellationToken = default);

    /// <summary>Commits changes to one partition: all of them or none. Durable (fsync or replicated) when it returns.</summary>
    /// <param name="partition">The partition key.</param>
    /// <param name="changes">1 to <see cref="RecordLimits.MaxChangesPerCommit"/> changes, at most one for each row.</param>
    /// <param name="cancellationToken">Cancels the wait for a place in the queue; a commit that has begun is finished.</param>
    /// <returns>The new ETags, or which row's precondition failed (then nothing was changed).</returns>
    /// <exception cref="RecordLimitException">A key or size is outside the limits.</exception>
    Task<CommitResult> CommitAsync(
        string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default);
}

/// <summary>One record as read.</summary>
/// <param name="Row">Its row key.</param>
/// <param name="Value">Its bytes. Never change them: they may be shared with a cache.</param>
/// <param name="ETag">Opaque; changes with every write of the row.</param>
public sealed record StoredRecord(string Row, ReadOnlyMemory<byte> Value, string ETag);

/// <summary>A page of records in key order.</summary>
/// <param name="Records">The records.</param>
/// <param name="Continuation">Opaque token for the next page, or null when this was the last.</param>
public sealed record RecordPage(IReadOnlyList<StoredRecord> Records, string? Continuation);

/// <summary>A half-open range of row keys.</summary>
/// <param name="From">The first key, inclusive; empty for the start of the partition.</param>
/// <param name="To">The end, exclusive; null for the end of the partition.</param>
public readonly record struct RowRange(string From, string? To)
{
    /// <summary>Every row.</summary>
    public static RowRange All => new("", null);

    /// <summary>Rows whose key starts with a prefix.</summary>
    /// <param name="prefix">The prefix; its last character must not be U+007E, the highest that keys allow.</param>
    /// <returns>The range.</returns>
    public static RowRange Prefix(string prefix) =>
        prefix.Length == 0 ? All : new(prefix, prefix[..^1] + (char)(prefix[^1] + 1));

    /// <summary>Rows that start with a prefix and come after one of them.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="after">The last row already seen.</param>
    /// <returns>The range.</returns>
    public static RowRange PrefixAfter(string prefix, string after) => Prefix(prefix) with { From = after + " " };
}

/// <summary>What a change asks of its row before it is applied.</summary>
public enum ChangeKind
{
    /// <summary>Writes a row that must not exist.</summary>
    Insert,

    /// <summary>Writes a row that must exist with the given ETag.</summary>
    Replace,

    /// <summary>Writes a row whatever was there.</summary>
    Upsert,

    /// <summary>Deletes a row that must exist with the given ETag.</summary>
    Delete,

    /// <summary>Deletes a row if it is there.</summary>
    DeleteIfExists,

    /// <summary>Changes nothing, but the row must exist with the given ETag.</summary>
    Check,
}

/// <summary>One change of a commit.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Row">The row key.</param>
/// <param name="Value">The new bytes; empty for deletes and checks.</param>
/// <param name="ETag">The expected ETag where the kind asks for one.</param>
public readonly record struct RecordChange(ChangeKind Kind, string Row, ReadOnlyMemory<byte> Value, string? ETag)
{
    /// <summary>Writes a row that must not exist.</summary>
    /// <param name="row">The row key.</param>
    /// <param name="value">The bytes.</param>
    /// <returns>The change.</returns>
    public static RecordChange Insert(string row, ReadOnlyMemory<byte> value) => new(ChangeKind.Insert, row, value, null);

    /// <summary>Writes a row that must exist with an ETag.</summary>
    /// <param name="row">The row key.</param>
    /// <param name="value">The bytes.</param>
    /// <param name="etag">The ETag it was read with.</param>
    /// <returns>The change.</returns>
    public static RecordChange Replace(string row, ReadOnlyMemory<byte> value, string etag) => new(ChangeKind.Replace, row, value, etag);

    /// <summary>Writes a row whatever was there.</summary>
    /// <param name="row">The row key.</param>
    /// <param name="value">The bytes.</param>
    /// <returns>The change.</returns>
    public static RecordChange Upsert(string row, ReadOnlyMemory<byte> value) => new(ChangeKind.Upsert, row, value, null);

    /// <summary>Deletes a row that must exist with an ETag.</summary>
    /// <param name="row">The row key.</param>
    /// <param name="etag">The ETag it was read with.</param>
    /// <returns>The change.</returns>
    public static RecordChange Delete(string row, string etag) => new(ChangeKind.Delete, row, default, etag);

    /// <summary>Deletes a row if it is there.</summary>
    /// <param name="row">The row key.</param>
    /// <returns>The change.</returns>
    public static RecordChange DeleteIfExists(string row) => new(ChangeKind.DeleteIfExists, row, default, null);

    /// <summary>Requires that a row still has an ETag, without changing it.</summary>
    /// <param name="row">The row key.</param>
    /// <param name="etag">The ETag it was read with.</param>
    /// <returns>The change.</returns>
    public static RecordChange Check(string row, string etag) => new(ChangeKind.Check, row, default, etag);
}

/// <summary>What became of a commit.</summary>
/// <param name="Committed">True when every change was applied; false when none was.</param>
/// <param name="ETags">On success the new ETag for each change, in order; null for deletes. Empty on conflict.</param>
/// <param name="ConflictingRow">On conflict, the first row whose precondition did not hold.</param>
public sealed record CommitResult(bool Committed, IReadOnlyList<string?> ETags, string? ConflictingRow)
{
    /// <summary>A commit that changed nothing, because a row's precondition did not hold.</summary>
    /// <param name="row">That row.</param>
    /// <returns>The result.</returns>
    public static CommitResult Conflict(string row) => new(Committed: false, [], row);
}
