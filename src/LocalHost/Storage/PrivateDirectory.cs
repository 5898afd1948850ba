namespace IdLcm.LocalHost.Storage;

/// <summary>Directories and files that only the service's own user may read.</summary>
internal static class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode FileOwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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

    /// <summary>Creates a directory where it is missing, and takes it from everybody else if it exists.</summary>
    /// <param name="path">The directory, which holds nothing but the product's own files.</param>
    public static void Own(string path)
    {
        Create(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    /// <summary>Creates an empty file with mode 0600 where it is missing.</summary>
    /// <param name="path">The file.</param>
    public static void CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileOwnerOnly;
        }

        using var file = new FileStream(path, options);
    }
}
