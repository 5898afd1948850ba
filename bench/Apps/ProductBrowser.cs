using System.Globalization;
using IdLcm.Automation.Browser;

namespace IdLcm.Bench.Apps;

/// <summary>The Chromium that this process had started; Linux.</summary>
internal static class ProductBrowser
{
    private const string Program = "chrom";

    /// <summary>Its first process, the newest where there are several; null when none runs.</summary>
    public static int? ProcessId()
    {
        var all = new Dictionary<int, (string Name, int Parent)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Read(id) is { } process)
            {
                all[id] = process;
            }
        }

        return all.Where(p => IsBrowser(p.Value) && !(all.TryGetValue(p.Value.Parent, out var parent) && IsBrowser(parent)) && IsOurs(p.Key))
            .Select(p => (int?)p.Key).Max();

        static bool IsBrowser((string Name, int Parent) process) => process.Name.StartsWith(Program, StringComparison.Ordinal);

        bool IsOurs(int id) => id == Environment.ProcessId || (all.TryGetValue(id, out var process) && IsOurs(process.Parent));
    }

    /// <summary>Resident MB of all its processes, shared memory once.</summary>
    public static double Megabytes() => BrowserMemory.OfTree(ProcessId() ?? 0) is { } bytes
        ? bytes / (1024.0 * 1024)
        : throw new InvalidOperationException("No browser is found to measure.");

    private static (string Name, int Parent)? Read(int id)
    {
        try
        {
            // The second field is the program's name in parentheses, which may itself hold anything.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var end = text.LastIndexOf(')');
            return (text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end], int.Parse(text[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It ended while it was looked at.
            return null;
        }
    }
}
