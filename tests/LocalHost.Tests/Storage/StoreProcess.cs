using System.Diagnostics;

namespace IdLcm.LocalHost.Tests.Storage;

/// <summary>Starts the small program of tests/StoreCrasher.</summary>
internal static class StoreProcess
{
    private static string Program => Path.Combine(AppContext.BaseDirectory, "IdLcm.StoreCrasher.dll");

    public static Process Start(params string[] arguments) => Run("dotnet", [Program, .. arguments]);

    /// <summary>Starts it with its data directory on a disk of its own.</summary>
    public static Process StartOnSmallDisk(string directory, string size, string mode) => Run(
        "unshare",
        ["-rm", "sh", "-c", "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && exec dotnet \"$3\" \"$4\" \"$2\"", "sh", size, directory, Program, mode]);

    /// <summary>Tells whether this system lets a test have a mount of its own.</summary>
    public static async Task<bool> CanMountAsync(string directory)
    {
        try
        {
            using var trial = Run("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", directory]);
            await trial.WaitForExitAsync(TestContext.Current.CancellationToken);
            return trial.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Run(string program, IEnumerable<string> arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
}
