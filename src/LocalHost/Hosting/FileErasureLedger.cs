using System.Runtime.CompilerServices;
using System.Text.Json;
using IdLcm.Domain.Erasure;

namespace IdLcm.LocalHost.Hosting;

/// <summary>The erasure ledger as a file of JSON Lines, mode 0600, each line on the disk before its erasure counts as done.</summary>
/// <param name="path">The file; it is made by the first erasure.</param>
internal sealed class FileErasureLedger(string path) : IErasureLedger
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private readonly Lock turn = new();

    /// <inheritdoc/>
    public Task AppendAsync(ErasureEntry entry, CancellationToken cancellationToken = default)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (turn)
        {
            using var file = new FileStream(path, options);
            if (file.Length > 0)
            {
                // A line that a crash has cut short must not swallow the next one.
                file.Seek(-1, SeekOrigin.End);
                if (file.ReadByte() != '\n')
                {
                    file.WriteByte((byte)'\n');
                }
            }

            file.Write([.. JsonSerializer.SerializeToUtf8Bytes(entry, Web), (byte)'\n']);
            file.Flush(flushToDisk: true);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ErasureEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        var number = 0;
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Read(line, number);
            }
        }
    }

    private ErasureEntry Read(string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<ErasureEntry>(line, Web) is { IntegrationId: not null, UserId: not null } entry ? entry : throw new JsonException("it names no person");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"Line {number} of the erasure ledger '{path}' is not one ({error.Message}): put it right or take it out, then start again.", error);
        }
    }
}
