namespace IdLcm.Domain.Storage;

/// <summary>
/// Content-addressed bytes: evidence (screenshots, traces, masked DOM), values too large for a record, plans.
/// Kept on disk in the embedded edition, in Blob Storage in the Azure edition.
/// </summary>
public interface IBlobStore
{
    /// <summary>Stores bytes; storing the same bytes again is a no-op. Durable when it returns.</summary>
    /// <param name="container">Which collection, for example <c>evidence</c>; lower-case letters, digits and '-'.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="contentType">Their media type.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <returns>The reference to read them by.</returns>
    Task<BlobReference> PutAsync(string container, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken = default);

    /// <summary>Stores the content of a file, as <see cref="PutAsync"/>, without holding it in memory.</summary>
    /// <param name="container">Which collection.</param>
    /// <param name="path">The file.</param>
    /// <param name="contentType">Its media type.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <returns>The reference.</returns>
    Task<BlobReference> PutFileAsync(string container, string path, string contentType, CancellationToken cancellationToken = default);

    /// <summary>Opens stored bytes for reading.</summary>
    /// <param name="container">Which collection.</param>
    /// <param name="hash">The content hash of the reference.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A stream, or null where there is none (never stored, or past its retention).</returns>
    Task<Stream?> OpenAsync(string container, string hash, CancellationToken cancellationToken = default);

    /// <summary>Deletes stored bytes, whoever else refers to them; nothing happens where there are none.</summary>
    /// <param name="container">Which collection.</param>
    /// <param name="hash">The content hash of the reference.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are gone.</returns>
    Task DeleteAsync(string container, string hash, CancellationToken cancellationToken = default);

    /// <summary>Deletes what is older than a moment, oldest first, and then more until the collection is small enough.</summary>
    /// <param name="container">Which collection.</param>
    /// <param name="olderThan">Blobs stored before are deleted.</param>
    /// <param name="maxBytes">The largest size to leave, in bytes.</param>
    /// <param name="cancellationToken">Cancels the sweep.</param>
    /// <returns>How many were deleted.</returns>
    Task<int> SweepAsync(string container, DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken = default);
}

/// <summary>Where stored bytes are.</summary>
/// <param name="Hash">SHA-256 of the content, lower-case hexadecimal.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="ContentType">Media type.</param>
public sealed record BlobReference(string Hash, long Length, string ContentType);
