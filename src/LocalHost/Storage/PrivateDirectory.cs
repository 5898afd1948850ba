namespace IdLcm.LocalHost.Storage;

/// <summary>Directories and files that only the service's own user may read.</summary>
internal static class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Creates a directory with mode 0700 where it is missing; one that exists keeps its mode.</summary>
    /// <param name="path">The directory.</param>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }
}
