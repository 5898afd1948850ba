namespace IdLcm.Bench;

/// <summary>Where the benches find what they run.</summary>
internal static class Repository
{
    /// <summary>The connectors that ship with the product.</summary>
    public static string Catalog => Path.Combine(Root, "apps");

    private static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "IdLcm.sln")))
            {
                directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Run the bench from a clone of the repository.");
            }

            return directory;
        }
    }

    /// <summary>Makes a directory that is removed with the result.</summary>
    public static Scratch NewScratch() => new();

    internal sealed class Scratch : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("idlcm-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
