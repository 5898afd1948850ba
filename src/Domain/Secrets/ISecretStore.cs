namespace IdLcm.Domain.Secrets;

/// <summary>
/// Named, versioned secrets: an encrypted file in the embedded edition, Key Vault in the Azure edition. Read only
/// inside activities; a secret never becomes part of a workflow input, history, log, evidence or record.
/// </summary>
public interface ISecretStore
{
    /// <summary>Reads the current (promoted) version.</summary>
    /// <param name="name">Letters, digits and '-', at most 127 characters (the rule of Key Vault).</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The value, or null where there is none or it is disabled.</returns>
    Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the current version from where it is kept, and not what this process remembers of it: for who was refused with what
    /// <see cref="GetAsync"/> gave, and for who is about to replace it. Where the store does not answer, what is remembered may do.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The value, or null where there is none or it is disabled.</returns>
    Task<SecretValue?> GetLatestAsync(string name, CancellationToken cancellationToken = default) => GetAsync(name, cancellationToken);

    /// <summary>Reads one version, promoted or not.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The value, or null where there is none or it is disabled.</returns>
    Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default);

    /// <summary>Stores a new version. It does not become current until it is promoted.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The secret, at most 25 KB.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>The new version's identifier.</returns>
    Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default);

    /// <summary>Makes a version the current one. Promoting it again is a no-op.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default);

    /// <summary>Disables a version, so that it is never handed out again.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    Task DisableAsync(string name, string version, CancellationToken cancellationToken = default);

    /// <summary>Deletes every version of a secret.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task that ends when the change is durable.</returns>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);
}

/// <summary>A secret as read.</summary>
/// <param name="Value">The secret. Not printed by <see cref="ToString"/>.</param>
/// <param name="Version">Its version.</param>
public sealed record SecretValue(string Value, string Version)
{
    /// <summary>Names the version and never the value.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"SecretValue {{ Version = {Version} }}";
}
