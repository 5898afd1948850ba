using System.Diagnostics;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>What one run of <c>idlcm</c> gave.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public const string PasswordVariable = "SERVICE_PASSWORD";

    /// <summary>Runs <c>idlcm</c> with the sample app's password in the environment.</summary>
    public static Task<CliRun> Of(string password, params string[] arguments) => Of(password, new Dictionary<string, string>(), arguments);

    /// <summary>Runs <c>idlcm</c> with the sample app's password and more in the environment.</summary>
    public static async Task<CliRun> Of(string password, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "idlcm.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment[PasswordVariable] = password;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

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
