using System.Collections.Frozen;
using IdLcm.Automation.Diff;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Catalog;

/// <summary>
/// The connectors of some directories: <c>id/connector.yaml</c> is the newest version, <c>id/versions/*.yaml</c> hold
/// older ones that integrations may still pin. A faulty file hides no other.
/// </summary>
public sealed class FileConnectorCatalog : IConnectorCatalog
{
    private readonly IReadOnlyList<string> directories;
    private readonly string? ownDirectory;
    private readonly Lock writing = new();
    private volatile Contents contents;

    /// <summary>Reads the directories.</summary>
    /// <param name="directories">Directories with one folder for each connector; a later one wins where both have the same id and version.</param>
    /// <param name="ownDirectory">The one of them into which approved versions are written; null for none.</param>
    public FileConnectorCatalog(IReadOnlyList<string> directories, string? ownDirectory = null)
    {
        this.directories = directories;
        this.ownDirectory = ownDirectory;
        contents = Read();
    }

    /// <summary>What is wrong with the files that were read.</summary>
    public IReadOnlyList<ConnectorDiagnostic> Diagnostics => contents.Diagnostics;

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorManifest> List() => contents.Newest;

    /// <inheritdoc/>
    public ConnectorManifest? Find(string id, string? version = null) => Definition(id, version)?.Manifest;

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorManifest> Versions(string id) =>
        contents.ById.TryGetValue(id, out var versions) ? [.. versions.Select(d => d.Manifest)] : [];

    /// <inheritdoc/>
    public IReadOnlyList<ConnectorChange>? Compare(string id, string from, string to)
    {
        var texts = contents.Texts;
        return texts.TryGetValue((id, from), out var before) && texts.TryGetValue((id, to), out var after) ? ConnectorDiff.Compare(before, after) : null;
    }

    /// <inheritdoc/>
    public RepairedConnector Repair(string id, string version, LocatorRepair repair)
    {
        if (ownDirectory is null)
        {
            return new(null, $"This gateway's connectors come with its deployment: write {repair.Words()} before {repair.Wanted} in line {repair.Line} of {id} {version} there, under a new version.");
        }

        lock (writing)
        {
            var next = Next(id, version);
            var texts = contents.Texts;
            if (!texts.TryGetValue((id, version), out var text) || ConnectorRepair.Apply(text, repair, next) is not { } repaired)
            {
                return new(null, $"{id} {version} is not in the catalog any more as it was when the step failed.");
            }

            if (Versions(id).FirstOrDefault(made => texts[(id, made.Version)] == ConnectorRepair.Apply(text, repair, made.Version)) is { } already)
            {
                return new(already.Version, null);
            }

            try
            {
                var folder = Directory.CreateDirectory(Path.Combine(ownDirectory, id, "versions")).FullName;
                var (file, draft) = (Path.Combine(folder, $"{next}.yaml"), Path.Combine(folder, $"{next}.draft"));
                File.WriteAllText(draft, repaired);
                File.Move(draft, file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return new(null, $"The new version could not be written: {error.Message}");
            }

            Reload();
            return new(next, null);
        }
    }

    /// <summary>The next version that is free, with the last number raised.</summary>
    private string Next(string id, string version)
    {
        var parts = version.Split('-', '+')[0].Split('.');
        var patch = System.Numerics.BigInteger.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture);
        string next;
        do
        {
            next = $"{parts[0]}.{parts[1]}.{++patch}";
        }
        while (contents.Texts.ContainsKey((id, next)));
        return next;
    }

    /// <summary>A parsed connector.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="version">The pinned version, or null for the newest.</param>
    /// <returns>The connector, or null where the catalog has none.</returns>
    public ConnectorDefinition? Definition(string id, string? version = null) =>
        contents.ById.TryGetValue(id, out var versions)
            ? version is null ? versions[0] : versions.FirstOrDefault(d => d.Manifest.Version == version)
            : null;

    /// <summary>Reads the directories again; runs under way keep what they have.</summary>
    public void Reload() => contents = Read();

    private Contents Read()
    {
        var found = new Dictionary<(string Id, string Version), ConnectorDefinition>();
        var texts = new Dictionary<(string Id, string Version), string>();
        var diagnostics = new List<ConnectorDiagnostic>();
        foreach (var file in directories.Where(Directory.Exists).SelectMany(Files))
        {
            var result = ConnectorFile.Load(file);
            diagnostics.AddRange(result.Diagnostics);
            if (result.Connector is { } connector)
            {
                var key = (connector.Manifest.Id, connector.Manifest.Version);
                found[key] = connector;
                texts[key] = File.ReadAllText(file);
            }
        }

        var byId = found.Values.GroupBy(d => d.Manifest.Id, StringComparer.Ordinal).ToFrozenDictionary(
            g => g.Key, IReadOnlyList<ConnectorDefinition> (g) => [.. g.OrderByDescending(d => d.Manifest.Version, VersionOrder.Instance)], StringComparer.Ordinal);
        return new(
            byId,
            texts.ToFrozenDictionary(),
            [.. byId.Values.Select(v => v[0].Manifest).OrderBy(m => m.AppName, StringComparer.OrdinalIgnoreCase)],
            diagnostics);
    }

    private static IEnumerable<string> Files(string directory) =>
        Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal).SelectMany(folder =>
        {
            var versions = Path.Combine(folder, "versions");
            var older = Directory.Exists(versions) ? Directory.EnumerateFiles(versions, "*.yaml").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
            var newest = Path.Combine(folder, "connector.yaml");
            return File.Exists(newest) ? older.Append(newest) : older;
        });

    private sealed record Contents(
        FrozenDictionary<string, IReadOnlyList<ConnectorDefinition>> ById,
        FrozenDictionary<(string Id, string Version), string> Texts,
        IReadOnlyList<ConnectorManifest> Newest,
        IReadOnlyList<ConnectorDiagnostic> Diagnostics);
}

/// <summary>Precedence of semantic versions (semver.org, section 11).</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (core, pre) = Split(x ?? "");
        var (otherCore, otherPre) = Split(y ?? "");
        for (var i = 0; i < 3; i++)
        {
            var difference = Part(core, i).CompareTo(Part(otherCore, i));
            if (difference != 0)
            {
                return difference;
            }
        }

        return (pre.Length, otherPre.Length) switch
        {
            (0, 0) => 0,
            (0, _) => 1,
            (_, 0) => -1,
            _ => ComparePre(pre.Split('.'), otherPre.Split('.')),
        };
    }

    private static (string[] Core, string Pre) Split(string version)
    {
        var dash = version.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? (version.Split('.'), "") : (version[..dash].Split('.'), version[(dash + 1)..]);
    }

    private static System.Numerics.BigInteger Part(string[] parts, int index) =>
        index < parts.Length && System.Numerics.BigInteger.TryParse(parts[index], out var number) ? number : 0;

    private static int ComparePre(string[] a, string[] b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var (numberA, numberB) = (System.Numerics.BigInteger.TryParse(a[i], out var m), System.Numerics.BigInteger.TryParse(b[i], out var n));
            var difference = (numberA, numberB) switch
            {
                (true, true) => m.CompareTo(n),
                (true, false) => -1,
                (false, true) => 1,
                _ => string.CompareOrdinal(a[i], b[i]),
            };
            if (difference != 0)
            {
                return difference;
            }
        }

        return a.Length.CompareTo(b.Length);
    }
}
