using System.Collections.Concurrent;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Integrations;

/// <summary>An integration with everything that follows from its connector.</summary>
public sealed class IntegrationProfile
{
    internal IntegrationProfile(Integration integration, string etag, ConnectorManifest manifest)
    {
        Integration = integration;
        ETag = etag;
        Manifest = manifest;
        Schema = integration.UserSchema ?? manifest.UserSchema;
        UserType = UserResourceTypes.Build(manifest, Schema);
        Partition = Rows.Partition(integration.Id);
    }

    /// <summary>The integration.</summary>
    public Integration Integration { get; }

    /// <summary>The ETag of the integration's record.</summary>
    public string ETag { get; }

    /// <summary>The pinned connector.</summary>
    public ConnectorManifest Manifest { get; }

    /// <summary>The user schema in force.</summary>
    public UserSchema Schema { get; }

    /// <summary>The SCIM User resource type of this integration.</summary>
    public ScimResourceType UserType { get; }

    /// <summary>The record partition.</summary>
    public string Partition { get; }

    /// <summary>The attribute by which accounts are known in the app.</summary>
    public UserSchemaAttribute PrimaryIdentifier =>
        Schema.Attributes.FirstOrDefault(attribute => attribute.PrimaryIdentifier)
        ?? new UserSchemaAttribute("email", "Email", Scim: "userName", Required: true, PrimaryIdentifier: true);
}

/// <summary>For how long a request may be answered by what is remembered of its integration.</summary>
/// <param name="MaxAge">
/// Zero where a look at the record costs nothing. Elsewhere a change that another process made counts after this time;
/// one of this process counts at once.
/// </param>
public sealed record ProfileFreshness(TimeSpan MaxAge);

/// <summary>Finds integrations with their connectors; remembers them until their record changes.</summary>
/// <param name="integrations">The integrations.</param>
/// <param name="catalog">The connectors.</param>
/// <param name="freshness">For how long requests may go by what is remembered.</param>
/// <param name="clock">The clock.</param>
public sealed class IntegrationProfiles(IntegrationStore integrations, IConnectorCatalog catalog, ProfileFreshness freshness, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, IntegrationProfile> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (IntegrationProfile Profile, long Change, long ReadAt)> recent = new(StringComparer.Ordinal);

    /// <summary>Finds an integration for a request: by what this process read of it a moment ago, where that is fresh enough.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The integration, or null where there is none.</returns>
    /// <exception cref="ConnectorMissingException">Its connector is not in the catalog.</exception>
    public ValueTask<IntegrationProfile?> FindRecentAsync(string id, CancellationToken cancellationToken = default) =>
        recent.TryGetValue(id, out var known) && known.Change == integrations.Changes && clock.GetElapsedTime(known.ReadAt) < freshness.MaxAge
            ? ValueTask.FromResult<IntegrationProfile?>(known.Profile)
            : FindAsync(id, cancellationToken);

    /// <summary>Finds an integration.</summary>
    /// <param name="id">Its id; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The integration, or null where there is none.</returns>
    /// <exception cref="ConnectorMissingException">Its connector is not in the catalog.</exception>
    public async ValueTask<IntegrationProfile?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        var (change, readAt) = (integrations.Changes, clock.GetTimestamp());
        cache.TryGetValue(id, out var known);
        var found = await integrations.FindAsync(id, known?.ETag, cancellationToken);
        if (found is null)
        {
            cache.TryRemove(id, out _);
            recent.TryRemove(id, out _);
            return null;
        }

        if (known is null || found.ETag != known.ETag)
        {
            var integration = found.Value!;
            var manifest = catalog.Find(integration.ConnectorId, integration.ConnectorVersion)
                ?? throw new ConnectorMissingException(integration.ConnectorId, integration.ConnectorVersion);
            cache[id] = known = new IntegrationProfile(integration, found.ETag, manifest);
        }

        if (freshness.MaxAge > TimeSpan.Zero)
        {
            recent[id] = (known, change, readAt);
        }

        return known;
    }
}

/// <summary>An integration pins a connector version that the catalog does not have: put it back, or move the integration.</summary>
/// <param name="connectorId">The connector.</param>
/// <param name="version">The version.</param>
public sealed class ConnectorMissingException(string connectorId, string version)
    : Exception($"The catalog has no connector '{connectorId}' in version {version}.");
