using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Integrations;

/// <summary>A version of an integration's connector that it can be moved to.</summary>
/// <param name="Version">The version.</param>
/// <param name="Pinned">True for the version that the integration has.</param>
/// <param name="Former">True for the version that a roll-back goes back to.</param>
/// <param name="Changes">What differs from the pinned version; empty for that one itself.</param>
public sealed record ConnectorMove(string Version, bool Pinned, bool Former, IReadOnlyList<ConnectorChange> Changes);

/// <content>The pinned version of the connector.</content>
public sealed partial class IntegrationService
{
    /// <summary>The versions of an integration's connector, newest first, each with what moving to it would change.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The versions, or null where there is no such integration.</returns>
    public async Task<IReadOnlyList<ConnectorMove>?> ConnectorVersionsAsync(string id, CancellationToken cancellationToken = default) =>
        (await integrations.FindAsync(id, cancellationToken))?.Value is { } integration
            ? [.. catalog.Versions(integration.ConnectorId).Select(manifest => Move(integration, manifest.Version))]
            : null;

    /// <summary>
    /// Moves an integration to another version of its connector and has it validated. Settings of the same name are kept,
    /// others are dropped; a roll-back brings them back.
    /// </summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="version">The version; null for the one before the last move.</param>
    /// <param name="settings">Settings to set, by name; null for none.</param>
    /// <param name="accept">True when a person has seen the changes that need attention and wants them.</param>
    /// <param name="mayAllowHosts">True when who asks may let the service account go to other hosts.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration with its validation, or why it was not moved.</returns>
    public async Task<Result<SavedIntegration>> MoveConnectorAsync(
        string id, string? version, IReadOnlyDictionary<string, string?>? settings, bool accept, bool mayAllowHosts, Provenance by, CancellationToken cancellationToken = default)
    {
        Refusal? refusal = null;
        var moved = false;
        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                refusal = null;
                moved = false;
                var wanted = version ?? before.FormerConnector?.Version;
                if (wanted is null)
                {
                    refusal = Refusal.Conflict("no_former_version", "The integration was never moved to another version: there is nothing to go back to.");
                    return null;
                }

                if (wanted == before.ConnectorVersion)
                {
                    return null;
                }

                var to = Moved(before, wanted, settings, accept, mayAllowHosts, out refusal);
                if (to is null)
                {
                    return null;
                }

                moved = true;
                var now = clock.GetUtcNow();
                return (to with { ModifiedAt = now }, [Event(ActivityKind.ConnectorVersionChanged, by, now, before.Name, $"{before.ConnectorId} is {wanted}, was {before.ConnectorVersion}")]);
            },
            cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        if (changed is null)
        {
            return NotFound(id);
        }

        feed.Publish(new LiveChange(id, null));
        signal.Raise(id);
        var validation = moved ? await ValidateAsync(id, by, cancellationToken) : null;
        return new SavedIntegration(await views.ViewAsync(changed, cancellationToken), validation);
    }

    private Integration? Moved(
        Integration before, string version, IReadOnlyDictionary<string, string?>? settings, bool accept, bool mayAllowHosts, out Refusal? refusal)
    {
        if (catalog.Versions(before.ConnectorId).FirstOrDefault(manifest => manifest.Version == version) is not { } manifest)
        {
            refusal = Refusal.Invalid("version", $"'{version}' is not in the catalog. It has {string.Join(", ", catalog.Versions(before.ConnectorId).Select(m => m.Version))}.");
            return null;
        }

        var attention = Move(before, version).Changes.Where(change => change.Breaking).ToList();
        if (!mayAllowHosts && attention.Any(change => change.Area == "hosts"))
        {
            refusal = Refusal.Forbidden("hosts_need_admin", "The version says otherwise where the service account may go: an Admin moves to it.");
            return null;
        }

        if (!accept && attention.Count > 0)
        {
            refusal = Refusal.Conflict("changes_need_attention", $"Look at what changes and accept it: {string.Join(" ", attention.Select(change => $"{change.Area}: {change.Message}"))}");
            return null;
        }

        var problems = new List<FieldProblem>();
        var given = manifest.Settings.Select(setting => setting.Name)
            .Select(name => KeyValuePair.Create(name, before.Settings.GetValueOrDefault(name)
                ?? (before.FormerConnector?.Version == version ? before.FormerConnector.Settings.GetValueOrDefault(name) : null)))
            .Where(setting => settings?.ContainsKey(setting.Key) != true);
        var kept = IntegrationRules.Settings(manifest, [.. given, .. settings ?? new Dictionary<string, string?>()], problems);
        if (before.ServiceAccount is { } account && !manifest.Auth.Methods.Contains(account.LoginMethod))
        {
            problems.Add(new FieldProblem("version", $"'{version}' does not offer the login method '{account.LoginMethod}' of the service account; it offers {string.Join(", ", manifest.Auth.Methods)}."));
        }

        refusal = problems.Count > 0 ? Refusal.Invalid(problems) : null;
        return refusal is not null ? null : before with
        {
            ConnectorVersion = version,
            Settings = kept,
            FormerConnector = new FormerConnector(before.ConnectorVersion, before.Settings),
        };
    }

    private ConnectorMove Move(Integration integration, string version)
    {
        var pinned = version == integration.ConnectorVersion;
        IReadOnlyList<ConnectorChange> unknown =
            [new ConnectorChange("hosts", Breaking: true, $"Version {integration.ConnectorVersion} is not in the catalog any more: what changes cannot be shown.")];
        return new ConnectorMove(
            version,
            pinned,
            version == integration.FormerConnector?.Version,
            pinned ? [] : catalog.Compare(integration.ConnectorId, integration.ConnectorVersion, version) ?? unknown);
    }
}
