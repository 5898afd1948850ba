using Azure;
using Azure.Data.Tables;

namespace IdLcm.Functions.Storage;

/// <summary>
/// A row that every commit writes along with its changes, with the commit's id, under a condition that only holds until
/// then. When the answer to a commit is lost, the marker tells whether it happened; and a commit that is sent again, or
/// arrives late, cannot happen twice.
/// </summary>
/// <remarks>One commit at a time uses a marker; other processes have markers of their own.</remarks>
/// <param name="table">The table.</param>
/// <param name="partition">The partition.</param>
/// <param name="rowKey">The marker's row key.</param>
internal sealed class CommitMarker(TableClient table, string partition, string rowKey)
{
    /// <summary>What begins the row keys of markers.</summary>
    public const string Prefix = "c|";

    /// <summary>The first row key after all markers.</summary>
    public const string End = "c}";

    private const string CommitId = "c";
    private const string Fence = "-";

    private ETag? _etag;

    /// <summary>True until a commit has written it.</summary>
    public bool IsNew => _etag is null;

    /// <summary>The action that belongs first into a commit's transaction.</summary>
    /// <param name="commitId">The commit.</param>
    /// <returns>The action.</returns>
    public TableTransactionAction Action(string commitId)
    {
        var entity = new TableEntity(partition, rowKey) { [CommitId] = commitId };
        return _etag is { } etag
            ? new TableTransactionAction(TableTransactionActionType.UpdateReplace, entity, etag)
            : new TableTransactionAction(TableTransactionActionType.Add, entity);
    }

    /// <summary>Takes note that a commit wrote the marker.</summary>
    /// <param name="etag">The marker's new ETag.</param>
    public void Written(ETag etag) => _etag = etag;

    /// <summary>Reads the marker after the service refused it.</summary>
    /// <param name="commitId">The commit.</param>
    /// <returns>True when the commit happened. When it did not, the marker is ready for another try.</returns>
    public async Task<bool> HappenedAsync(string commitId)
    {
        var found = await table.GetEntityIfExistsAsync<TableEntity>(partition, rowKey);
        _etag = found.HasValue ? found.Value!.ETag : null;
        return found.HasValue && found.Value!.GetString(CommitId) == commitId;
    }

    /// <summary>Makes sure that a commit whose earlier answer was lost cannot happen from now on.</summary>
    /// <param name="commitId">The commit.</param>
    /// <returns>True when it had happened already.</returns>
    public async Task<bool> FenceAsync(string commitId)
    {
        while (true)
        {
            try
            {
                var written = await table.SubmitTransactionAsync([Action(Fence)]);
                Written(written.Value[0].Headers.ETag!.Value);
                return false;
            }
            catch (RequestFailedException refused) when (refused.Status is 404 or 409 or 412)
            {
                if (await HappenedAsync(commitId))
                {
                    return true;
                }
            }
        }
    }
}
