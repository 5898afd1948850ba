using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.Automation.Diff;
using IdLcm.Automation.Format;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary><c>idlcm connector diff</c>.</summary>
internal static class DiffCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var before = new Argument<string>("old") { Description = "The old version's file, or its folder" };
        var after = new Argument<string>("new") { Description = "The new version's file, or its folder" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand(
            "diff",
            "Says what two versions of a connector differ in: hosts, settings, capabilities, attributes, roles, verbs, steps. Exit code 1 when a change needs a person's attention.",
            "idlcm connector diff apps/acme-crm/versions/1.3.0.yaml apps/acme-crm/connector.yaml") { before, after, json };
        command.SetAction(parsed => Run(parsed.GetValue(before)!, parsed.GetValue(after)!, parsed.GetValue(json), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string before, string after, bool json, InvocationConfiguration console)
    {
        var changes = ConnectorDiff.Compare(Read(ConnectorArgument.FileOf(before)), Read(ConnectorArgument.FileOf(after)))
            ?? throw new CommandFailedException(ExitCode.Failed, "One of the files has errors: idlcm connector lint tells which.");
        if (json)
        {
            console.Output.WriteJson(new JsonArray([.. changes.Select(c => new JsonObject { ["area"] = c.Area, ["breaking"] = c.Breaking, ["message"] = c.Message })]));
        }
        else
        {
            foreach (var change in changes)
            {
                console.Output.WriteLine($"{(change.Breaking ? "attention" : "change   ")}  {change.Area}: {change.Message}");
            }

            if (changes.Count == 0)
            {
                console.Output.WriteLine("No difference.");
            }
        }

        return changes.Any(c => c.Breaking) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static string Read(string file) => ConnectorFile.Load(file).Connector is not null
        ? File.ReadAllText(file)
        : throw new CommandFailedException(ExitCode.Failed, $"'{file}' has errors: idlcm connector lint tells which.");
}
