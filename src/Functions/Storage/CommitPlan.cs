using System.Globalization;
using Azure;
using Azure.Data.Tables;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Storage;

/// <summary>A commit's changes as actions of an entity-group transaction.</summary>
/// <param name="Actions">The actions; a delete of what is not there needs none.</param>
/// <param name="Changes">Which change each action is for.</param>
/// <param name="ConflictingRow">The first row whose precondition does not hold, when that is known already.</param>
internal sealed record CommitPlan(IReadOnlyList<TableTransactionAction> Actions, IReadOnlyList<int> Changes, string? ConflictingRow)
{
    /// <summary>The version that a change gives its row.</summary>
    /// <param name="commitId">The commit.</param>
    /// <param name="index">The change.</param>
    /// <returns>The version.</returns>
    public static string Version(string commitId, int index) => string.Create(CultureInfo.InvariantCulture, $"{commitId}.{index}");

    /// <summary>Finds the service's ETags for the versions that the changes expect, and makes the actions.</summary>
    /// <param name="access">The table and what is known of it.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="commitId">The commit.</param>
    /// <param name="hopes">True to take rows that are to be deleted if they exist for existing, which nearly all do, rather than to look.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The plan.</returns>
    public static async Task<CommitPlan> MakeAsync(
        TableAccess access, string partition, IReadOnlyList<RecordChange> changes, string commitId, bool hopes, CancellationToken cancellationToken)
    {
        var states = new RowState?[changes.Count];
        await Task.WhenAll(Enumerable.Range(0, changes.Count).Where(index => NeedsState(changes[index], hopes)).Select(async index =>
        {
            var change = changes[index];
            var known = access.States.Find(partition, change.Row);
            states[index] = known is not null && (change.ETag is null || known.Version == change.ETag)
                ? known
                : await ReadAsync(access, partition, change.Row, cancellationToken);
        }));
        List<TableTransactionAction> actions = [];
        List<int> indexes = [];
        for (var i = 0; i < changes.Count; i++)
        {
            if (changes[i].ETag is { } expected && states[i]?.Version != expected)
            {
                var row = await FirstConflictAsync(access, partition, changes, i, cancellationToken);
                return new CommitPlan([], [], row);
            }

            if (Action(partition, changes[i], Version(commitId, i), states[i], hopes) is { } action)
            {
                actions.Add(action);
                indexes.Add(i);
            }
        }

        return new CommitPlan(actions, indexes, ConflictingRow: null);
    }

    private static bool NeedsState(RecordChange change, bool hopes) =>
        change.Kind is not (ChangeKind.Insert or ChangeKind.Upsert) && !(hopes && change.Kind == ChangeKind.DeleteIfExists);

    private static TableTransactionAction? Action(string partition, RecordChange change, string version, RowState? state, bool hopes) => change.Kind switch
    {
        ChangeKind.Insert => new(TableTransactionActionType.Add, TableRows.Write(partition, change.Row, version, change.Value)),
        ChangeKind.Upsert => new(TableTransactionActionType.UpsertReplace, TableRows.Write(partition, change.Row, version, change.Value)),
        ChangeKind.Replace => new(TableTransactionActionType.UpdateReplace, TableRows.Write(partition, change.Row, version, change.Value), state!.ETag),
        ChangeKind.Delete => new(TableTransactionActionType.Delete, Bare(partition, change), state!.ETag),
        ChangeKind.DeleteIfExists => state is null && !hopes ? null : new(TableTransactionActionType.Delete, Bare(partition, change), ETag.All),

        // Merging nothing is the one way to ask for an ETag in a transaction. It changes the ETag, not the version.
        _ => new(TableTransactionActionType.UpdateMerge, Bare(partition, change), state!.ETag),
    };

    private static TableEntity Bare(string partition, RecordChange change) => new(partition, TableRows.Key(change.Row));

    // What was remembered of the rows before may be out of date, too; the port promises the first one.
    private static async Task<string> FirstConflictAsync(
        TableAccess access, string partition, IReadOnlyList<RecordChange> changes, int found, CancellationToken cancellationToken)
    {
        for (var i = 0; i < found; i++)
        {
            if (changes[i].Kind is ChangeKind.Upsert or ChangeKind.DeleteIfExists)
            {
                continue;
            }

            var state = await ReadAsync(access, partition, changes[i].Row, cancellationToken);
            if (changes[i].Kind == ChangeKind.Insert ? state is not null : state?.Version != changes[i].ETag)
            {
                return changes[i].Row;
            }
        }

        return changes[found].Row;
    }

    private static async Task<RowState?> ReadAsync(TableAccess access, string partition, string row, CancellationToken cancellationToken)
    {
        var found = await access.Reads.GetEntityIfExistsAsync<TableEntity>(partition, TableRows.Key(row), TableRows.VersionOnly, cancellationToken);
        if (!found.HasValue)
        {
            access.States.Forget(partition, row);
            return null;
        }

        var state = new RowState(found.Value!.GetString(TableRows.Version), found.Value.ETag);
        access.States.Remember(partition, row, state);
        return state;
    }
}
