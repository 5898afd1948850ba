using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace IdLcm.Dev.Processes;

/// <summary>One process, for good: its id may be given to another, its start time then differs.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot (field 22 of <c>/proc/PID/stat</c>).</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>True while it runs; a zombie does not.</summary>
    public bool IsAlive => ProcessTable.Find(Pid) is { } entry && entry.StartTicks == StartTicks && entry.State is not ('Z' or 'X');
}

/// <summary>A line of the process table.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="ParentPid">Its parent.</param>
/// <param name="State">One letter, see proc(5).</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
internal sealed record ProcessEntry(int Pid, int ParentPid, char State, long StartTicks);

/// <summary>The system's processes, as <c>/proc</c> tells.</summary>
internal static partial class ProcessTable
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>Finds a process.</summary>
    /// <param name="pid">Its id.</param>
    /// <returns>The process, or null.</returns>
    public static ProcessEntry? Find(int pid)
    {
        try
        {
            // "pid (name) state ppid …": the name may hold anything, so what follows the last ')' is read.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessEntry(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Identifies a process that was just started.</summary>
    /// <param name="pid">Its id.</param>
    /// <returns>Its identity; one that is not alive where it has ended already.</returns>
    public static ProcessIdentity Identify(int pid) => new(pid, Find(pid)?.StartTicks ?? -1);

    /// <summary>Finds the processes whose environment holds a variable, and their descendants.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The processes, this one never among them.</returns>
    public static List<ProcessIdentity> Marked(string name, string value)
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? Find(pid) : null)
            .OfType<ProcessEntry>()
            .Where(entry => entry.Pid != Environment.ProcessId && entry.State is not ('Z' or 'X'))
            .ToList();
        var wanted = $"\0{name}={value}\0";
        var found = all.Where(entry => EnvironmentOf(entry.Pid).Contains(wanted, StringComparison.Ordinal)).ToDictionary(entry => entry.Pid);
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var entry in all.Where(entry => !found.ContainsKey(entry.Pid) && found.ContainsKey(entry.ParentPid)))
            {
                found[entry.Pid] = entry;
                grown = true;
            }
        }

        return [.. found.Values.Select(entry => new ProcessIdentity(entry.Pid, entry.StartTicks))];
    }

    /// <summary>Asks processes to end, and makes them when they do not in time.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="patience">How long to wait before SIGKILL.</param>
    /// <returns>A task that ends when all are gone.</returns>
    public static async Task StopAsync(IReadOnlyCollection<ProcessIdentity> processes, TimeSpan patience)
    {
        Signal(processes, SigTerm);
        if (!await GoneAsync(processes, patience))
        {
            Signal(processes, SigKill);
            await GoneAsync(processes, TimeSpan.FromSeconds(10));
        }
    }

    private static void Signal(IEnumerable<ProcessIdentity> processes, int signal)
    {
        foreach (var process in processes.Where(process => process.IsAlive))
        {
            // It may have ended since; there is nothing else to do about a failure.
            _ = Kill(process.Pid, signal);
        }
    }

    private static async Task<bool> GoneAsync(IReadOnlyCollection<ProcessIdentity> processes, TimeSpan patience)
    {
        // They need not be children of this process, so there is nothing to wait on.
        var until = DateTime.UtcNow + patience;
        while (processes.Any(process => process.IsAlive))
        {
            if (DateTime.UtcNow > until)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        return true;
    }

    private static string EnvironmentOf(int pid)
    {
        try
        {
            return "\0" + Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")) + "\0";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
