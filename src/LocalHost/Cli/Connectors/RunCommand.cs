using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary><c>idlcm connector run</c>: the options of one verb run for real.</summary>
internal static class RunCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = ConnectorArgument.Description };
        var verb = new Argument<string>("verb") { Description = "The verb, for example listUsers; login only signs in" };
        var set = new Option<string[]>("--set") { Description = "A setting that the connector asks for; may be repeated", HelpName = "NAME=VALUE" };
        var account = new TrialAccountOptions();
        var input = new Option<string[]>("--input") { Description = "An input of the verb; may be repeated; lists (roles, entitlements) are separated by ','", HelpName = "NAME=VALUE" };
        var headed = new Option<bool>("--headed") { Description = "Show the browser's window" };
        var untilCommit = new Option<bool>("--until-commit") { Description = "Stop before the step that cannot be taken back" };
        var trace = new Option<bool>("--trace") { Description = "Keep a Playwright trace and screenshots of a successful run too" };
        var evidence = new Option<string?>("--evidence") { Description = "Where screenshots, page source and traces go [default: ./evidence when there are any]", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand(
            "run",
            "Runs one verb of a connector against the real app and prints its steps and rows. Exit code 1 when it fails.",
            "PW=… idlcm connector run acme-crm/connector.yaml listUsers --set tenant=acme --user svc@acme.example --password-env PW",
            "PW=… idlcm connector run acme-crm/connector.yaml createUser --set tenant=acme --user svc@acme.example --password-env PW \\",
            "       --input email=jo@acme.example --input givenName=Jo --input roles=Editor --until-commit --headed")
        {
            file, verb, set, input, headed, untilCommit, trace, evidence, json,
        };
        account.AddTo(command);
        command.SetAction((parsed, cancellationToken) => VerbTrial.RunAsync(
            new VerbTrialOptions
            {
                Verb = Verb(parsed.GetValue(verb)!),
                Settings = CommonOptions.Pairs("--set", parsed.GetValue(set)),
                Account = account.Read(parsed),
                File = ConnectorArgument.FileOf(parsed.GetValue(file)!),
                Inputs = Inputs(CommonOptions.Pairs("--input", parsed.GetValue(input))),
                Headed = parsed.GetValue(headed),
                UntilCommit = parsed.GetValue(untilCommit),
                Trace = parsed.GetValue(trace),
                EvidenceDirectory = parsed.GetValue(evidence) ?? "evidence",
                Json = parsed.GetValue(json),
            },
            parsed.InvocationConfiguration,
            cancellationToken));
        return command;
    }

    private static ConnectorVerb Verb(string text) =>
        Enum.GetNames<ConnectorVerb>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found
            ? Enum.Parse<ConnectorVerb>(found)
            : throw new CommandFailedException(
                ExitCode.Usage, $"There is no verb '{text}'. The verbs are {string.Join(", ", Enum.GetNames<ConnectorVerb>().Select(name => char.ToLowerInvariant(name[0]) + name[1..]))}.");

    private static JsonObject Inputs(Dictionary<string, string> pairs) => new(pairs.Select(pair => KeyValuePair.Create(
        pair.Key,
        pair.Key is "roles" or "entitlements"
            ? new JsonArray([.. pair.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(value => (JsonNode)value)])
            : (JsonNode?)pair.Value)));
}
