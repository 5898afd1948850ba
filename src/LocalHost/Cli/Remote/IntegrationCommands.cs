using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm integration …</c>.</summary>
internal static class IntegrationCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("integration", "Integrations of a running server.") { CreateCommand(), ListCommand(), ShowCommand(), HistoryCommand(),
        IntegrationPolicyCommands.SafeguardCommand(), IntegrationPolicyCommands.ScheduleCommand(),
        SwitchCommand("observe", "observe-only", "Lets an integration only show what it would do.", Observes), SwitchCommand("promote", "promote", "Lets an integration do what it shows.", Observes),
        SwitchCommand("pause", "pause", "Stops all writes of an integration; what is queued is kept.", Pauses), SwitchCommand("resume", "resume", "Ends a pause.", Pauses),
    };

    private static string Observes(JsonObject integration) => integration.Text("observeOnly.reason") is { } why ? $"It only observes: {why}" : "It does what it shows.";

    private static string Pauses(JsonObject integration) => integration.Text("paused.reason") is { } why ? $"It is paused: {why}" : "It is not paused.";

    private static Command SwitchCommand(string name, string path, string description, Func<JsonObject, string> told)
    {
        var id = new Argument<string>("integration") { Description = "The integration's id" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity", Required = true, HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand(name, description, $"idlcm integration {name} k3v7q2m5x4a6b7c2 --reason 'Plan and drift looked at'") { id, reason },
            async (call, cancellationToken) =>
            {
                var answer = await call.Client.SendAsync(
                    HttpMethod.Post, $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(id)!)}/{path}", new JsonObject { ["reason"] = call.Parsed.GetValue(reason) }, cancellationToken);
                call.Show(answer, told(answer));
                return ExitCode.Ok;
            });
    }

    private static Command HistoryCommand()
    {
        var id = new Argument<string>("integration") { Description = "The integration's id" };
        var limit = Limit();
        return RemoteCommand.Attach(
            new ExampleCommand("history", "Lists the statuses that an integration had, newest first.", "idlcm integration history k3v7q2m5x4a6b7c2") { id, limit },
            async (call, cancellationToken) =>
            {
                var items = await call.Client.ListAsync($"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(id)!)}/status-history", call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("STATUS", "SINCE", "UNTIL");
                foreach (var item in items)
                {
                    table.Add(item.Text("status"), item.Time("since"), item.Time("until"));
                }

                table.Write(call.Output, "No status was noted yet.");
                return ExitCode.Ok;
            });
    }

    private static Command CreateCommand()
    {
        var name = new Option<string>("--name") { Description = "The name that administrators see", Required = true, HelpName = "TEXT" };
        var app = new Option<string>("--app") { Description = "The connector's id", Required = true, HelpName = "ID" };
        var set = new Option<string[]>("--set") { Description = "A setting that the connector asks for; may be repeated", HelpName = "NAME=VALUE" };
        var user = new Option<string>("--service-user") { Description = "User name of the service account", Required = true, HelpName = "TEXT" };
        var passwordEnv = new Option<string?>("--service-password-env") { Description = "Environment variable that holds its password", HelpName = "VAR" };
        var passwordStdin = new Option<bool>("--service-password-stdin") { Description = "Read its password from standard input" };
        var totpEnv = new Option<string?>("--totp-env") { Description = "Environment variable that holds its TOTP secret (Base32)", HelpName = "VAR" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the validation has ended; exit code 1 when it did not pass" };
        var command = new ExampleCommand(
            "create",
            "Creates an integration and starts its validation; prints its SCIM base URL and its gateway token, shown this once.",
            "SVC=… idlcm integration create --name 'CRM' --app acme-crm --set tenant=acme --service-user svc@acme.example --service-password-env SVC --wait",
            "pass show crm/svc | idlcm integration create --name CRM --app acme-crm --set tenant=acme --service-user svc@acme.example --service-password-stdin")
        {
            name, app, set, user, passwordEnv, passwordStdin, totpEnv, wait,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(passwordEnv) is null == !result.GetValue(passwordStdin))
            {
                result.AddError("One of --service-password-env and --service-password-stdin is needed.");
            }
        });
        return RemoteCommand.Attach(command, async (call, cancellationToken) =>
        {
            var parsed = call.Parsed;
            var password = parsed.GetValue(passwordStdin)
                ? (await Console.In.ReadLineAsync(cancellationToken) ?? "").TrimEnd('\r')
                : CommonOptions.Secret("--service-password-env", parsed.GetValue(passwordEnv));
            var request = IntegrationRequest.Create(
                parsed.GetValue(name)!,
                parsed.GetValue(app)!,
                CommonOptions.Pairs("--set", parsed.GetValue(set)),
                parsed.GetValue(user)!,
                password!,
                CommonOptions.Secret("--totp-env", parsed.GetValue(totpEnv)));
            var created = await call.Client.SendAsync(HttpMethod.Post, "api/integrations", request, cancellationToken);
            WriteCreated(call, created);
            return parsed.GetValue(wait) && created.Text("validationOperationId") is { } operation
                ? await OperationCommands.WaitAsync(call, operation, cancellationToken)
                : ExitCode.Ok;
        });
    }

    private static Command ListCommand()
    {
        var limit = Limit();
        var search = new Option<string?>("--search") { Description = "Only those whose name holds this text", HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists integrations.", "idlcm integration list", "idlcm integration list --search crm --json") { search, limit },
            async (call, cancellationToken) =>
            {
                var query = call.Parsed.GetValue(search) is { } q ? $"?q={Uri.EscapeDataString(q)}" : "";
                var items = await call.Client.ListAsync("api/integrations" + query, call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ID", "NAME", "APP", "STATUS");
                foreach (var item in items)
                {
                    table.Add(item.Text("id"), item.Text("name"), item.Text("appName") ?? item.Text("app"), item.Text("status"));
                }

                table.Write(call.Output, "There are no integrations.");
                return ExitCode.Ok;
            });
    }

    private static Command ShowCommand()
    {
        var id = new Argument<string>("id") { Description = "The integration's id" };
        return RemoteCommand.Attach(
            new ExampleCommand("show", "Shows one integration.", "idlcm integration show k3v7q2m5x4a6b7c2") { id },
            async (call, cancellationToken) =>
            {
                var integration = await call.Client.GetAsync($"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(id)!)}", cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(integration);
                    return ExitCode.Ok;
                }

                Details.Write(
                    call.Output,
                    ("Name", integration.Text("name")),
                    ("App", integration.Text("appName") ?? integration.Text("app")),
                    ("Status", integration.Text("status")),
                    ("SCIM base URL", integration.Text("scimBaseUrl")),
                    ("Service account", integration.Text("serviceAccount.userName")),
                    ("Settings", string.Join(", ", (integration["settings"] as JsonObject ?? []).Select(setting => $"{setting.Key}={setting.Value}"))),
                    ("Paused", integration.Text("paused.reason")),
                    ("Created", integration.Time("createdAt")));
                foreach (var finding in integration["validation"].Items("findings"))
                {
                    call.Output.WriteLine($"  {(finding.Text("passed") == "true" ? "ok    " : "failed")}  {finding.Text("check")}: {finding.Text("detail")} {finding.Text("action")}".TrimEnd());
                }

                return ExitCode.Ok;
            });
    }

    /// <summary>How many items a list command prints.</summary>
    /// <returns>The option.</returns>
    public static Option<int> Limit() => CommonOptions.Number("--limit", "The most items", 100, 1, 100_000);

    private static void WriteCreated(RemoteCall call, JsonObject created)
    {
        if (call.Json)
        {
            call.Output.WriteJson(created);
            return;
        }

        Details.Write(
            call.Output,
            ("Integration", created.Text("id")),
            ("SCIM base URL", created.Text("scimBaseUrl")),
            ("Gateway token", created.Text("gatewayToken")),
            ("Validation", created.Text("validationOperationId")));
        call.Output.WriteLine("The token is shown this once.");
    }
}
