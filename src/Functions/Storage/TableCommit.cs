using Azure;
using Azure.Data.Tables;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Storage;

/// <summary>One commit: an entity-group transaction that is tried until its outcome is certain.</summary>
/// <remarks>
/// The first action of the transaction is a <see cref="CommitMarker"/>. If the service refuses that one, an earlier try
/// succeeded and only its answer was lost. A commit of a hundred changes leaves no room for a marker; its own rows, whose
/// versions begin with the commit's id, tell the same.
/// </remarks>
/// <param name="access">The table and what is known of it.</param>
/// <param name="partition">The partition.</param>
/// <param name="changes">The changes, within the limits.</param>
internal sealed class TableCommit(TableAccess access, string partition, IReadOnlyList<RecordChange> changes)
{
    // The limit of an entity-group transaction, https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.
    private const int MaxActions = 100;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly string _id = System.Buffers.Text.Base64Url.EncodeToString(Guid.CreateVersion7().ToByteArray());
    private readonly CommitMarker? _marker = changes.Count < MaxActions ? access.Markers.Take(partition) : null;
    private bool _answerLost;
    private RequestFailedException? _refusal;

    /// <summary>Runs the commit.</summary>
    /// <param name="cancellationToken">Cancels what is read before the transaction is sent.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="RecordStoreUnavailableException">The service refused, or was away for longer than the patience.</exception>
    public async Task<CommitResult> RunAsync(CancellationToken cancellationToken)
    {
        var began = access.Clock.GetTimestamp();
        var settled = true;
        try
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    if (await TryAsync(tries == 1 ? cancellationToken : CancellationToken.None) is { } result)
                    {
                        return result;
                    }

                    // What was known is known better now. That this goes on and on happens only where rows change faster than they are
                    // read, or where the table is gone.
                    if (access.Clock.GetElapsedTime(began) > access.Patience)
                    {
                        throw StorageFailures.Unavailable("committing", (Exception?)_refusal ?? new TimeoutException("Its rows changed faster than they could be read."));
                    }

                    if (tries > 3)
                    {
                        await Task.Delay(Backoff(tries - 3), access.Clock, CancellationToken.None);
                    }
                }
                catch (Exception failure) when (StorageFailures.IsTransient(failure))
                {
                    // Too many requests is the one refusal that surely came before anything was done.
                    _answerLost |= failure is not RequestFailedException { Status: 429 };
                    var pause = Pause(tries, failure);
                    if (access.Clock.GetElapsedTime(began) + pause > access.Patience)
                    {
                        settled = !_answerLost;
                        throw settled
                            ? StorageFailures.Unavailable("committing", failure)
                            : StorageFailures.Unavailable("committing, and whether the last try succeeded cannot be found out while it is away", failure);
                    }

                    await Task.Delay(pause, access.Clock, CancellationToken.None);
                }
                catch (Exception failure) when (StorageFailures.IsStorageFailure(failure))
                {
                    settled = !_answerLost;
                    throw StorageFailures.Unavailable("committing", failure);
                }
            }
        }
        finally
        {
            if (settled && _marker is not null)
            {
                access.Markers.Return(partition, _marker);
            }
        }
    }

    private static TimeSpan Backoff(int tries)
    {
        var backoff = Math.Min(LongestDelay.TotalMilliseconds, FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(tries - 1, 10)));
        return TimeSpan.FromMilliseconds(backoff * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    private static TimeSpan Pause(int tries, Exception failure)
    {
        var jittered = Backoff(tries);
        return StorageFailures.RetryAfter(failure) is { } asked && asked > jittered ? asked : jittered;
    }

    // Null: what was known of a row was out of date, and is not any more.
    private async Task<CommitResult?> TryAsync(CancellationToken cancellationToken)
    {
        var plan = await CommitPlan.MakeAsync(access, partition, changes, _id, hopes: _refusal is null, cancellationToken);
        if (plan.ConflictingRow is { } conflict)
        {
            return await RefuseAsync(conflict);
        }

        if (plan.Actions.Count == 0)
        {
            return Committed();
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var isNew = _marker?.IsNew == true;
            var answer = await access.Writes.SubmitTransactionAsync(
                _marker is null ? plan.Actions : [_marker.Action(_id), .. plan.Actions], CancellationToken.None);
            Learn(plan, answer.Value);
            if (isNew)
            {
                await access.Markers.SweepOnceAsync(partition);
            }

            return Committed();
        }
        catch (RequestFailedException refused) when (refused.Status is 404 or 409 or 412)
        {
            return await ExplainAsync(plan, refused);
        }
    }

    private void Learn(CommitPlan plan, IReadOnlyList<Response> answers)
    {
        var first = 0;
        if (_marker is not null)
        {
            _marker.Written(answers[0].Headers.ETag!.Value);
            first = 1;
        }

        for (var i = 0; i < plan.Actions.Count; i++)
        {
            var change = plan.Changes[i];
            if (changes[change].Kind is ChangeKind.Delete or ChangeKind.DeleteIfExists)
            {
                access.States.Forget(partition, changes[change].Row);
            }
            else
            {
                access.States.Remember(partition, changes[change].Row, new RowState(VersionAfter(change)!, answers[first + i].Headers.ETag!.Value));
            }
        }
    }

    private async Task<CommitResult?> ExplainAsync(CommitPlan plan, RequestFailedException refused)
    {
        _refusal = refused;
        if (refused.ErrorCode == "TableNotFound")
        {
            throw StorageFailures.Unavailable("committing: its table was deleted", refused);
        }

        var index = (refused as TableTransactionFailedException)?.FailedTransactionActionIndex
            ?? throw StorageFailures.Unavailable("committing: the refusal names no action", refused);
        if (_marker is not null)
        {
            if (index == 0)
            {
                return await _marker.HappenedAsync(_id) ? Happened() : null;
            }

            index--;
        }
        else if (await OwnRowIsThereAsync())
        {
            return Happened();
        }

        var change = changes[plan.Changes[index]];
        access.States.Forget(partition, change.Row);
        if (change.Kind == ChangeKind.Insert)
        {
            return await RefuseAsync(change.Row);
        }

        // Checked by another commit, perhaps, which changes the service's ETag and not the version: the next plan reads the row.
        return null;
    }

    // A try whose answer was lost may still be under way. What is refused now must not happen later.
    private async Task<CommitResult> RefuseAsync(string row)
    {
        if (_answerLost && (_marker is null ? await OwnRowIsThereAsync() : await _marker.FenceAsync(_id)))
        {
            return Happened();
        }

        return CommitResult.Conflict(row);
    }

    private async Task<bool> OwnRowIsThereAsync()
    {
        foreach (var change in changes.Where(static change => change.Kind is ChangeKind.Insert or ChangeKind.Replace or ChangeKind.Upsert))
        {
            var found = await access.Reads.GetEntityIfExistsAsync<TableEntity>(partition, TableRows.Key(change.Row), TableRows.VersionOnly);
            if (found.HasValue && found.Value!.GetString(TableRows.Version)?.StartsWith(_id, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }

        return false;
    }

    private CommitResult Happened()
    {
        foreach (var change in changes)
        {
            access.States.Forget(partition, change.Row);
        }

        return Committed();
    }

    private CommitResult Committed() => new(Committed: true, [.. Enumerable.Range(0, changes.Count).Select(VersionAfter)], ConflictingRow: null);

    private string? VersionAfter(int index) => changes[index].Kind switch
    {
        ChangeKind.Delete or ChangeKind.DeleteIfExists => null,
        ChangeKind.Check => changes[index].ETag,
        _ => CommitPlan.Version(_id, index),
    };
}
