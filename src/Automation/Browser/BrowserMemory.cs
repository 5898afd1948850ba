using System.Globalization;

namespace IdLcm.Automation.Browser;

/// <summary>How much memory a browser takes: it is many processes, and a page's own process is not the one that was started.</summary>
internal static class BrowserMemory
{
    private static readonly string ProcessDirectory = "/proc";

    /// <summary>
    /// Resident bytes of a process and all that descend from it, with memory that they share (the program itself, above all) counted once.
    /// </summary>
    /// <param name="root">The process that was started.</param>
    /// <returns>Bytes, or null where it has ended or this system does not tell (it is read from Linux's proc(5)).</returns>
    public static long? OfTree(int root)
    {
        if (!OperatingSystem.IsLinux() || Resident(root) is null)
        {
            return null;
        }

        var parents = new Dictionary<int, int>();
        foreach (var directory in Directory.EnumerateDirectories(ProcessDirectory))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ParentOf(id) is { } parent)
            {
                parents[id] = parent;
            }
        }

        var tree = parents.Keys.Where(id => Descends(id, root, parents)).Append(root).Distinct().Select(Resident).OfType<(long Own, long Shared)>().ToList();
        return tree.Sum(p => p.Own) + (tree.Count == 0 ? 0 : tree.Max(p => p.Shared));
    }

    private static bool Descends(int id, int root, Dictionary<int, int> parents)
    {
        for (var depth = 0; depth < 64 && parents.TryGetValue(id, out var parent); depth++)
        {
            if (parent == root)
            {
                return true;
            }

            id = parent;
        }

        return false;
    }

    private static int? ParentOf(int id)
    {
        // The second field is the program's name in parentheses, which may itself hold anything.
        var text = Read($"{ProcessDirectory}/{id}/stat");
        var fields = text?[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is [_, var parent, ..] && int.TryParse(parent, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static (long Own, long Shared)? Resident(int id)
    {
        var fields = Read($"{ProcessDirectory}/{id}/statm")?.Split(' ');
        return fields is [_, var all, var shared, ..]
            && long.TryParse(all, NumberStyles.None, CultureInfo.InvariantCulture, out var pages)
            && long.TryParse(shared, NumberStyles.None, CultureInfo.InvariantCulture, out var common)
            ? ((pages - common) * Environment.SystemPageSize, common * Environment.SystemPageSize)
            : null;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended while it was looked at.
            return null;
        }
    }
}
