using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Bench;

/// <summary>Passes everything on and remembers the last commit.</summary>
internal sealed class RecordingStore(IRecordStore inner) : IRecordStore
{
    public TimeSpan LongestCommit => inner.LongestCommit;

    public IReadOnlyList<RecordChange>? Last { get; private set; }

    public ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default) => inner.GetAsync(partition, row, cancellationToken);

    public ValueTask<RecordPage> QueryAsync(string partition, RowRange range, int limit, string? continuation = null, CancellationToken cancellationToken = default) =>
        inner.QueryAsync(partition, range, limit, continuation, cancellationToken);

    public Task<CommitResult> CommitAsync(string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        Last = changes;
        return inner.CommitAsync(partition, changes, cancellationToken);
    }
}

/// <summary>
/// Commits the creation of a user as it stands when all is done: the operation has succeeded, nothing is queued, the
/// account is onboarded.
/// </summary>
internal sealed class SettledStore(IRecordStore inner) : IRecordStore
{
    public TimeSpan LongestCommit => inner.LongestCommit;

    public ValueTask<StoredRecord?> GetAsync(string partition, string row, CancellationToken cancellationToken = default) => inner.GetAsync(partition, row, cancellationToken);

    public ValueTask<RecordPage> QueryAsync(string partition, RowRange range, int limit, string? continuation = null, CancellationToken cancellationToken = default) =>
        inner.QueryAsync(partition, range, limit, continuation, cancellationToken);

    public Task<CommitResult> CommitAsync(string partition, IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default) =>
        inner.CommitAsync(partition, [.. changes.Where(change => !change.Row.StartsWith(Rows.Queue, StringComparison.Ordinal)).Select(Settled)], cancellationToken);

    private static RecordChange Settled(RecordChange change)
    {
        var now = DateTimeOffset.UtcNow;
        if (change.Row.StartsWith(Rows.Operations, StringComparison.Ordinal))
        {
            var operation = DomainJson.Decode<Operation>(change.Value);
            return change with
            {
                Value = DomainJson.Encode(operation with
                {
                    Status = OperationStatus.Succeeded, StartedAt = now, EndedAt = now, Attempt = 1, QueueRow = null, AppliedGeneration = 1, Changes = ["created"],
                }),
            };
        }

        if (change.Row.StartsWith(Rows.Accounts, StringComparison.Ordinal))
        {
            var account = DomainJson.Decode<AppAccount>(change.Value);
            return change with
            {
                Value = DomainJson.Encode(account with
                {
                    State = ProvisioningState.Onboarded,
                    OpenOperationId = null,
                    SatisfiedGeneration = 1,
                    Observed = new ObservedAccount
                    {
                        Identifier = account.Identifier,
                        Status = "active",
                        Attributes = new JsonObject { ["email"] = account.Identifier, ["givenName"] = "Ada", ["familyName"] = "Lovelace", ["jobTitle"] = "Engineer", ["department"] = "Research", ["roles"] = new JsonArray("Viewer") },
                        SeenAt = now,
                    },
                }),
            };
        }

        return change;
    }
}
