namespace IdLcm.LocalHost.Tests.Storage;

/// <summary>A data directory of a test's own, deleted with it.</summary>
internal sealed class DataDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("idlcm-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
