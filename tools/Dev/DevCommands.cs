using IdLcm.Dev.Demo;
using IdLcm.Dev.Processes;
using IdLcm.Dev.Setup;
using IdLcm.Dev.Testing;
using IdLcm.Dev.Up;
using IdLcm.LocalHost.Cli.Remote;

namespace IdLcm.Dev;

/// <summary>The commands of <c>./dev</c>.</summary>
internal static class DevCommands
{
    private const string Usage =
        """
        ./dev COMMAND

          up [--detach] [--data DIR] [--port N]   start the gateway and the sample app, connected; streams what happens until Ctrl-C.
                                                  --detach returns when all is ready and prints one line of JSON
          down [--data DIR]                       stop what 'up' started
          demo                                    a person joins, moves and leaves, told as it happens; leaves nothing behind
          test [--filter X] [PROJECT…]            build everything, run the tests
          test --apps                             install and start the real apps of the catalog, run their connectors' checklists
          lint                                    check the connectors of the catalog
          bench [NAME [ARGS…]]                    run a benchmark; without a name, list them
          format [--check]                        format the code, or only check it
          setup                                   install what is missing and build

        Exit codes: 0 done; 1 a check failed; 2 wrong usage or a missing prerequisite; 3 a port or directory is in use; 130 interrupted.
        """;

    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupt = new Interrupt();
        try
        {
            return args switch
            {
                ["up", .. var rest] => await UpCommand.RunAsync(UpOptions.Parse(rest), interrupt.Token),
                ["down", .. var rest] => await DownCommand.RunAsync(UpOptions.Parse(rest, forDown: true)),
                ["demo"] => await DemoCommand.RunAsync(interrupt.Token),
                ["test", .. var rest] => await TestCommand.RunAsync(rest, interrupt.Token),
                ["lint"] => await RepositoryCommands.LintAsync(interrupt.Token),
                ["bench", .. var rest] => await RepositoryCommands.BenchAsync(rest, interrupt.Token),
                ["format"] => await RepositoryCommands.FormatAsync(check: false, interrupt.Token),
                ["format", "--check"] => await RepositoryCommands.FormatAsync(check: true, interrupt.Token),
                ["setup"] => await RepositoryCommands.SetupAsync(interrupt.Token),
                ["help" or "--help" or "-h"] => Help(),
                [] => throw new DevException(2, $"A command is needed.\n{Usage}"),
                _ => throw new DevException(2, $"'{string.Join(' ', args)}' is no command.\n{Usage}"),
            };
        }
        catch (DevException failed)
        {
            await Console.Error.WriteLineAsync($"dev: {failed.Message}");
            return failed.ExitCode;
        }
        catch (ManagementException failed)
        {
            await Console.Error.WriteLineAsync($"dev: {failed.Message}");
            return failed.Status is null ? 3 : 1;
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return 130;
        }
    }

    private static int Help()
    {
        Console.Out.WriteLine(Usage);
        return 0;
    }
}

/// <summary>Ends the command with a message.</summary>
/// <param name="exitCode">The exit code.</param>
/// <param name="message">What was wrong, and what to do.</param>
internal sealed class DevException(int exitCode, string message) : Exception(message)
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
