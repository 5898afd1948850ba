using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Users;

/// <summary>The entitlements that an app offers: read by a sync, listed for identity providers, and what wishes are checked against.</summary>
/// <param name="store">The record store.</param>
public sealed class EntitlementCatalog(IRecordStore store)
{
    private const int MaxNamed = 10;

    /// <summary>Whether the connector can read them.</summary>
    /// <param name="profile">The integration.</param>
    /// <returns>True when the app has kinds of entitlement and the connector a verb that reads them.</returns>
    public static bool IsReadable(IntegrationProfile profile) =>
        profile.Schema.EntitlementTypes.Count > 0 && profile.Manifest.Verbs.Contains(ConnectorVerb.ListEntitlements);

    /// <summary>
    /// Makes options of the rows that <c>listEntitlements</c> extracts: <c>value</c> (else <c>id</c>), <c>displayName</c> (else
    /// <c>name</c>, else the value), <c>type</c>, <c>description</c>, <c>incompatible</c>. A row without value is passed over.
    /// </summary>
    /// <param name="profile">The integration.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The options, each value once.</returns>
    public static IReadOnlyList<EntitlementOption> Read(IntegrationProfile profile, IEnumerable<JsonObject> rows)
    {
        var types = profile.Schema.EntitlementTypes;
        var options = new List<EntitlementOption>();
        foreach (var row in rows)
        {
            if (Text(row, "value", "id") is not { } value)
            {
                continue;
            }

            var type = Text(row, "type") is { } shown ? types.FirstOrDefault(known => string.Equals(known, shown, StringComparison.OrdinalIgnoreCase)) : null;
            var incompatible = AttributeValues.Strings(row["incompatible"]);
            options.Add(new EntitlementOption(
                value, Text(row, "displayName", "name") ?? value, type ?? types[0], Text(row, "description") ?? "", incompatible.Count == 0 ? null : incompatible));
        }

        return [.. options.DistinctBy(option => option.Row)];
    }

    /// <summary>Reads the entitlements that an app offers, in a fixed order.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="cancellationToken">Cancels between pages.</param>
    /// <returns>The entitlements; none before the first sync that read them.</returns>
    public async Task<IReadOnlyList<EntitlementOption>> ListAsync(IntegrationProfile profile, CancellationToken cancellationToken = default) =>
        [.. (await RecordsAsync(profile, cancellationToken)).Values];

    /// <summary>Finds the entitlements that some values name.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="values">The value strings, in any letter case.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>For each value its option, or null where the app offers none.</returns>
    public async Task<IReadOnlyList<EntitlementOption?>> FindAsync(
        IntegrationProfile profile, IReadOnlyList<string> values, CancellationToken cancellationToken = default)
    {
        var found = new List<EntitlementOption?>(values.Count);
        foreach (var value in values)
        {
            found.Add((await store.FindAsync<EntitlementOption>(profile.Partition, EntitlementOption.RowOf(value), cancellationToken))?.Value);
        }

        return found;
    }

    /// <summary>
    /// Finds what is wrong with entitlements that somebody is to have. Until a sync has read what the app offers, nobody can
    /// tell, and every value is taken.
    /// </summary>
    /// <param name="profile">The integration.</param>
    /// <param name="values">The value strings.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>A sentence for the client, or null when nothing is.</returns>
    public async Task<string?> ProblemAsync(IntegrationProfile profile, IReadOnlyList<string> values, CancellationToken cancellationToken = default)
    {
        if (profile.Schema.EntitlementTypes.Count == 0 || values.Count == 0)
        {
            return null;
        }

        var options = await FindAsync(profile, values, cancellationToken);
        for (var i = 0; i < values.Count; i++)
        {
            if (options[i] is not null)
            {
                continue;
            }

            var offered = await store.QueryAsync(profile.Partition, RowRange.Prefix(Operations.Rows.Entitlements), MaxNamed, null, cancellationToken);
            if (offered.Records.Count == 0)
            {
                return null;
            }

            var names = offered.Records.Select(row => $"'{DomainJson.Decode<EntitlementOption>(row.Value).Value}'");
            return $"'{values[i]}' is not an entitlement of {profile.Manifest.AppName}. It offers {string.Join(", ", names)}{(offered.Continuation is null ? "" : " and others")}.";
        }

        foreach (var option in options)
        {
            if (options.FirstOrDefault(other => other != option && option!.Excludes(other!.Value)) is { } clash)
            {
                return $"The entitlements '{option!.Value}' and '{clash.Value}' of {profile.Manifest.AppName} cannot be held together.";
            }
        }

        return null;
    }

    /// <summary>Finds what the app offers among some values.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="values">The value strings.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>Their options.</returns>
    internal async Task<IReadOnlyList<EntitlementOption>> OfferedAsync(
        IntegrationProfile profile, IEnumerable<string> values, CancellationToken cancellationToken = default) =>
        [.. (await FindAsync(profile, [.. values.Distinct(StringComparer.OrdinalIgnoreCase)], cancellationToken)).OfType<EntitlementOption>()];

    /// <summary>Brings the records up to what a complete read of the app showed. Bears being run again.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="offered">What the app offers.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>How many came, changed and went.</returns>
    public async Task<(int Added, int Changed, int Gone)> ApplyAsync(
        IntegrationProfile profile, IReadOnlyList<EntitlementOption> offered, CancellationToken cancellationToken = default)
    {
        var known = await RecordsAsync(profile, cancellationToken);
        var (added, changed) = (0, 0);
        var changes = new List<RecordChange>();
        foreach (var option in offered)
        {
            if (known.Remove(option.Row, out var before) && before.IsSameAs(option))
            {
                continue;
            }

            (added, changed) = before is null ? (added + 1, changed) : (added, changed + 1);
            changes.Add(RecordChange.Upsert(option.Row, DomainJson.Encode(option)));
        }

        changes.AddRange(known.Keys.Select(RecordChange.DeleteIfExists));
        foreach (var commit in changes.Chunk(RecordLimits.MaxChangesPerCommit))
        {
            await store.CommitAsync(profile.Partition, commit, cancellationToken);
        }

        return (added, changed, known.Count);
    }

    private async Task<SortedDictionary<string, EntitlementOption>> RecordsAsync(IntegrationProfile profile, CancellationToken cancellationToken)
    {
        var options = new SortedDictionary<string, EntitlementOption>(StringComparer.Ordinal);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(
                profile.Partition, RowRange.Prefix(Operations.Rows.Entitlements), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var row in page.Records)
            {
                options[row.Row] = DomainJson.Decode<EntitlementOption>(row.Value);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return options;
    }

    private static string? Text(JsonObject row, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (AttributeValues.Text(row[name])?.Trim() is { Length: > 0 } text)
            {
                return text;
            }
        }

        return null;
    }
}
