using System.Diagnostics;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>What one run of <c>idlcm</c> gave.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public const string PasswordVariable = "SERVICE_PASSWORD";

    /// <summary>Runs <c>idlcm</c> with the sample app's password in the environment.</summary>
    public static async Task<CliRun> Of(string password, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment[PasswordVariable] = password;
        using var process = Process.Start(start)!;
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

        return new CliRun(process.ExitCode, await output, await error);
    }
}
