using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary><c>idlcm connector lint</c>.</summary>
internal static class LintCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var paths = new Argument<string[]>("path") { Description = "Connector files, or directories searched for connector.yaml and versions/*.yaml", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format") { Description = "text: file:line:col severity reason; json: an array", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new ExampleCommand(
            "lint",
            "Checks connector files: form, meaning and what a reviewer would object to. Exit code 1 when there are errors.",
            "idlcm connector lint apps",
            "idlcm connector lint acme-crm/connector.yaml --format json") { paths, format };
        command.SetAction(parsed => Run(parsed.GetValue(paths)!, parsed.GetValue(format) == "json", parsed.InvocationConfiguration));
        return command;
    }

    /// <summary>A finding as every command of connectors shows it.</summary>
    /// <param name="finding">The finding.</param>
    /// <returns>One line.</returns>
    public static string LineOf(ConnectorDiagnostic finding) =>
        $"{finding.File}:{finding.Line}:{finding.Column} {Severity(finding)} {finding.Message} [{finding.Rule}]";

    private static int Run(string[] paths, bool json, InvocationConfiguration console)
    {
        var files = paths.SelectMany(Files).Distinct(StringComparer.Ordinal).ToList();
        var findings = files.SelectMany(file => ConnectorFile.LoadAndLint(file).Diagnostics).ToList();
        var errors = findings.Count(finding => finding.Severity == DiagnosticSeverity.Error);
        if (json)
        {
            console.Output.WriteJson(new JsonArray([.. findings.Select(Describe)]));
        }
        else
        {
            foreach (var finding in findings)
            {
                console.Output.WriteLine(LineOf(finding));
            }
        }

        console.Error.WriteLine($"{files.Count} {(files.Count == 1 ? "file" : "files")}: {errors} {(errors == 1 ? "error" : "errors")}, {findings.Count - errors} {(findings.Count - errors == 1 ? "warning" : "warnings")}");
        return errors == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static IEnumerable<string> Files(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new CommandFailedException(ExitCode.Usage, path.StartsWith('-') ? $"'{path}' is no option. See 'idlcm connector lint --help'." : $"'{path}' does not exist.");
        }

        List<string> files =
        [
            .. Directory.EnumerateFiles(path, "*.yaml", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) == "connector.yaml" || Path.GetFileName(Path.GetDirectoryName(file)) == "versions")
                .Order(StringComparer.Ordinal),
        ];
        return files.Count > 0 ? files : throw new CommandFailedException(ExitCode.Usage, $"'{path}' holds no connector.yaml.");
    }

    private static JsonObject Describe(ConnectorDiagnostic finding) => new()
    {
        ["file"] = finding.File,
        ["line"] = finding.Line,
        ["column"] = finding.Column,
        ["severity"] = Severity(finding),
        ["rule"] = finding.Rule,
        ["message"] = finding.Message,
    };

    private static string Severity(ConnectorDiagnostic finding) => finding.Severity == DiagnosticSeverity.Error ? "error" : "warning";
}
