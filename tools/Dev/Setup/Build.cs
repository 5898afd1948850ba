using System.Security.Cryptography;
using System.Text;
using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Setup;

/// <summary>What is built.</summary>
/// <param name="Name">The name of its stamp.</param>
/// <param name="Solution">What dotnet builds, from the root.</param>
/// <param name="Folders">The folders that it is built from.</param>
internal sealed record BuildScope(string Name, string Solution, IReadOnlyList<string> Folders)
{
    /// <summary>The embedded edition and the sample app.</summary>
    public static BuildScope Edition { get; } = new("edition", "tools/Dev/edition.slnf", ["src", "samples", "apps"]);

    /// <summary>The whole solution.</summary>
    public static BuildScope Everything { get; } = new("everything", "IdLcm.sln", ["src", "samples", "apps", "tests", "bench", "tools"]);
}

/// <summary>Builds, and does not where nothing changed since: even a build that finds nothing to do takes seconds.</summary>
internal static class Build
{
    private static readonly string[] Shared =
        ["IdLcm.sln", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", ".editorconfig", "NuGet.config", "nuget.config"];

    /// <summary>Builds a scope where something of it changed.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when it is built.</returns>
    /// <exception cref="DevException">It does not build.</exception>
    public static async Task EnsureAsync(BuildScope scope, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "dev"));
        using var turn = await LockAsync(cancellationToken);
        var sources = Fingerprint(scope);
        if (File.Exists(StampOf(scope)) && File.Exists(Repository.Server) && File.Exists(Repository.SampleApp)
            && await File.ReadAllTextAsync(StampOf(scope), cancellationToken) == sources)
        {
            return;
        }

        // Whoever builds everything has built the edition, too.
        var edition = Fingerprint(BuildScope.Edition);

        await Console.Error.WriteLineAsync("Building …");
        await BuildAsync(Path.Combine(Repository.Root, scope.Solution), scope.Name, cancellationToken);
        await File.WriteAllTextAsync(StampOf(scope), sources, cancellationToken);
        await File.WriteAllTextAsync(StampOf(BuildScope.Edition), edition, cancellationToken);
    }

    /// <summary>Builds one project.</summary>
    /// <param name="project">The project file.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when it is built.</returns>
    /// <exception cref="DevException">It does not build.</exception>
    public static async Task ProjectAsync(string project, CancellationToken cancellationToken)
    {
        using var turn = await LockAsync(cancellationToken);
        await BuildAsync(project, Path.GetFileNameWithoutExtension(project), cancellationToken);
    }

    private static async Task BuildAsync(string what, string name, CancellationToken cancellationToken)
    {
        var log = Path.Combine(Repository.Artifacts, "dev", $"build-{name}.log");
        string[] command = [Repository.Dotnet, "build", what, "-c", Repository.Configuration, "-v", "minimal", "-nologo"];
        if (await Command.RunToLogAsync(log, Repository.Root, command, environment: null, cancellationToken) == 0)
        {
            return;
        }

        var lines = await File.ReadAllLinesAsync(log, CancellationToken.None);
        var errors = lines.Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)).Select(line => line.Trim()).Distinct(StringComparer.Ordinal).Take(30).ToList();
        throw new DevException(1, $"The build failed ({log}):\n{string.Join('\n', errors.Count > 0 ? errors : lines.TakeLast(30))}");
    }

    private static string StampOf(BuildScope scope) => Path.Combine(Repository.Artifacts, "dev", scope.Name + ".stamp");

    // Names, sizes and times of the sources: tells of what was removed or put back, too.
    private static string Fingerprint(BuildScope scope)
    {
        var text = new StringBuilder();
        foreach (var file in Shared.Select(name => new FileInfo(Path.Combine(Repository.Root, name))).Where(file => file.Exists))
        {
            Describe(file, text);
        }

        foreach (var folder in scope.Folders.Select(name => new DirectoryInfo(Path.Combine(Repository.Root, name))).Where(folder => folder.Exists))
        {
            Describe(folder, text);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Describe(FileSystemInfo entry, StringBuilder text)
    {
        if (entry is FileInfo file)
        {
            text.Append(file.FullName).Append('|').Append(file.Length).Append('|').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
        }
        else if (entry is DirectoryInfo { Name: not ("bin" or "obj" or "TestResults") } folder)
        {
            foreach (var inner in folder.EnumerateFileSystemInfos().OrderBy(inner => inner.Name, StringComparer.Ordinal))
            {
                Describe(inner, text);
            }
        }
    }

    // Two commands at once must not build into the same folders.
    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Repository.Artifacts, "dev", "build.lock");
        for (var told = false; ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (!told)
                {
                    told = true;
                    await Console.Error.WriteLineAsync("Waiting for another build …");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }
}
