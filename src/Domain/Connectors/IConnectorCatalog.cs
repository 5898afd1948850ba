namespace IdLcm.Domain.Connectors;

/// <summary>The app catalog: the connectors that integrations can be made of.</summary>
public interface IConnectorCatalog
{
    /// <summary>The newest version of every connector, by app name.</summary>
    /// <returns>The manifests.</returns>
    IReadOnlyList<ConnectorManifest> List();

    /// <summary>One connector.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="version">The pinned version, or null for the newest.</param>
    /// <returns>The manifest, or null where the catalog has none.</returns>
    ConnectorManifest? Find(string id, string? version = null);
}
