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

    /// <summary>Every version of a connector that an integration can be moved to.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The manifests, newest first; empty where the catalog has none.</returns>
    IReadOnlyList<ConnectorManifest> Versions(string id);

    /// <summary>Says what two versions of a connector differ in.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="from">One version.</param>
    /// <param name="to">The other.</param>
    /// <returns>What changes on the way from one to the other; null where the catalog lacks one of them.</returns>
    IReadOnlyList<ConnectorChange>? Compare(string id, string from, string to);

    /// <summary>Makes a new version of a connector in which a step also looks for what a proposal names. The version that it is made of stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="version">The version in which the step failed.</param>
    /// <param name="repair">The proposal, as a person approved it.</param>
    /// <returns>The new version, or why none was made.</returns>
    RepairedConnector Repair(string id, string version, LocatorRepair repair);
}
