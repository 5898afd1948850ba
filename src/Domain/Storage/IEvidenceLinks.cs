namespace IdLcm.Domain.Storage;

/// <summary>Gives out links that open one stored blob for a short while, so that large evidence need not pass through the gateway.</summary>
public interface IEvidenceLinks
{
    /// <summary>The longest life of a link.</summary>
    static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    /// <summary>Makes a link to a stored blob. It opens over https only and is signed for the managed identity, without an account key.</summary>
    /// <param name="container">Which collection.</param>
    /// <param name="hash">The content hash of the reference.</param>
    /// <param name="fileName">The name to download it by: letters, digits, '.', '-' and '_'.</param>
    /// <param name="lifetime">How long it opens, at most <see cref="MaxLifetime"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The link, or null when the service gives none now. It opens nothing once the blob was deleted.</returns>
    /// <exception cref="ArgumentException">An argument is outside its limits.</exception>
    Task<Uri?> CreateAsync(string container, string hash, string fileName, TimeSpan lifetime, CancellationToken cancellationToken = default);
}
