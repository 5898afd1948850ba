namespace IdLcm.Domain.Erasure;

/// <summary>One person whose data were erased. It says nothing of who that was.</summary>
/// <param name="IntegrationId">The integration.</param>
/// <param name="UserId">The SCIM id.</param>
/// <param name="At">When.</param>
public sealed record ErasureEntry(string IntegrationId, string UserId, DateTimeOffset At);

/// <summary>
/// Remembers whose data were erased, apart from the data and their backups: what a restored backup brings back is erased
/// again by it. Optional; without one a person has to ask for the erasure anew.
/// </summary>
public interface IErasureLedger
{
    /// <summary>Adds an entry for good. The same person may be added twice.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>A task that ends when it is durable.</returns>
    Task AppendAsync(ErasureEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Reads every entry, in the order of appending.</summary>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The entries; none where nobody was erased.</returns>
    /// <exception cref="InvalidDataException">The ledger cannot be understood; the message says where.</exception>
    IAsyncEnumerable<ErasureEntry> ReadAsync(CancellationToken cancellationToken = default);
}
