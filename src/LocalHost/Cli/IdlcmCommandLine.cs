using System.CommandLine;
using System.CommandLine.Help;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Cli.Connectors;
using IdLcm.LocalHost.Cli.Remote;
using IdLcm.LocalHost.Cli.ScimCheck;
using IdLcm.LocalHost.Cli.Serve;
using IdLcm.LocalHost.Storage;

namespace IdLcm.LocalHost.Cli;

/// <summary>The <c>idlcm</c> command line.</summary>
internal static class IdlcmCommandLine
{
    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        var serves = parsed.CommandResult.Command.Name == ServeCommand.Name;
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,

            // The server listens to SIGTERM and SIGINT itself and takes the time that an ordered stop needs.
            ProcessTerminationTimeout = serves ? null : TimeSpan.FromSeconds(2),
        };
        if (parsed.Errors.Count > 0 && parsed.Action is not ExampleHelp)
        {
            var path = string.Join(' ', CommandPath(parsed));
            var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
            await invocation.Error.WriteLineAsync($"idlcm: {OneLine(error.Message)} See '{path} --help'.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (CommandFailedException failed)
        {
            return await FailAsync(invocation, failed.Message, failed.ExitCode);
        }
        catch (DatabaseInUseException inUse)
        {
            return await FailAsync(invocation, inUse.Message, ExitCode.Unavailable);
        }
        catch (RecordStoreUnavailableException unavailable)
        {
            return await FailAsync(invocation, unavailable.Message, ExitCode.Unavailable);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            return await FailAsync(invocation, $"A file or folder cannot be used: {unusable.Message}", ExitCode.Unavailable);
        }
#pragma warning disable CA1031 // The last door: a defect is reported in one line, in full where asked.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            var detail = Environment.GetEnvironmentVariable("IDLCM_DEBUG") is { Length: > 0 } ? defect.ToString() : $"{defect.GetType().Name}: {defect.Message}";
            return await FailAsync(invocation, $"unexpected: {detail} (set IDLCM_DEBUG=1 for all of it)", ExitCode.Defect);
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("IdLCM: a SCIM 2.0 gateway for apps that have none. It drives the app's own admin pages, durably, and proves what it did.")
        {
            ServeCommand.Create(),
            ConnectorCommands.Create(),
            ScimCheckCommand.Create(),
            IntegrationCommands.Create(),
            OperationCommands.Create(),
            SyncCommands.Create(),
            RevokeCommand.Create(),
            ApprovalCommands.Create(),
            AssetCommands.Create(),
            PostureCommands.Create(),
            UserCommands.Create(),
            ActivityCommands.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!);
        return root;
    }

    private static List<string> CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, result.Command is RootCommand ? "idlcm" : result.Command.Name);
        }

        return names;
    }

    private static async Task<int> FailAsync(InvocationConfiguration invocation, string message, int exitCode)
    {
        await invocation.Error.WriteLineAsync($"idlcm: {OneLine(message)}");
        return exitCode;
    }

    private static string OneLine(string message) =>
        string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
