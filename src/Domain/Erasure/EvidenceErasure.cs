using System.Text;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Erasure;

/// <summary>
/// Removes evidence that shows a person in operations that were not theirs: the page of a list on which a sync failed, for
/// instance. Text is searched for the person; pictures and traces cannot be, and go with the text of the same attempt, or
/// where an operation that reads everybody left nothing else to go by.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="blobs">The blob store.</param>
internal sealed class EvidenceErasure(IRecordStore store, IBlobStore blobs)
{
    private const string Container = "evidence";

    /// <summary>Deletes evidence, whatever it shows.</summary>
    public async Task DeleteAsync(IReadOnlyList<EvidenceItem> items, CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            await blobs.DeleteAsync(Container, item.Hash, cancellationToken);
        }
    }

    /// <summary>Goes through the attempts of everybody else's operations, and of those that were nobody's.</summary>
    public async Task EraseAsync(string partition, PersonalData person, CancellationToken cancellationToken)
    {
        await foreach (var record in store.ScanAsync(partition, RowRange.Prefix(Rows.Attempts), cancellationToken))
        {
            var attempt = DomainJson.Decode<OperationAttempt>(record.Value);
            if (attempt.Evidence.Count == 0)
            {
                continue;
            }

            var operationId = record.Row[Rows.Attempts.Length..record.Row.LastIndexOf(':')];
            var operation = (await store.FindAsync<Operation>(partition, Rows.Operation(operationId), cancellationToken))?.Value;
            if (await ShowsAsync(attempt, operation is { UserId: null, AccountKey: null }, person, cancellationToken))
            {
                await DeleteAsync(attempt.Evidence, cancellationToken);
                await store.CommitAsync(partition, [TypedRecords.Write(record.Row, attempt with { Evidence = [] }, record.ETag)], cancellationToken);
            }
        }
    }

    private async Task<bool> ShowsAsync(OperationAttempt attempt, bool readsEverybody, PersonalData person, CancellationToken cancellationToken)
    {
        var searched = false;
        foreach (var item in attempt.Evidence.Where(item => item.ContentType.StartsWith("text/", StringComparison.Ordinal)))
        {
            await using var content = await blobs.OpenAsync(Container, item.Hash, cancellationToken);
            if (content is null)
            {
                continue;
            }

            using var reader = new StreamReader(content, Encoding.UTF8);
            if (person.Names(await reader.ReadToEndAsync(cancellationToken)))
            {
                return true;
            }

            searched = true;
        }

        // A trace holds more pages than the one at its end.
        return readsEverybody && (!searched || attempt.Evidence.Any(item => item.Kind == "trace"));
    }
}
