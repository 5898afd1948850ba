namespace IdLcm.LocalHost.Hosting;

/// <summary>Small files that only their owner may read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file with mode 0600 under a temporary name and then gives it its own: readers see the old content or the new.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its content.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(temporary);
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
