using System.Text.Json;

namespace IdLcm.LocalHost.Secrets;

/// <summary>The content of a secret's file. It holds ciphertext only.</summary>
/// <param name="Current">The promoted version, or null before the first promotion.</param>
/// <param name="Versions">The versions by identifier.</param>
internal sealed record SecretFile(string? Current, IReadOnlyDictionary<string, SecretVersion> Versions)
{
    /// <summary>A secret without versions.</summary>
    public static SecretFile Empty { get; } = new(Current: null, new Dictionary<string, SecretVersion>(StringComparer.Ordinal));

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="content">The bytes.</param>
    /// <returns>The secret.</returns>
    /// <exception cref="JsonException">The file is damaged.</exception>
    public static SecretFile Parse(ReadOnlySpan<byte> content) =>
        JsonSerializer.Deserialize<SecretFile>(content) ?? throw new JsonException("The file is empty.");

    /// <summary>Writes the file's bytes.</summary>
    /// <returns>The bytes.</returns>
    public byte[] Format() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Adds or replaces a version.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="version">The version.</param>
    /// <returns>The changed secret.</returns>
    public SecretFile With(string id, SecretVersion version) => this with
    {
        Versions = new Dictionary<string, SecretVersion>(Versions, StringComparer.Ordinal) { [id] = version },
    };
}

/// <summary>One version of a secret.</summary>
/// <param name="Created">When it was stored.</param>
/// <param name="Ciphertext">The protected value; null once the version is disabled, so that not even the keys bring it back.</param>
internal sealed record SecretVersion(DateTimeOffset Created, byte[]? Ciphertext);
