using IdLcm.Domain.Secrets;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>The secrets of one trial: in memory, given on the command line, gone with the process.</summary>
/// <param name="values">The secrets by name.</param>
internal sealed class TrialSecrets(IReadOnlyDictionary<string, string> values) : ISecretStore
{
    private const string OnlyVersion = "1";

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> _values = new(values, StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult(_values.TryGetValue(name, out var value) ? new SecretValue(value, OnlyVersion) : null);

    /// <inheritdoc/>
    public Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default) =>
        version == OnlyVersion ? GetAsync(name, cancellationToken) : Task.FromResult<SecretValue?>(null);

    /// <inheritdoc/>
    public Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        _values[name] = value;
        return Task.FromResult(OnlyVersion);
    }

    /// <inheritdoc/>
    public Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DisableAsync(string name, string version, CancellationToken cancellationToken = default) => DeleteAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        _values.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}
