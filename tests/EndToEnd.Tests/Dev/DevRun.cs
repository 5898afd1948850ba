using System.Diagnostics;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>What one run of <c>./dev</c> gave.</summary>
internal sealed record DevRun(int ExitCode, string Output, string Error, TimeSpan Duration)
{
    private static readonly string Root = FindRoot();

    /// <summary>Runs <c>./dev</c> as a script would: no terminal, and the output read to its end, which children must not hold open.</summary>
    public static async Task<DevRun> Of(params string[] arguments)
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Root, "dev"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        return new DevRun(process.ExitCode, await output, await error, Stopwatch.GetElapsedTime(began));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "IdLcm.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("The repository's root was not found.");
        }

        return directory.FullName;
    }
}
