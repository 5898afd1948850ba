using System.CommandLine;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary><c>idlcm connector …</c>: for the person who writes one. No server is needed.</summary>
internal static class ConnectorCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("connector", "Check and try out connectors; no server is needed.") { LintCommand.Create(), RunCommand.Create(), Checking.CheckCommand.Create() };
}
