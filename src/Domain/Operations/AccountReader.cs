using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>What a read of one account gave.</summary>
/// <param name="Seen">The account, or null when it is proved not to be there.</param>
/// <param name="Failure">Why it could not be read, or null.</param>
internal sealed record AccountRead(ObservedAccount? Seen, Failure? Failure);

/// <summary>Reads one account in the app.</summary>
internal sealed class AccountReader(
    IntegrationProfile profile, IConnectorSession session, ActiveRun run, IReadOnlyList<string> identifiers, TimeProvider clock)
{
    /// <summary>
    /// The account that is to be taken away, or null. It is enough then to see whether it is there: what its list does not show stays as
    /// it was known. A deletion that writes something of it reads all.
    /// </summary>
    public AppAccount? TakesAway { get; init => field = profile.Manifest.Inputs.GetValueOrDefault(ConnectorVerb.Delete) is { Count: > 0 } ? null : value; }

    /// <summary>Reads the account under the identifiers that it may have.</summary>
    public async Task<AccountRead> ReadAsync(CancellationToken cancellationToken)
    {
        // In each spelling: an app's own search may know only the one that it shows.
        foreach (var identifier in identifiers.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var read = await ReadOneAsync(identifier, cancellationToken);
            if (read.Failure is not null || read.Seen is not null)
            {
                return read;
            }
        }

        return new AccountRead(null, null);
    }

    /// <summary>Reads again, after the time that the app takes to show a write, until a condition holds or two reads agree that it does not.</summary>
    public async Task<AccountRead> ReadSettledAsync(AccountRead first, Func<ObservedAccount?, bool> done, CancellationToken cancellationToken)
    {
        var read = first;
        for (var i = 0; i < 2 && read.Failure is null && !done(read.Seen); i++)
        {
            await Task.Delay(profile.Manifest.SettleTime, clock, cancellationToken);
            read = await ReadAsync(cancellationToken);
        }

        return read;
    }

    /// <summary>What the app shows after a verb: what the verb itself proved, else a read.</summary>
    public async Task<AccountRead> AfterAsync(VerbResult result, CancellationToken cancellationToken)
    {
        if (result is { Succeeded: true, Verified: true, Rows: [var row] } && Observe(row) is { } proved)
        {
            return new AccountRead(proved, null);
        }

        return result is { Succeeded: true, Verified: true, Verb: ConnectorVerb.Delete } ? new AccountRead(null, null) : await ReadAsync(cancellationToken);
    }

    private async Task<AccountRead> ReadOneAsync(string identifier, CancellationToken cancellationToken)
    {
        var verb = profile.Manifest.Verbs.Contains(ConnectorVerb.GetUser) ? ConnectorVerb.GetUser : ConnectorVerb.ListUsers;
        var inputs = new JsonObject { ["identifier"] = identifier };
        var matches = new List<ObservedAccount>();
        var sink = new RowSink(
            (rows, _) =>
            {
                Match(rows);
                return ValueTask.CompletedTask;
            },
            _ =>
            {
                matches.Clear();
                return ValueTask.CompletedTask;
            });
        var result = await session.RunAsync(new VerbCall(verb, inputs) { Rows = verb == ConnectorVerb.ListUsers ? sink : null, WithDetail = TakesAway is null }, cancellationToken);
        run.Keep(result.Evidence);
        if (result.Failure is { Code: FailureCode.UserNotFound })
        {
            return new AccountRead(null, null);
        }

        if (result.Failure is not null)
        {
            return new AccountRead(null, result.Failure);
        }

        Match(result.Rows);
        return matches switch
        {
            [var one] => new AccountRead(one, null),
            [] when result.Complete => new AccountRead(null, null),
            [] => new AccountRead(null, new Failure(FailureCode.IncompleteRead, $"The list was not proved complete, so '{identifier}' is not proved absent.")),
            _ => new AccountRead(null, new Failure(FailureCode.PageChanged, $"The app lists '{identifier}' {matches.Count} times.")),
        };

        void Match(IReadOnlyList<JsonObject> rows) =>
            matches.AddRange(rows.Select(Observe).OfType<ObservedAccount>().Where(seen => UserNames.AreSame(seen.Identifier, identifier)));
    }

    private ObservedAccount? Observe(JsonObject row) => Sync.ImportedUser.Observe(profile, row, clock.GetUtcNow()) is not { } seen ? null
        : TakesAway is { Observed: { } known } ? Sync.SyncComparison.Merge(known, seen) : seen;
}
