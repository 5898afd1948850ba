using System.CommandLine;
using IdLcm.Automation.Format;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary><c>idlcm connector schema</c>.</summary>
internal static class SchemaCommand
{
    /// <summary>The file that the first line of a connector names for editors.</summary>
    public const string FileName = "idlcm.connector.v1.json";

    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var reference = new Option<bool>("--reference") { Description = "Print the reference page (Markdown) that is made of the schema" };
        var command = new ExampleCommand(
            "schema",
            "Prints the JSON Schema of connectors, for editors that complete and check YAML by it.",
            $"idlcm connector schema > {FileName}") { reference };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(reference) ? ConnectorFile.Reference : ConnectorFile.JsonSchema);
            return ExitCode.Ok;
        });
        return command;
    }
}
