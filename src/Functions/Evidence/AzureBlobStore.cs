using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Evidence;

/// <summary>
/// Blobs in one container of Blob Storage, <c>collection/hash</c>. The name is the content's SHA-256, so a blob that is there
/// is whole. Storing content again renews its age, which is kept in its metadata.
/// </summary>
/// <param name="container">The container.</param>
/// <param name="clock">Gives a blob its age.</param>
internal sealed class AzureBlobStore(BlobContainerClient container, TimeProvider clock) : IBlobStore
{
    private const string StoredAt = "stored";

    private volatile Task? _created;

    /// <inheritdoc/>
    public async Task<BlobReference> PutAsync(
        string container, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken = default)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var name = BlobNames.Of(container, hash);
        await StoreAsync(name, (blob, options) => blob.UploadAsync(BinaryData.FromBytes(content), options, cancellationToken), contentType, cancellationToken);
        return new BlobReference(hash, content.Length, contentType);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file changed while it was stored.</exception>
    public async Task<BlobReference> PutFileAsync(
        string container, string path, string contentType, CancellationToken cancellationToken = default)
    {
        BlobNames.Prefix(container);
        var before = State(path);
        string hash;
        await using (var file = Open())
        {
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        }

        var name = BlobNames.Of(container, hash);
        await StoreAsync(
            name,
            async (blob, options) =>
            {
                await using var file = Open();
                await blob.UploadAsync(file, options, cancellationToken);
            },
            contentType,
            cancellationToken);
        if (State(path) != before)
        {
            // What was sent may not be what was hashed.
            await Blob(name).DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
            throw new IOException($"The file '{path}' changed while it was stored.");
        }

        return new BlobReference(hash, before.Length, contentType);

        FileStream Open() => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 64 * 1024, useAsync: true);
    }

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(string container, string hash, CancellationToken cancellationToken = default)
    {
        var name = BlobNames.Of(container, hash);
        try
        {
            return (await Blob(name).DownloadStreamingAsync(new BlobDownloadOptions(), cancellationToken)).Value.Content;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string container, string hash, CancellationToken cancellationToken = default) =>
        Blob(BlobNames.Of(container, hash)).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);

    /// <inheritdoc/>
    public async Task<int> SweepAsync(string container, DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken = default)
    {
        var prefix = BlobNames.Prefix(container);
        await CreatedAsync(cancellationToken);
        List<(string Name, DateTimeOffset Stored, long Length, ETag ETag)> blobs = [];
        await foreach (var blob in Container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken))
        {
            blobs.Add((blob.Name, Stored(blob), blob.Properties.ContentLength ?? 0, blob.Properties.ETag ?? default));
        }

        var total = blobs.Sum(static blob => blob.Length);
        var deleted = 0;
        foreach (var blob in blobs.OrderBy(static blob => blob.Stored))
        {
            if (blob.Stored >= olderThan && total <= maxBytes)
            {
                break;
            }

            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // What was stored again since it was listed has another ETag, and stays.
                var conditions = new BlobRequestConditions { IfMatch = blob.ETag };
                deleted += (await Blob(blob.Name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, cancellationToken)).Value ? 1 : 0;
                total -= blob.Length;
            }
            catch (RequestFailedException renewed) when (renewed.Status == 412)
            {
            }
        }

        return deleted;
    }

    private static (long Length, DateTime Written) State(string path)
    {
        var file = new FileInfo(path);
        return (file.Length, file.LastWriteTimeUtc);
    }

    private static DateTimeOffset Stored(BlobItem blob) =>
        blob.Metadata?.TryGetValue(StoredAt, out var text) == true
        && DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment)
            ? moment
            : blob.Properties.LastModified ?? default;

    private BlobContainerClient Container => container;

    private BlobClient Blob(string name) => container.GetBlobClient(name);

    private async Task StoreAsync(
        string name, Func<BlobClient, BlobUploadOptions, Task> uploadAsync, string contentType, CancellationToken cancellationToken)
    {
        await CreatedAsync(cancellationToken);
        var blob = Blob(name);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [StoredAt] = clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) };
        while (true)
        {
            try
            {
                var options = new BlobUploadOptions
                {
                    HttpHeaders = new BlobHttpHeaders { ContentType = contentType },
                    Metadata = metadata,
                    Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                };
                await uploadAsync(blob, options);
                return;
            }
            catch (RequestFailedException there) when (there.Status is 409 or 412)
            {
                try
                {
                    await blob.SetMetadataAsync(metadata, cancellationToken: cancellationToken);
                    return;
                }
                catch (RequestFailedException swept) when (swept.Status == 404)
                {
                    // Deleted between the two requests: stored after all.
                }
            }
        }
    }

    private Task CreatedAsync(CancellationToken cancellationToken)
    {
        var created = _created;
        if (created is null || created.IsFaulted || created.IsCanceled)
        {
            _created = created = container.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None);
        }

        return created.IsCompletedSuccessfully ? Task.CompletedTask : created.WaitAsync(cancellationToken);
    }
}
