namespace IdLcm.Dev;

/// <summary>Where things are in this repository.</summary>
internal static class Repository
{
    /// <summary>The build configuration of everything that <c>./dev</c> builds: one, so that nothing is built twice.</summary>
    public const string Configuration = "Release";

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("IDLCM_ROOT") is { Length: > 0 } root ? Path.GetFullPath(root) : FindRoot();

    /// <summary>What the tool itself writes: logs, stamps, test results.</summary>
    public static string Artifacts { get; } = Path.Combine(Root, "artifacts");

    /// <summary>The dotnet that runs this tool.</summary>
    public static string Dotnet { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    /// <summary>The server, built.</summary>
    public static string Server { get; } = Output("src/LocalHost", "idlcm.dll");

    /// <summary>The sample app, built.</summary>
    public static string SampleApp { get; } = Output("samples/SampleApp", "sample-app.dll");

    /// <summary>A built file of a project.</summary>
    /// <param name="project">The project's folder, from the root.</param>
    /// <param name="file">The file.</param>
    /// <returns>The path.</returns>
    public static string Output(string project, string file) => Path.Combine(Root, project, "bin", Configuration, "net10.0", file);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "IdLcm.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DevException(2, "The repository was not found: run ./dev in it.");
    }
}
