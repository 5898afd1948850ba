using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Assets;

/// <summary>The assets that an app manages access to, with the entitlements that give it.</summary>
/// <param name="store">The record store.</param>
public sealed class AssetCatalog(IRecordStore store)
{
    /// <summary>Whether the connector can read them.</summary>
    /// <param name="profile">The integration.</param>
    /// <returns>True when the app has kinds of entitlement and the connector a verb that lists assets.</returns>
    public static bool IsReadable(IntegrationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return profile.Schema.EntitlementTypes.Count > 0 && profile.Manifest.Verbs.Contains(ConnectorVerb.ListAssets);
    }

    /// <summary>Makes assets, and the entitlements on them, of the rows that <c>listAssets</c> extracts. A row without name is passed over.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The assets, each once, and their entitlements.</returns>
    public static (IReadOnlyList<Asset> Assets, IReadOnlyList<EntitlementOption> Options) Read(IntegrationProfile profile, IEnumerable<JsonObject> rows)
    {
        var read = rows.Select(row => Asset.Read(profile, row)).OfType<(Asset Asset, IReadOnlyList<EntitlementOption> Options)>().DistinctBy(item => item.Asset.Id).ToList();
        return ([.. read.Select(item => item.Asset)], [.. read.SelectMany(item => item.Options)]);
    }

    /// <summary>Reads assets, in a fixed order.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="matches">Which ones.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="afterId">The last of the page before, or null.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The assets, and whether more follow.</returns>
    public Task<(IReadOnlyList<Asset> Items, bool More)> ListAsync(
        IntegrationProfile profile, Func<Asset, bool> matches, int limit, string? afterId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return store.ListAsync(profile.Partition, Asset.Prefix, matches, limit, afterId, cancellationToken);
    }

    /// <summary>Brings the records up to what a complete read of the app showed. Bears being run again.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="shown">What the app shows.</param>
    /// <param name="cancellationToken">Cancels between commits.</param>
    /// <returns>A task that ends when they are kept.</returns>
    public async Task ApplyAsync(IntegrationProfile profile, IReadOnlyList<Asset> shown, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(shown);
        var known = new Dictionary<string, Asset>(StringComparer.Ordinal);
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(profile.Partition, RowRange.Prefix(Asset.Prefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                known[record.Row] = DomainJson.Decode<Asset>(record.Value);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        var changes = new List<RecordChange>();
        foreach (var asset in shown)
        {
            if (!known.Remove(Asset.Prefix + asset.Id, out var before) || !before.IsSameAs(asset))
            {
                changes.Add(RecordChange.Upsert(Asset.Prefix + asset.Id, DomainJson.Encode(asset)));
            }
        }

        changes.AddRange(known.Keys.Select(RecordChange.DeleteIfExists));
        foreach (var commit in changes.Chunk(RecordLimits.MaxChangesPerCommit))
        {
            await store.CommitAsync(profile.Partition, commit, cancellationToken);
        }
    }
}
