namespace IdLcm.LocalHost.Tests.Storage;

internal static class FileModes
{
    /// <summary>Opens a directory to everybody.</summary>
    public static void OpenToAll(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        }
    }

    /// <summary>Asserts that a directory and all that is in it are readable for nobody but their owner.</summary>
    public static void AssertPrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        var entries = Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory).ToList();
        Assert.Contains(entries, File.Exists);
        AssertPrivate(entries);
    }

    /// <summary>Asserts that directories and files are readable for nobody but their owner.</summary>
    public static void AssertPrivate(IEnumerable<string> entries)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var entry in entries)
        {
            var expected = UnixFileMode.UserRead | UnixFileMode.UserWrite | (Directory.Exists(entry) ? UnixFileMode.UserExecute : UnixFileMode.None);
            Assert.Equal((entry, expected), (entry, File.GetUnixFileMode(entry)));
        }
    }
}
