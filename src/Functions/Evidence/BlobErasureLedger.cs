using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using IdLcm.Domain.Erasure;

namespace IdLcm.Functions.Evidence;

/// <summary>
/// The erasure ledger in append blobs, one for each day, as JSON Lines. Its container is apart from the data and is never
/// restored with them; an immutability policy that allows appends makes entries final also for who may write records.
/// </summary>
/// <param name="container">The container.</param>
internal sealed class BlobErasureLedger(BlobContainerClient container) : IErasureLedger
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <inheritdoc/>
    public async Task AppendAsync(ErasureEntry entry, CancellationToken cancellationToken = default)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, Web), (byte)'\n'];
        var blob = container.GetAppendBlobClient(entry.At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + ".jsonl");
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
    public async IAsyncEnumerable<ErasureEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<string> names = [];
        try
        {
            await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, cancellationToken))
            {
                names.Add(blob.Name);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // No container yet: nobody was erased.
        }

        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            using var download = (await container.GetBlobClient(name).DownloadStreamingAsync(new BlobDownloadOptions(), cancellationToken)).Value;
            using var reader = new StreamReader(download.Content, Encoding.UTF8);
            for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
            {
                yield return Read(name, number, line);
            }
        }
    }

    private static async Task AppendAsync(AppendBlobClient blob, byte[] line, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(line);
        await blob.AppendBlockAsync(content, new AppendBlobAppendBlockOptions(), cancellationToken);
    }

    private ErasureEntry Read(string name, int number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize<ErasureEntry>(line, Web) is { IntegrationId: not null, UserId: not null } entry ? entry : throw new JsonException("it names no person");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"Line {number} of the blob '{name}' in the erasure ledger '{container.Name}' is not one ({error.Message}): put it right, then start again.", error);
        }
    }
}
