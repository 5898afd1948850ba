using System.Security.Cryptography;
using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// Blobs as files, <c>blobs/&lt;container&gt;/ab/&lt;hash&gt;</c>. The name is the content's SHA-256, so a file that has
/// its name is whole. Storing content again renews its age.
/// </summary>
internal sealed class FileBlobStore : IBlobStore
{
    private const string TemporaryExtension = ".tmp";
    private const int BufferBytes = 128 * 1024;

    // Far longer than any upload: what is older was left by a process that was killed.
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    // Between a sweep that is about to delete a file and a put that is about to rely on it.
    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly TimeProvider _time;

    /// <summary>Opens the store in a data directory.</summary>
    /// <param name="dataDirectory">The data directory; <c>blobs</c> is created in it.</param>
    /// <param name="time">Gives a blob its age.</param>
    public FileBlobStore(string dataDirectory, TimeProvider time)
    {
        _root = Path.Combine(Path.GetFullPath(dataDirectory), "blobs");
        _time = time;
        PrivateDirectory.Own(_root);
    }

    /// <inheritdoc/>
    public Task<BlobReference> PutAsync(
        string container, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken = default)
    {
        ValidateContainer(container);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var reference = new BlobReference(hash, content.Length, contentType);
        return TryRenew(container, hash, content.Length) ? Task.FromResult(reference) : WriteAsync();

        async Task<BlobReference> WriteAsync()
        {
            await using var temporary = DurableFile.CreateTemporary(TemporaryPath(container));
            try
            {
                await temporary.WriteAsync(content, cancellationToken);
                Publish(temporary, container, hash);
                return reference;
            }
            catch
            {
                File.Delete(temporary.Name);
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<BlobReference> PutFileAsync(
        string container, string path, string contentType, CancellationToken cancellationToken = default)
    {
        ValidateContainer(container);
        await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        await using var temporary = DurableFile.CreateTemporary(TemporaryPath(container));
        try
        {
            // Hashed as it is copied: the source may change between two readings.
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferBytes];
            long length = 0;
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
            {
                sha.AppendData(buffer, 0, read);
                await temporary.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                length += read;
            }

            var hash = Convert.ToHexStringLower(sha.GetHashAndReset());
            if (TryRenew(container, hash, length))
            {
                File.Delete(temporary.Name);
            }
            else
            {
                Publish(temporary, container, hash);
            }

            return new BlobReference(hash, length, contentType);
        }
        catch
        {
            File.Delete(temporary.Name);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string container, string hash, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ValidateContainer(container);
        ValidateHash(hash);
        try
        {
            // A sweep may delete the file while it is read: on Unix what is open stays readable.
            return Task.FromResult<Stream?>(new FileStream(
                PathOf(container, hash), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, useAsync: true));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string container, string hash, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ValidateContainer(container);
        ValidateHash(hash);
        lock (_gate)
        {
            var file = new FileInfo(PathOf(container, hash));
            if (file.Exists)
            {
                file.Delete();
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync(
        string container, DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken = default)
    {
        ValidateContainer(container);
        return Task.Run(() => Sweep(container, olderThan, maxBytes, cancellationToken), cancellationToken);
    }

    private static void ValidateContainer(string container)
    {
        if (container.Length is 0 or > 63 || container[0] == '-' || container.Any(static c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
        {
            throw new ArgumentException($"'{container}' is no container name: 1 to 63 lower-case letters, digits and '-'.", nameof(container));
        }
    }

    private static void ValidateHash(string hash)
    {
        if (hash.Length != 64 || hash.Any(static c => !char.IsAsciiHexDigitLower(c)))
        {
            throw new ArgumentException("A content hash has 64 lower-case hexadecimal digits.", nameof(hash));
        }
    }

    private int Sweep(string container, DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken)
    {
        var directory = new DirectoryInfo(Path.Combine(_root, container));
        if (!directory.Exists)
        {
            return 0;
        }

        var abandoned = _time.GetUtcNow() - AbandonedAfter;
        var files = new List<FileInfo>();
        long total = 0;
        foreach (var file in directory.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.Extension != TemporaryExtension)
            {
                files.Add(file);
                total += file.Length;
            }
            else if (file.LastWriteTimeUtc < abandoned.UtcDateTime)
            {
                file.Delete();
            }
        }

        var deleted = 0;
        foreach (var file in files.OrderBy(static file => file.LastWriteTimeUtc))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.LastWriteTimeUtc >= olderThan.UtcDateTime && total <= maxBytes)
            {
                break;
            }

            var seen = file.LastWriteTimeUtc;
            lock (_gate)
            {
                file.Refresh();
                if (!file.Exists || file.LastWriteTimeUtc != seen)
                {
                    continue;
                }

                total -= file.Length;
                file.Delete();
                deleted++;
            }
        }

        return deleted;
    }

    private void Publish(FileStream temporary, string container, string hash)
    {
        var path = PathOf(container, hash);
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
        {
            PrivateDirectory.Create(directory);
            DurableFile.SyncDirectory(Path.Combine(_root, container));
        }

        // After the flush, which would set the file's time again.
        temporary.Flush(flushToDisk: true);
        File.SetLastWriteTimeUtc(temporary.Name, _time.GetUtcNow().UtcDateTime);
        lock (_gate)
        {
            DurableFile.Publish(temporary, path);
        }
    }

    private bool TryRenew(string container, string hash, long length)
    {
        lock (_gate)
        {
            var file = new FileInfo(PathOf(container, hash));
            if (!file.Exists || file.Length != length)
            {
                return false;
            }

            file.LastWriteTimeUtc = _time.GetUtcNow().UtcDateTime;
            return true;
        }
    }

    private string PathOf(string container, string hash) => Path.Combine(_root, container, hash[..2], hash);

    private string TemporaryPath(string container)
    {
        var directory = Path.Combine(_root, container);
        if (!Directory.Exists(directory))
        {
            PrivateDirectory.Create(directory);
            DurableFile.SyncDirectory(_root);
        }

        return Path.Combine(directory, Path.GetRandomFileName() + TemporaryExtension);
    }
}
