using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using IdLcm.Domain.Activity;

namespace IdLcm.Functions.Evidence;

/// <summary>
/// Anchors the heads of activity chains in append blobs, <c>integration/bucket</c>, one line each: sequence, hash, time. An
/// immutability policy on the container that allows appends makes them final also for who may write records.
/// </summary>
/// <param name="container">The container.</param>
/// <param name="clock">Dates the anchors.</param>
internal sealed class BlobChainAnchor(BlobContainerClient container, TimeProvider clock) : IChainAnchor
{
    // An append blob takes 50,000 blocks (https://learn.microsoft.com/rest/api/storageservices/append-block); a repeated append takes one more.
    private const long BlocksPerBlob = 20_000;

    /// <inheritdoc/>
    public async Task AppendAsync(string integrationId, ActivityHead head, CancellationToken cancellationToken = default)
    {
        var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{head.Sequence} {head.Hash} {clock.GetUtcNow():O}\n"));
        var blob = container.GetAppendBlobClient(string.Create(CultureInfo.InvariantCulture, $"{integrationId}/{head.Sequence / BlocksPerBlob:D8}"));
        try
        {
            await AppendAsync(blob, line, cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await blob.CreateIfNotExistsAsync(new AppendBlobCreateOptions(), cancellationToken);
            await AppendAsync(blob, line, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ActivityHead> ReadAsync(string integrationId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<string> names = [];
        try
        {
            await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, integrationId + "/", cancellationToken))
            {
                names.Add(blob.Name);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // No container yet: nothing was anchored.
        }

        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            using var download = (await container.GetBlobClient(name).DownloadStreamingAsync(new BlobDownloadOptions(), cancellationToken)).Value;
            using var reader = new StreamReader(download.Content, Encoding.ASCII);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                var parts = line.Split(' ');
                yield return parts.Length == 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                    ? new ActivityHead(sequence, parts[1])
                    : throw new InvalidDataException($"The anchor blob '{name}' has a line that is no anchor.");
            }
        }
    }

    private static async Task AppendAsync(AppendBlobClient blob, byte[] line, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(line);
        await blob.AppendBlockAsync(content, new AppendBlobAppendBlockOptions(), cancellationToken);
    }
}
