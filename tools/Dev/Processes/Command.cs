using System.Diagnostics;

namespace IdLcm.Dev.Processes;

/// <summary>Runs programs to their end.</summary>
internal static class Command
{
    /// <summary>Runs a program on this terminal.</summary>
    /// <param name="directory">Its working directory.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="cancellationToken">Kills it with its children.</param>
    /// <returns>Its exit code.</returns>
    public static Task<int> RunAsync(string directory, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        RunAsync(directory, command, environment: null, cancellationToken);

    /// <summary>Runs a program with its output in a log file and nothing on its standard input.</summary>
    /// <param name="log">The log file, replaced.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="environment">What is added to the environment.</param>
    /// <param name="cancellationToken">Kills it with its children.</param>
    /// <returns>Its exit code.</returns>
    public static Task<int> RunToLogAsync(
        string log, string directory, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);

        // Written by a shell, not piped through here: a build server that outlives its build would keep a pipe open.
        return RunAsync(directory, ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. command], environment, cancellationToken);
    }

    private static async Task<int> RunAsync(
        string directory, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = directory };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new DevException(1, $"'{command[0]}' could not be started.");
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }
}
