using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using IdLcm.Automation.Format;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary><c>idlcm connector new</c>: a connector to start from.</summary>
internal static partial class NewCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var directory = new Argument<string>("directory") { Description = "The folder to make; its name becomes the connector's id" };
        var name = new Option<string?>("--name") { Description = "The app's name as people know it [default: the folder's name]", HelpName = "TEXT" };
        var api = new Option<bool>("--api") { Description = "A connector that calls the app's API rather than using its pages" };
        var command = new ExampleCommand(
            "new",
            "Makes a folder with a connector.yaml to start from and a README.md of questions to answer, and beside it, where there is none, the JSON Schema by which editors complete it.",
            "idlcm connector new apps/acme-crm --name \"Acme CRM\"") { directory, name, api };
        command.SetAction(parsed => Run(parsed.GetValue(directory)!, parsed.GetValue(name), parsed.GetValue(api), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string directory, string? name, bool api, InvocationConfiguration console)
    {
        var id = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        if (!Id().IsMatch(id))
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{id}' cannot be a connector's id: lower-case letters, digits and '-', at most 63.");
        }

        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{directory}' is there already and not empty.");
        }

        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "connector.yaml");
        File.WriteAllText(file, Fill(api ? "connector-api.yaml" : "connector.yaml", id, name ?? id));
        File.WriteAllText(Path.Combine(directory, "README.md"), Fill("README.md", id, name ?? id));
        var schema = Path.Combine(directory, "..", SchemaCommand.FileName);
        if (!File.Exists(schema))
        {
            // The first line of what was written names it.
            File.WriteAllText(schema, ConnectorFile.JsonSchema);
            console.Output.WriteLine($"Wrote {Path.GetRelativePath(Directory.GetCurrentDirectory(), schema)}, by which editors complete and check connectors.");
        }

        console.Output.WriteLine($"Wrote {file}. Say in it what your app's pages say, then: idlcm connector lint {file}");
        return ExitCode.Ok;
    }

    private static string Fill(string template, string id, string name)
    {
        using var reader = new StreamReader(typeof(NewCommand).Assembly.GetManifestResourceStream($"new-{template}")!);
        // JSON's text is YAML's double-quoted text.
        return reader.ReadToEnd().Replace("@ID@", id, StringComparison.Ordinal)
            .Replace("@NAME@", template == "README.md" ? name : JsonSerializer.Serialize(name), StringComparison.Ordinal);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Id();
}
