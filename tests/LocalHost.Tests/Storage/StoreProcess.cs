using System.ComponentModel;
using System.Diagnostics;

namespace IdLcm.LocalHost.Tests.Storage;

/// <summary>A run of the small program of tests/StoreCrasher; killed at the latest when disposed of.</summary>
internal sealed class StoreProcess : IDisposable
{
    private readonly Process _process;

    private StoreProcess(string program, IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Errors = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>All that it writes to standard error.</summary>
    public Task<string> Errors { get; }

    /// <summary>Its standard output.</summary>
    public StreamReader Output => _process.StandardOutput;

    private static string Program => Path.Combine(AppContext.BaseDirectory, "IdLcm.StoreCrasher.dll");

    public static StoreProcess Start(params string[] arguments) => new("dotnet", [Program, .. arguments]);

    /// <summary>Starts it with its data directory on a disk of its own.</summary>
    public static StoreProcess StartOnSmallDisk(string directory, string size, string mode) => new(
        "unshare",
        ["-rm", "sh", "-c", "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && exec dotnet \"$3\" \"$4\" \"$2\"", "sh", size, directory, Program, mode]);

    /// <summary>Tells whether this system lets a test have a mount of its own.</summary>
    public static async Task<bool> CanMountAsync(string directory)
    {
        try
        {
            using var trial = new StoreProcess("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", directory]);
            return await trial.ExitAsync() == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Sends SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
