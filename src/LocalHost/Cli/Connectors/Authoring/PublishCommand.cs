using System.CommandLine;
using System.Text.Json;
using IdLcm.Automation.Catalog;
using IdLcm.Automation.Format;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary><c>idlcm connector publish</c>.</summary>
internal static class PublishCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = ConnectorArgument.Description };
        var command = new ExampleCommand(
            "publish",
            "Writes the hash of a connector's version into published.json beside its folder. From then on lint refuses another content under the same version.",
            "idlcm connector publish apps/acme-crm/connector.yaml") { file };
        command.SetAction(parsed => Run(ConnectorArgument.FileOf(parsed.GetValue(file)!), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string file, InvocationConfiguration console)
    {
        var linted = ConnectorFile.LoadAndLint(file);
        if (linted.Connector is not { } connector)
        {
            foreach (var finding in linted.Diagnostics)
            {
                console.Error.WriteLine(LintCommand.LineOf(finding));
            }

            throw new CommandFailedException(ExitCode.Failed, $"'{file}' has errors; nothing was published.");
        }

        try
        {
            var added = PublishedVersions.Add(file, connector);
            console.Output.WriteLine($"{connector.Manifest.Id} {connector.Manifest.Version} {(added ? "is now" : "was already")} in {Path.GetRelativePath(Directory.GetCurrentDirectory(), PublishedVersions.ListOf(file))}");
            return ExitCode.Ok;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new CommandFailedException(ExitCode.Failed, error.Message);
        }
    }
}
