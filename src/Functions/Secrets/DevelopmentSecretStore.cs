using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Secrets;

/// <summary>
/// Secrets beside the records of a storage emulator, for development where there is no Key Vault. They are not encrypted:
/// registered with an emulator only, whose key everybody knows anyway.
/// </summary>
/// <param name="store">The record store of the emulator.</param>
internal sealed partial class DevelopmentSecretStore(IRecordStore store) : ISecretStore
{
    private const string Partition = "development-secrets";
    private const int MaxValueBytes = 25 * 1024;

    /// <inheritdoc/>
    public async Task<SecretValue?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        var (current, _) = await ReadAsync(Fold(name), "current", cancellationToken);
        return current is null ? null : await GetVersionAsync(name, current, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SecretValue?> GetVersionAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        if (!IsVersion(version))
        {
            return null;
        }

        var (value, _) = await ReadAsync(name, version, cancellationToken);
        return value is null ? null : new SecretValue(value, version);
    }

    /// <inheritdoc/>
    public async Task<string> SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        if (Encoding.UTF8.GetByteCount(value) > MaxValueBytes)
        {
            throw new ArgumentException($"The value of the secret '{name}' is larger than {MaxValueBytes} bytes.", nameof(value));
        }

        var version = Guid.CreateVersion7().ToString("N");
        await store.CommitAsync(Partition, [RecordChange.Insert(Row(name, version), Encode(value))], cancellationToken);
        return version;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no such version, or it is disabled.</exception>
    public Task PromoteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        return Optimistic.RunAsync(
            async () =>
            {
                var (value, etag) = IsVersion(version) ? await ReadAsync(name, version, cancellationToken) : default;
                if (value is null)
                {
                    throw new InvalidOperationException($"The secret '{name}' has no enabled version '{version}' to promote.");
                }

                var result = await store.CommitAsync(
                    Partition, [RecordChange.Check(Row(name, version), etag!), RecordChange.Upsert(Row(name, "current"), Encode(version))], cancellationToken);
                return (result.Committed, true);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DisableAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        if (IsVersion(version))
        {
            await store.CommitAsync(Partition, [RecordChange.DeleteIfExists(Row(name, version))], cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        name = Fold(name);
        while (true)
        {
            var page = await store.QueryAsync(Partition, RowRange.Prefix(name + ":"), RecordLimits.MaxChangesPerCommit, null, cancellationToken);
            if (page.Records.Count == 0)
            {
                return;
            }

            await store.CommitAsync(Partition, [.. page.Records.Select(static record => RecordChange.DeleteIfExists(record.Row))], cancellationToken);
        }
    }

    private static string Fold(string name) =>
        name.Length is > 0 and <= 127 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? name.ToLowerInvariant()
            : throw new ArgumentException("A secret's name has 1 to 127 letters, digits and '-'.", nameof(name));

    private static bool IsVersion(string version) => Guid.TryParseExact(version, "N", out _);

    private static string Row(string name, string version) => $"{name}:{version}";

    private static byte[] Encode(string value) => JsonSerializer.SerializeToUtf8Bytes(value, StringJson.Default.String);

    private async Task<(string? Value, string? ETag)> ReadAsync(string name, string version, CancellationToken cancellationToken)
    {
        var record = await store.GetAsync(Partition, Row(name, version), cancellationToken);
        return record is null ? default : (JsonSerializer.Deserialize(record.Value.Span, StringJson.Default.String), record.ETag);
    }

    [JsonSerializable(typeof(string))]
    private sealed partial class StringJson : JsonSerializerContext;
}
