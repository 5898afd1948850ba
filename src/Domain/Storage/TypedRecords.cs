namespace IdLcm.Domain.Storage;

/// <summary>A decoded record with the ETag that a change of it needs.</summary>
/// <typeparam name="T">The record's type.</typeparam>
/// <param name="Value">The record.</param>
/// <param name="ETag">Its ETag.</param>
public sealed record Versioned<T>(T Value, string ETag);

/// <summary>Reads and writes the domain's records as JSON.</summary>
public static class TypedRecords
{
    /// <summary>Reads one record.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="partition">The partition key.</param>
    /// <param name="row">The row key.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The record, or null where there is none.</returns>
    public static async ValueTask<Versioned<T>?> FindAsync<T>(
        this IRecordStore store, string partition, string row, CancellationToken cancellationToken = default)
    {
        var record = await store.GetAsync(partition, row, cancellationToken);
        return record is null ? null : new Versioned<T>(DomainJson.Decode<T>(record.Value), record.ETag);
    }

    /// <summary>The change that writes a new record.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="row">The row key.</param>
    /// <param name="value">The record.</param>
    /// <returns>The change.</returns>
    public static RecordChange Insert<T>(string row, T value) => RecordChange.Insert(row, DomainJson.Encode(value));

    /// <summary>The change that writes a record over the version that was read, or a new one where none was.</summary>
    /// <typeparam name="T">One of the domain's stored types.</typeparam>
    /// <param name="row">The row key.</param>
    /// <param name="value">The record.</param>
    /// <param name="etag">The ETag that was read; null where there was no record.</param>
    /// <returns>The change.</returns>
    public static RecordChange Write<T>(string row, T value, string? etag) =>
        etag is null ? Insert(row, value) : RecordChange.Replace(row, DomainJson.Encode(value), etag);
}

/// <summary>Repeats a read-decide-commit cycle until no other writer came between.</summary>
public static class Optimistic
{
    private const int MaxTries = 100;

    /// <summary>Runs the cycle.</summary>
    /// <typeparam name="T">What it decides.</typeparam>
    /// <param name="attempt">Reads, decides and commits; says whether the commit went through.</param>
    /// <param name="cancellationToken">Cancels between tries.</param>
    /// <returns>The decision that was committed.</returns>
    /// <exception cref="RecordStoreUnavailableException">Others came between a hundred times.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<(bool Committed, T Value)>> attempt, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxTries; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (committed, value) = await attempt();
            if (committed)
            {
                return value;
            }

            // Writers that collided once collide again in lockstep unless they step aside for different whiles.
            if (i > 2)
            {
                await Task.Delay(Random.Shared.Next(1, 1 << Math.Min(i, 7)), cancellationToken);
            }
        }

        throw new RecordStoreUnavailableException($"Other writers came between {MaxTries} times.");
    }
}
