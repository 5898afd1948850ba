using System.Diagnostics;

namespace IdLcm.Dev.Processes;

/// <summary>Starts programs that outlive this one.</summary>
internal static class BackgroundProcess
{
    /// <summary>The environment variable that marks what belongs to a data directory, browsers included.</summary>
    public const string Marker = "IDLCM_DEV_DATA";

    private const long MaxLogBytes = 16 * 1024 * 1024;

    /// <summary>Starts a program in a session of its own, so that neither Ctrl-C nor the end of this terminal reaches it.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="dataDirectory">The data directory that it belongs to.</param>
    /// <param name="log">The log file; its output is appended.</param>
    /// <returns>The process.</returns>
    public static ProcessIdentity Start(IReadOnlyList<string> command, string dataDirectory, string log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        if (new FileInfo(log) is { Exists: true, Length: > MaxLogBytes })
        {
            File.Move(log, log + ".1", overwrite: true);
        }

        string[] script = ["-c", "log=$1; shift; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", log, .. command];
        var start = new ProcessStartInfo("/bin/sh", script) { WorkingDirectory = Repository.Root };
        start.Environment[Marker] = dataDirectory;

        // What the shell that runs this tool says about addresses is not meant for these.
        foreach (var name in new[] { "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_URLS", "URLS", "IDLCM_DATA", "IDLCM_SERVER", "IDLCM_API_KEY" })
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start) ?? throw new DevException(1, $"'{command[0]}' could not be started.");
        return ProcessTable.Identify(process.Id);
    }

    /// <summary>The end of a log file, for an error message.</summary>
    /// <param name="log">The log file.</param>
    /// <param name="lines">How many lines.</param>
    /// <returns>The lines.</returns>
    public static string Tail(string log, int lines = 15)
    {
        try
        {
            return string.Join('\n', File.ReadLines(log).TakeLast(lines));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
