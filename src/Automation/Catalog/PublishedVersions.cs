using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Catalog;

/// <summary>
/// The hashes of published connector versions: <c>published.json</c> beside the folders of the connectors. Integrations pin a
/// version, so what is published under one never changes; another content is another version.
/// </summary>
public static class PublishedVersions
{
    /// <summary>The file's name.</summary>
    public const string FileName = "published.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The hash of a connector's text: SHA-256 in lower-case hexadecimal, whatever the line ends.</summary>
    /// <param name="text">The YAML.</param>
    /// <returns>The hash.</returns>
    public static string Hash(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))));
    }

    /// <summary>Where the hash of a connector file stands or would stand.</summary>
    /// <param name="connectorFile">The path of <c>id/connector.yaml</c> or <c>id/versions/….yaml</c>.</param>
    /// <returns>The path of <c>published.json</c>, which need not exist.</returns>
    public static string ListOf(string connectorFile)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(connectorFile))!;
        folder = Path.GetFileName(folder) == "versions" ? Path.GetDirectoryName(folder) ?? folder : folder;
        return Path.Combine(Path.GetDirectoryName(folder) ?? folder, FileName);
    }

    /// <summary>Reads a list.</summary>
    /// <param name="list">The path of <c>published.json</c>.</param>
    /// <returns>Hash by <c>id@version</c>; empty where there is no such file.</returns>
    /// <exception cref="JsonException">The file is no object of texts.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Read(string list) =>
        File.Exists(list) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(list)) ?? [] : new Dictionary<string, string>();

    /// <summary>Adds a connector's version to the list beside it.</summary>
    /// <param name="connectorFile">The path of <c>id/connector.yaml</c> or <c>id/versions/….yaml</c>.</param>
    /// <param name="connector">What stands in it.</param>
    /// <returns>True when it was added; false when it stood there already, with the same content.</returns>
    /// <exception cref="InvalidOperationException">The version is published with another content.</exception>
    /// <exception cref="JsonException">The list is no object of texts.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static bool Add(string connectorFile, ConnectorDefinition connector)
    {
        ArgumentNullException.ThrowIfNull(connector);
        var list = ListOf(connectorFile);
        var (key, hash) = (Key(connector), Hash(File.ReadAllText(connectorFile)));
        var published = new SortedDictionary<string, string>(Read(list).ToDictionary(), StringComparer.Ordinal);
        if (published.TryGetValue(key, out var known))
        {
            if (known != hash)
            {
                throw new InvalidOperationException(Changed(connector));
            }

            return false;
        }

        published[key] = hash;
        File.WriteAllText(list, JsonSerializer.Serialize(published, Indented).ReplaceLineEndings("\n") + "\n");
        return true;
    }

    /// <summary>Finds out whether a file says something else than what was published under its version.</summary>
    /// <param name="connectorFile">The file.</param>
    /// <param name="text">What stands in it.</param>
    /// <param name="connector">The same, parsed.</param>
    /// <returns>What is wrong, or null.</returns>
    internal static string? Problem(string connectorFile, string text, ConnectorDefinition connector)
    {
        var list = ListOf(connectorFile);
        try
        {
            return Read(list).TryGetValue(Key(connector), out var hash) && hash != Hash(text) ? Changed(connector) : null;
        }
        catch (JsonException error)
        {
            return $"'{list}' is not an object with the hash of each published version: {error.Message}";
        }
    }

    private static string Key(ConnectorDefinition connector) => $"{connector.Manifest.Id}@{connector.Manifest.Version}";

    private static string Changed(ConnectorDefinition connector) =>
        $"Version {connector.Manifest.Version} is published with another content, and integrations may pin it. Raise the version, and keep the published text as versions/{connector.Manifest.Version}.yaml.";
}
