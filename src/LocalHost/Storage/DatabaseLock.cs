using System.Globalization;

namespace IdLcm.LocalHost.Storage;

/// <summary>Another process owns the data directory.</summary>
/// <param name="message">Who, and what to do.</param>
/// <param name="inner">The operating system's refusal.</param>
internal sealed class DatabaseInUseException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The owner's process id where it is known.</summary>
    public int? OwnerProcessId { get; init; }
}

/// <summary>
/// Makes one process the owner of a data directory. The lock is the kernel's (flock), so it ends with its process
/// however that ends; the file that stays behind means nothing.
/// </summary>
internal sealed class DatabaseLock : IDisposable
{
    private readonly FileStream _file;

    private DatabaseLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="directory">The data directory; it exists.</param>
    /// <returns>The lock, held until disposed.</returns>
    /// <exception cref="DatabaseInUseException">Another process has it.</exception>
    public static DatabaseLock Acquire(string directory)
    {
        var owner = Path.Combine(directory, "idlcm.pid");
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(directory, "idlcm.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException refused) when (IsHeldByAnother(refused))
        {
            var pid = ReadOwner(owner);
            throw new DatabaseInUseException(
                $"The data directory '{directory}' is in use by another idlcm process{(pid is null ? "" : $" (pid {pid})")}. "
                + "One process owns it at a time: stop that one, or give this one another directory with --data.",
                refused) { OwnerProcessId = pid };
        }

        File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DatabaseLock(file);
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => _file.Dispose();

    // EAGAIN of Linux, of macOS, and Windows' sharing violation; .NET has no type of its own for it.
    private static bool IsHeldByAnother(IOException refused) => (refused.HResult & 0xffff) is 11 or 35 or 32;

    private static int? ReadOwner(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
