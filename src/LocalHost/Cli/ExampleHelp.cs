using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace IdLcm.LocalHost.Cli;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does.</param>
/// <param name="examples">Command lines that work as they stand, and notes.</param>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>The lines below "Examples:".</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>Prints the usual help, then the command's examples, and below the root what the exit codes mean.</summary>
/// <param name="usual">The usual help.</param>
internal sealed class ExampleHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private const string ExitCodes =
        """
        Exit codes:
          0    done
          1    what was checked is not as it should be: lint errors, a failed verb or operation
          2    the command line is wrong
          3    data directory or port in use, a file or folder that cannot be used, or the server cannot be reached
          4    the server refused: no access, not found, not valid
          70   a defect of idlcm itself
          130  interrupted
        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        switch (parseResult.CommandResult.Command)
        {
            case ExampleCommand { Examples.Count: > 0 } command:
                output.WriteLine("Examples:");
                foreach (var line in command.Examples)
                {
                    output.WriteLine("  " + line);
                }

                output.WriteLine();
                break;
            case RootCommand:
                output.WriteLine(ExitCodes);
                output.WriteLine();
                break;
            default:
                break;
        }

        return ExitCode.Ok;
    }
}
