using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.Connectors.Authoring;

/// <summary><c>idlcm connector import</c>: a recording of Chrome's DevTools Recorder as steps.</summary>
internal static class ImportCommand
{
    private const int MaxBytes = 10 * 1024 * 1024;

    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var file = new Argument<string>("recording") { Description = "The recording, exported by the Recorder panel as JSON" };
        var verb = new Option<string>("--verb") { Description = "The verb that the steps are for; a writing one gets its commit mark", DefaultValueFactory = _ => "login", HelpName = "VERB" };
        var value = new Option<string[]>("--input") { Description = "What was typed for an input: the value becomes the placeholder; may be repeated", HelpName = "NAME=VALUE" };
        var command = new ExampleCommand(
            "import",
            "Turns a recording of Chrome's DevTools Recorder (its JSON export) into steps and prints them. Passwords, codes and tokens become placeholders.",
            "idlcm connector import login.json",
            "idlcm connector import invite.json --verb createUser --input email=jo@acme.example --input givenName=Jo") { file, verb, value };
        command.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(verb)!, CommonOptions.Pairs("--input", parsed.GetValue(value)), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string file, string verb, Dictionary<string, string> inputs, InvocationConfiguration console)
    {
        if (new FileInfo(file) is not { Exists: true, Length: <= MaxBytes })
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{file}' does not exist, or is larger than {MaxBytes / 1024 / 1024} MB.");
        }

        JsonNode? recording;
        try
        {
            recording = JsonNode.Parse(File.ReadAllText(file), nodeOptions: null, new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException error)
        {
            throw new CommandFailedException(ExitCode.Failed, $"'{file}' is not JSON: {error.Message}");
        }

        if (recording is not JsonObject { } root || root["steps"] is not JsonArray steps)
        {
            throw new CommandFailedException(ExitCode.Failed, $"'{file}' is not a recording: it has no list of steps. In the Recorder panel choose Export, JSON.");
        }

        foreach (var line in new RecordingImport(verb, inputs).Lines(steps))
        {
            console.Output.WriteLine(line);
        }

        return ExitCode.Ok;
    }
}
