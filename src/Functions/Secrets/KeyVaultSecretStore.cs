using System.Text;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using IdLcm.Domain.Secrets;
using IdLcm.Functions.Storage;

namespace IdLcm.Functions.Secrets;

/// <summary>
/// Secrets in Key Vault (see <see cref="SecretVersions"/>). The identity needs the role Key Vault Secrets Officer. The vault
/// keeps soft-deleted secrets: one that is set again after it was deleted is recovered first, with every version disabled.
/// </summary>
/// <param name="client">The vault.</param>
/// <param name="cache">What was read lately.</param>
/// <param name="clock">Stamps promotions and tells what has expired.</param>
internal sealed class KeyVaultSecretStore(SecretClient client, SecretCache cache, TimeProvider clock) : ISecretStore
{
    // The limit of Key Vault, https://learn.microsoft.com/azure/key-vault/secrets/about-secrets.
    private const int MaxValueBytes = 25 * 1024;
    private const int MaxNameLength = 127;
    private const int MaxRecoveries = 60;

    private static readonly TimeSpan PollingInterval = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default) =>
        cache.Fresh(Fold(name)) ?? await GetLatestAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async Task<SecretValue?> GetLatestAsync(string name, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        try
        {
            var ticket = cache.Begin(name);
            var value = await ReadCurrentAsync(name, cancellationToken);
            cache.Keep(name, value, ticket);
            return value;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            var outage = StorageFailures.IsTransient(failure) || failure is AuthenticationFailedException;
            return outage && cache.ForOutage(name) is { } stale ? stale : throw Unavailable("reading", name, failure);
        }
    }

    /// <inheritdoc/>
    public async Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        if (!IsVersion(version))
        {
            return null;
        }

        try
        {
            return await ReadVersionAsync(name, version, cancellationToken);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            throw Unavailable("reading a version of", name, failure);
        }
    }

    /// <inheritdoc/>
    public async Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        var bytes = Encoding.UTF8.GetByteCount(value);
        if (bytes > MaxValueBytes)
        {
            throw new ArgumentException($"The value of the secret '{name}' has {bytes} bytes; the limit is {MaxValueBytes}.", nameof(value));
        }

        try
        {
            for (var recoveries = 0; ; recoveries++)
            {
                try
                {
                    var secret = new KeyVaultSecret(name, value) { Properties = { Tags = { [SecretVersions.Origin] = "set" } } };
                    return (await client.SetSecretAsync(secret, cancellationToken)).Value.Properties.Version;
                }
                catch (RequestFailedException deleted) when (deleted.Status == 409 && recoveries < MaxRecoveries)
                {
                    await RecoverAsync(name, cancellationToken);
                }
            }
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            throw Unavailable("setting", name, failure);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no such version, or it is disabled or expired.</exception>
    public async Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        try
        {
            var versions = await VersionsAsync(name, cancellationToken);
            var found = versions.FirstOrDefault(candidate => candidate.Version == version);
            if (found is null || !SecretVersions.IsUsable(found, clock.GetUtcNow()))
            {
                throw new InvalidOperationException($"The secret '{name}' has no enabled version '{version}' to promote.");
            }

            if (SecretVersions.Current(versions)?.Version != version)
            {
                // The tags alone: sending the other properties along could enable what was disabled in the meantime.
                var change = new SecretProperties(found.Id);
                foreach (var (key, value) in found.Tags)
                {
                    change.Tags[key] = value;
                }

                change.Tags[SecretVersions.PromotedAt] = SecretVersions.NextStamp(versions, clock.GetUtcNow());
                await client.UpdateSecretPropertiesAsync(change, cancellationToken);
            }
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            throw Unavailable("promoting a version of", name, failure);
        }
        finally
        {
            cache.Forget(name);
        }
    }

    /// <inheritdoc/>
    public async Task DisableAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        try
        {
            foreach (var found in (await VersionsAsync(name, cancellationToken)).Where(candidate => candidate.Version == version))
            {
                await DisableAsync(found, cancellationToken);
            }
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            throw Unavailable("disabling a version of", name, failure);
        }
        finally
        {
            cache.Forget(name);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        try
        {
            // Disabled first: whoever recovers the deleted secret recovers nothing that can be read.
            foreach (var version in await VersionsAsync(name, cancellationToken))
            {
                await DisableAsync(version, cancellationToken);
            }

            var deletion = await client.StartDeleteSecretAsync(name, cancellationToken);
            await deletion.WaitForCompletionAsync(PollingInterval, cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            throw Unavailable("deleting", name, failure);
        }
        finally
        {
            cache.Forget(name);
        }
    }

    private static string Fold(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
        {
            throw new ArgumentException($"A secret's name has 1 to {MaxNameLength} letters, digits and '-'.", nameof(name));
        }

        return name.ToLowerInvariant();
    }

    private static bool IsVersion(string version) => version.Length == 32 && version.All(char.IsAsciiHexDigit);

    private static bool IsFailure(Exception failure) => StorageFailures.IsStorageFailure(failure);

    private static SecretStoreUnavailableException Unavailable(string what, string name, Exception failure) => new(
        failure is RequestFailedException { Status: 401 or 403 } refused
            ? $"Key Vault refused {what} the secret '{name}': {refused.Status} {refused.ErrorCode}. The managed identity lacks a role on the vault, or the vault's network rules refuse this host."
            : $"Key Vault failed {what} the secret '{name}': {(failure as RequestFailedException)?.Status} {(failure as RequestFailedException)?.ErrorCode}",
        failure);

    private async Task<SecretValue?> ReadCurrentAsync(string name, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var current = SecretVersions.Current(await VersionsAsync(name, cancellationToken));
            if (current is null || !SecretVersions.IsUsable(current, clock.GetUtcNow()))
            {
                return null;
            }

            var value = await ReadVersionAsync(name, current.Version, cancellationToken);
            if (value is not null || tries == 2)
            {
                return value;
            }

            // Disabled or replaced between the two requests: what is current now?
        }
    }

    private async Task<SecretValue?> ReadVersionAsync(string name, string version, CancellationToken cancellationToken)
    {
        try
        {
            var secret = (await client.GetSecretAsync(name, version, cancellationToken)).Value;
            return SecretVersions.IsUsable(secret.Properties, clock.GetUtcNow()) ? new SecretValue(secret.Value, version) : null;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException forbidden) when (forbidden.Status == 403)
        {
            // The answer for a disabled version, and for an identity without a role.
            var found = (await VersionsAsync(name, cancellationToken)).FirstOrDefault(candidate => candidate.Version == version);
            if (found?.Enabled == false)
            {
                return null;
            }

            throw;
        }
    }

    private async Task<List<SecretProperties>> VersionsAsync(string name, CancellationToken cancellationToken)
    {
        List<SecretProperties> versions = [];
        try
        {
            await foreach (var version in client.GetPropertiesOfSecretVersionsAsync(name, cancellationToken))
            {
                versions.Add(version);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
        }

        return versions;
    }

    private async Task DisableAsync(SecretProperties version, CancellationToken cancellationToken)
    {
        if (version.Enabled != false)
        {
            await client.UpdateSecretPropertiesAsync(new SecretProperties(version.Id) { Enabled = false }, cancellationToken);
        }
    }

    private async Task RecoverAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var deleted = (await client.GetDeletedSecretAsync(name, cancellationToken)).Value;
            var recovery = await client.StartRecoverDeletedSecretAsync(name, cancellationToken);
            await recovery.WaitForCompletionAsync(PollingInterval, cancellationToken);

            // Deleted by hand, its versions are enabled still. What another caller sets from now on is younger than the deletion.
            foreach (var version in await VersionsAsync(name, cancellationToken))
            {
                if (version.CreatedOn < deleted.DeletedOn)
                {
                    await DisableAsync(version, cancellationToken);
                }
            }
        }
        catch (RequestFailedException busy) when (busy.Status is 404 or 409)
        {
            // Still being deleted, or being recovered by another caller.
            await Task.Delay(PollingInterval, clock, cancellationToken);
        }
    }
}
