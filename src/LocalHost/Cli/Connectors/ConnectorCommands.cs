using System.CommandLine;
using IdLcm.LocalHost.Cli.Connectors.Authoring;
using IdLcm.LocalHost.Cli.Connectors.Checking;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary><c>idlcm connector …</c>: for the person who writes one. No server is needed.</summary>
internal static class ConnectorCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("connector", "Write, check and try out connectors; no server is needed.") 
    {
        NewCommand.Create(), LintCommand.Create(), ImportCommand.Create(), RunCommand.Create(), CheckCommand.Create(), DiffCommand.Create(), PublishCommand.Create(), SchemaCommand.Create(),
    };
}
