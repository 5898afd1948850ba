using System.Text;
using System.Text.Json;
using IdLcm.Domain.Secrets;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Secrets;

/// <summary>
/// Secrets as encrypted files, <c>secrets/&lt;name&gt;.json</c> (directory 0700, files 0600). Names are folded to lower
/// case, as Key Vault does.
/// </summary>
internal sealed class FileSecretStore : ISecretStore, IDisposable
{
    /// <summary>The longest value, in bytes of UTF-8 (the limit of Key Vault).</summary>
    public const int MaxValueBytes = 25 * 1024;

    private const int MaxNameLength = 127;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly string _directory;
    private readonly SecretProtection _protection;
    private readonly TimeProvider _time;

    /// <summary>Opens the secrets of a data directory, which one process owns.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    /// <param name="time">Dates the versions.</param>
    public FileSecretStore(string dataDirectory, TimeProvider time)
    {
        dataDirectory = Path.GetFullPath(dataDirectory);
        _directory = Path.Combine(dataDirectory, "secrets");
        PrivateDirectory.Own(_directory);
        _protection = new SecretProtection(dataDirectory);
        _time = time;
        foreach (var abandoned in Directory.EnumerateFiles(_directory, "*.tmp"))
        {
            File.Delete(abandoned);
        }
    }

    /// <inheritdoc/>
    public async Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        var file = await ReadAsync(name, cancellationToken);
        return file?.Current is { } current ? Open(name, file, current) : null;
    }

    /// <inheritdoc/>
    public async Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        return await ReadAsync(name, cancellationToken) is { } file ? Open(name, file, version) : null;
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

        // Random, not counted: a number could come back after the secret was deleted.
        var version = Guid.CreateVersion7(_time.GetUtcNow()).ToString("N");
        await ChangeAsync(
            name,
            file => (file ?? SecretFile.Empty).With(version, new SecretVersion(_time.GetUtcNow(), _protection.Protect(name, version, value))),
            cancellationToken);
        return version;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no such version, or it is disabled.</exception>
    public Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        return ChangeAsync(
            name,
            file => file is null || !file.Versions.TryGetValue(version, out var found) || found.Ciphertext is null
                ? throw new InvalidOperationException($"The secret '{name}' has no enabled version '{version}' to promote.")
                : file with { Current = version },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task DisableAsync(string name, string version, CancellationToken cancellationToken = default) => ChangeAsync(
        Fold(name),
        file => file is not null && file.Versions.TryGetValue(version, out var found)
            ? file.With(version, found with { Ciphertext = null })
            : file,
        cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            File.Delete(PathOf(name));
            DurableFile.SyncDirectory(_directory);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Releases what writers wait on.</summary>
    public void Dispose() => _writing.Dispose();

    private static string Fold(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
        {
            throw new ArgumentException($"A secret's name has 1 to {MaxNameLength} letters, digits and '-'.", nameof(name));
        }

        return name.ToLowerInvariant();
    }

    private SecretValue? Open(string name, SecretFile file, string version) =>
        file.Versions.TryGetValue(version, out var found) && found.Ciphertext is { } ciphertext
            ? new SecretValue(_protection.Unprotect(name, version, ciphertext), version)
            : null;

    private async Task<SecretFile?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        try
        {
            return SecretFile.Parse(await File.ReadAllBytesAsync(path, cancellationToken));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException failure)
        {
            throw new SecretUnreadableException($"The file of the secret '{name}', '{path}', is damaged.", failure);
        }
    }

    private async Task ChangeAsync(string name, Func<SecretFile?, SecretFile?> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var before = await ReadAsync(name, cancellationToken);
            var after = change(before);
            if (after is not null && after != before)
            {
                Write(name, after);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Write(string name, SecretFile file)
    {
        using var temporary = DurableFile.CreateTemporary(Path.Combine(_directory, Path.GetRandomFileName() + ".tmp"));
        try
        {
            temporary.Write(file.Format());
            DurableFile.Publish(temporary, PathOf(name));
        }
        catch
        {
            File.Delete(temporary.Name);
            throw;
        }
    }

    private string PathOf(string name) => Path.Combine(_directory, name + ".json");
}
