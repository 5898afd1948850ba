using IdLcm.Domain.Secrets;

namespace IdLcm.Posture.Tests;

/// <summary>Where a call to the secret store stops for good, as a killed process does.</summary>
internal enum StopAt
{
    Nowhere,
    AfterSet,
    BeforeVersionRead,
    BeforePromote,
    AfterPromote,
}

/// <summary>The real secret store; a call on one of its secrets can be made to stop until the process ends.</summary>
internal sealed class StoppableSecrets(ISecretStore inner) : ISecretStore
{
    private TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StopAt at;
    private string suffix = "";

    /// <summary>Called whenever a new value has been stored.</summary>
    public Action<string>? Stored { get; set; }

    /// <summary>Awaited before a value in force is read.</summary>
    public Func<string, Task>? Reading { get; set; }

    public Task StopAsync(StopAt where, string secretSuffix)
    {
        reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (at, suffix) = (where, secretSuffix);
        return reached.Task;
    }

    public async Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        await (Reading?.Invoke(name) ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return await inner.GetAsync(name, cancellationToken);
    }

    public async Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        await HereAsync(StopAt.BeforeVersionRead, name, cancellationToken);
        return await inner.GetVersionAsync(name, version, cancellationToken);
    }

    public async Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        var version = await inner.SetAsync(name, value, cancellationToken);
        Stored?.Invoke(name);
        await HereAsync(StopAt.AfterSet, name, cancellationToken);
        return version;
    }

    public async Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        await HereAsync(StopAt.BeforePromote, name, cancellationToken);
        await inner.PromoteAsync(name, version, cancellationToken);
        await HereAsync(StopAt.AfterPromote, name, cancellationToken);
    }

    public Task DisableAsync(string name, string version, CancellationToken cancellationToken = default) => inner.DisableAsync(name, version, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => inner.DeleteAsync(name, cancellationToken);

    private Task HereAsync(StopAt here, string name, CancellationToken cancellationToken)
    {
        if (here != at || !name.EndsWith(suffix, StringComparison.Ordinal))
        {
            return Task.CompletedTask;
        }

        reached.TrySetResult();
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
