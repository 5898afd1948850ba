using System.Buffers.Text;
using System.Text;
using Azure.Data.Tables;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Storage;

/// <summary>
/// The record store in one table of Azure Table Storage. A partition of the port is a partition of the table, a commit is
/// one entity-group transaction.
/// </summary>
/// <param name="reads">The table, with a client that tries again by itself.</param>
/// <param name="writes">The table, with a client that does not: a commit decides itself what a missing answer means.</param>
/// <param name="clock">Paces repeated tries.</param>
/// <param name="commitPatience">How long a commit is tried while the service is busy or away.</param>
internal sealed class TableRecordStore(TableClient reads, TableClient writes, TimeProvider clock, TimeSpan commitPatience) : IRecordStore
{
    // A page ends early rather than hold hundreds of megabytes: 1 000 rows may have 512 KiB each.
    private const int MaxPageBytes = 4 * 1024 * 1024;
    private const int FirstChunk = 200;

    // The service gives up on a request that it has begun by then, whether anybody waits for the answer or not:
    // https://learn.microsoft.com/rest/api/storageservices/setting-timeouts-for-table-service-operations.
    private static readonly TimeSpan ServicePatience = TimeSpan.FromSeconds(30);

    private readonly RowStates _states = new();
    private readonly CommitMarkers _markers = new(writes, clock);
    private volatile Task? _created;

    /// <inheritdoc/>
    public TimeSpan LongestCommit => commitPatience + ServicePatience;

    /// <inheritdoc/>
    public async ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default)
    {
        RecordKeys.Validate(partition);
        RecordKeys.Validate(row);
        try
        {
            await CreatedAsync(cancellationToken);
            var found = await reads.GetEntityIfExistsAsync<TableEntity>(partition, TableRows.Key(row), cancellationToken: cancellationToken);
            return found.HasValue ? Read(partition, found.Value!) : null;
        }
        catch (Exception failure) when (StorageFailures.IsStorageFailure(failure))
        {
            throw StorageFailures.Unavailable("reading a record", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RecordPage> QueryAsync(
        string partition, RowRange range, int limit, string? continuation = null, CancellationToken cancellationToken = default)
    {
        RecordKeys.Validate(partition);
        if (limit is < 1 or > RecordLimits.MaxPageSize)
        {
            throw new RecordLimitException($"A page holds 1 to {RecordLimits.MaxPageSize} rows; {limit} were asked for.");
        }

        var after = continuation is null ? null : ReadContinuation(continuation);
        if (after is not null && string.CompareOrdinal(after, range.From) < 0)
        {
            after = null;
        }

        try
        {
            await CreatedAsync(cancellationToken);
            return await QueryAsync(partition, range, after, limit, cancellationToken);
        }
        catch (Exception failure) when (StorageFailures.IsStorageFailure(failure))
        {
            throw StorageFailures.Unavailable("reading a page of records", failure);
        }
    }

    /// <inheritdoc/>
    public async Task<CommitResult> CommitAsync(
        string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        RecordLimits.Validate(partition, changes);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await CreatedAsync(cancellationToken);
        }
        catch (Exception failure) when (StorageFailures.IsStorageFailure(failure))
        {
            throw StorageFailures.Unavailable("creating its table", failure);
        }

        var commit = new TableCommit(new TableAccess(reads, writes, _states, _markers, clock, commitPatience), partition, changes);
        return await commit.RunAsync(cancellationToken);
    }

    private static string ReadContinuation(string continuation)
    {
        try
        {
            var row = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(continuation));
            RecordKeys.Validate(row);
            return row;
        }
        catch (FormatException)
        {
            throw new RecordLimitException("The continuation is not one that this store gave out.");
        }
    }

    private async Task<RecordPage> QueryAsync(string partition, RowRange range, string? after, int limit, CancellationToken cancellationToken)
    {
        List<StoredRecord> records = [];
        long bytes = 0;

        // One row more than wanted tells whether a row follows.
        for (var chunk = Math.Min(limit + 1, FirstChunk); ;)
        {
            var filter = TableRows.Filter(partition, after ?? range.From, after is not null, range.To);
            var more = false;
            await foreach (var page in reads.QueryAsync<TableEntity>(filter, chunk, cancellationToken: cancellationToken).AsPages())
            {
                foreach (var entity in page.Values)
                {
                    if (records.Count == limit || bytes >= MaxPageBytes)
                    {
                        return new RecordPage(records, Base64Url.EncodeToString(Encoding.ASCII.GetBytes(records[^1].Row)));
                    }

                    var record = Read(partition, entity);
                    records.Add(record);
                    bytes += record.Value.Length;
                }

                // The service may end a page early, even an empty one, and says so by its continuation.
                more = page.ContinuationToken is not null;
                if (page.Values.Count > 0)
                {
                    break;
                }
            }

            if (!more)
            {
                return new RecordPage(records, Continuation: null);
            }

            after = records[^1].Row;
            var fits = (MaxPageBytes - bytes) / Math.Max(1, bytes / records.Count);
            chunk = (int)Math.Clamp(Math.Min(limit + 1 - records.Count, fits), 1, RecordLimits.MaxPageSize);
        }
    }

    private StoredRecord Read(string partition, TableEntity entity)
    {
        var record = TableRows.Read(entity);
        _states.Remember(partition, record.Row, new RowState(record.ETag, entity.ETag));
        return record;
    }

    private Task CreatedAsync(CancellationToken cancellationToken)
    {
        var created = _created;
        if (created is null || created.IsFaulted || created.IsCanceled)
        {
            // Two at once do no harm: the second finds the table.
            _created = created = reads.CreateIfNotExistsAsync(CancellationToken.None);
        }

        return created.IsCompletedSuccessfully ? Task.CompletedTask : created.WaitAsync(cancellationToken);
    }
}

/// <summary>What a commit works with.</summary>
/// <param name="Reads">The table, with a client that tries again by itself.</param>
/// <param name="Writes">The table, with a client that does not.</param>
/// <param name="States">What is known of rows.</param>
/// <param name="Markers">The commit markers.</param>
/// <param name="Clock">Paces repeated tries.</param>
/// <param name="Patience">How long to try.</param>
internal sealed record TableAccess(
    TableClient Reads, TableClient Writes, RowStates States, CommitMarkers Markers, TimeProvider Clock, TimeSpan Patience);
