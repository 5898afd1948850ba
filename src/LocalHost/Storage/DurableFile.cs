using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IdLcm.LocalHost.Storage;

/// <summary>Writes whole files so that after a crash the old or the new content is there, never a part.</summary>
internal static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates a file of mode 0600 that does not exist yet.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The stream to write it with; end with <see cref="Publish"/>.</returns>
    public static FileStream CreateTemporary(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <summary>Syncs a temporary file, gives it its name, and syncs the directory.</summary>
    /// <param name="temporary">The open temporary file; closed when this returns.</param>
    /// <param name="path">The name, in the same file system; a file of that name is replaced.</param>
    public static void Publish(FileStream temporary, string path)
    {
        temporary.Flush(flushToDisk: true);
        temporary.Dispose();
        File.Move(temporary.Name, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes the entries of a directory (creations, renames, deletions) durable.</summary>
    /// <param name="path">The directory.</param>
    public static void SyncDirectory(string path)
    {
        // Windows has no such call and does not need it: NTFS journals its directories.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // .NET refuses to open a directory, hence the system calls themselves (open(2), fsync(2)).
        using var directory = Open(path, flags: 0);
        if (directory.IsInvalid || Sync(directory) != 0)
        {
            throw new IOException($"The directory '{path}' could not be synced (errno {Marshal.GetLastPInvokeError()}).");
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(SafeFileHandle file);
}
