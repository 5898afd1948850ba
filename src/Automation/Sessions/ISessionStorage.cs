namespace IdLcm.Automation.Sessions;

/// <summary>
/// Where sealed browser sessions lie between starts of the process: a directory in the embedded edition, a blob
/// container elsewhere. It sees encrypted bytes only; losing them costs a sign-in.
/// </summary>
public interface ISessionStorage
{
    /// <summary>Reads what was written last.</summary>
    /// <param name="name">64 hexadecimal digits.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The bytes, or null where there are none.</returns>
    Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Replaces what is there.</summary>
    /// <param name="name">64 hexadecimal digits.</param>
    /// <param name="content">Encrypted bytes, some kilobytes.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task that ends when they are stored.</returns>
    Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Deletes them if they are there.</summary>
    /// <param name="name">64 hexadecimal digits.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are gone.</returns>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);
}

/// <summary>Sessions as files that only their owner can read.</summary>
internal sealed class DirectorySessionStorage(string directory) : ISessionStorage
{
    public async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(directory, name);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
    }

    public async Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, name);
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(draft, options))
        {
            await file.WriteAsync(content, cancellationToken);
        }

        File.Move(draft, path, overwrite: true);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        File.Delete(Path.Combine(directory, name));
        return Task.CompletedTask;
    }
}

/// <summary>Sessions that end with the process.</summary>
internal sealed class MemorySessionStorage : ISessionStorage
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> items = new(StringComparer.Ordinal);

    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(items.GetValueOrDefault(name));

    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        items[name] = content.ToArray();
        return Task.CompletedTask;
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        items.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}
