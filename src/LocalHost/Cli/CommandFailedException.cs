namespace IdLcm.LocalHost.Cli;

/// <summary>Ends a command with one line on standard error.</summary>
/// <param name="exitCode">The exit code, see <see cref="Cli.ExitCode"/>.</param>
/// <param name="message">What was wrong, with what value, and what to do.</param>
internal sealed class CommandFailedException(int exitCode, string message) : Exception(message)
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
