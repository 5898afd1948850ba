using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;
using IdLcm.Domain.Storage;
using Microsoft.Extensions.Logging;

namespace IdLcm.Functions.Evidence;

/// <summary>Links signed with a user delegation key (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas).</summary>
/// <param name="service">The blob service.</param>
/// <param name="containerName">The container of the blobs.</param>
/// <param name="clock">Dates the links.</param>
/// <param name="logger">The log.</param>
internal sealed partial class EvidenceLinks(BlobServiceClient service, string containerName, TimeProvider clock, ILogger<EvidenceLinks> logger) : IEvidenceLinks, IDisposable
{
    // A link whose key expires before it would be dead early; the clocks of the service and of this host may differ.
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(4);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile UserDelegationKey? _key;

    /// <inheritdoc/>
    public async Task<Uri?> CreateAsync(string container, string hash, string fileName, TimeSpan lifetime, CancellationToken cancellationToken = default)
    {
        var name = BlobNames.Of(container, hash);
        if (lifetime <= TimeSpan.Zero || lifetime > IEvidenceLinks.MaxLifetime)
        {
            throw new ArgumentException($"A link opens for at most {IEvidenceLinks.MaxLifetime}.", nameof(lifetime));
        }

        if (fileName.Length is 0 or > 100 || fileName.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')))
        {
            throw new ArgumentException("A file name has 1 to 100 letters, digits, '.', '-' and '_'.", nameof(fileName));
        }

        var now = clock.GetUtcNow();
        UserDelegationKey key;
        try
        {
            key = await KeyAsync(now + lifetime, cancellationToken);
        }
        catch (RequestFailedException error)
        {
            LogNoKey(error);
            return null;
        }

        var builder = new BlobSasBuilder(BlobSasPermissions.Read, now + lifetime)
        {
            BlobContainerName = containerName,
            BlobName = name,
            Resource = "b",
            StartsOn = now - ClockSkew,
            Protocol = SasProtocol.Https,
            ContentDisposition = $"attachment; filename={fileName}",
        };
        var blob = service.GetBlobContainerClient(containerName).GetBlobClient(name);
        return new BlobUriBuilder(blob.Uri) { Sas = builder.ToSasQueryParameters(key, service.AccountName) }.ToUri();
    }

    /// <summary>Releases what callers wait on.</summary>
    public void Dispose() => _asking.Dispose();

    [LoggerMessage(4501, LogLevel.Warning, "The storage service gave no key to sign links with; evidence passes through the gateway")]
    private partial void LogNoKey(Exception error);

    private async Task<UserDelegationKey> KeyAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (_key is { } known && known.SignedExpiresOn >= until)
        {
            return known;
        }

        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_key is null || _key.SignedExpiresOn < until)
            {
                var now = clock.GetUtcNow();
                _key = (await service.GetUserDelegationKeyAsync(now - ClockSkew, now + KeyLifetime, cancellationToken)).Value;
            }

            return _key;
        }
        finally
        {
            _asking.Release();
        }
    }
}
