using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm sync …</c>.</summary>
internal static class SyncCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("sync", "Syncs of an integration: their plans, and what is decided about them.")
    {
        RunCommand(), PlansCommand(), DecideCommand("allow", "Allows a halted plan once."), DecideCommand("reject", "Rejects a halted plan: it is never applied."),
    };

    private static Command RunCommand()
    {
        var integration = OperationCommands.Integration();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit code 1 when it did not succeed" };
        return RemoteCommand.Attach(
            new ExampleCommand("run", "Reads every account of the app and brings the gateway's records up to it.", "idlcm sync run --integration k3v7q2m5x4a6b7c2 --wait") { integration, wait },
            async (call, cancellationToken) =>
            {
                var accepted = await call.Client.SendAsync(HttpMethod.Post, $"{Path(call, integration)}/sync", null, cancellationToken);
                if (call.Parsed.GetValue(wait))
                {
                    return await OperationCommands.WaitAsync(call, accepted.Text("operationId")!, cancellationToken);
                }

                call.Show(accepted, $"Sync {accepted.Text("operationId")}");
                return ExitCode.Ok;
            });
    }

    private static Command PlansCommand()
    {
        var integration = OperationCommands.Integration();
        var limit = IntegrationCommands.Limit();
        return RemoteCommand.Attach(
            new ExampleCommand("plans", "Lists sync plans, newest first.", "idlcm sync plans --integration k3v7q2m5x4a6b7c2") { integration, limit },
            async (call, cancellationToken) =>
            {
                var items = await call.Client.ListAsync($"{Path(call, integration)}/sync-plans", call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ID", "STATUS", "READ", "NEW", "CHANGED", "GONE", "LOST", "WHY");
                foreach (var item in items)
                {
                    table.Add(
                        item.Text("id"), item.Text("status"), item.Time("readAt"), item.Text("counts.new"), item.Text("counts.changed"), item.Text("counts.gone"),
                        item.Text("counts.lostAssignments"), string.Join(" ", item.Items("haltReasons").Select(reason => reason.ToString())));
                }

                table.Write(call.Output, "There are no plans.");
                return ExitCode.Ok;
            });
    }

    private static Command DecideCommand(string verb, string description)
    {
        var integration = OperationCommands.Integration();
        var plan = new Argument<string>("plan") { Description = "The plan's id" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity", Required = true, HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand(verb, description, $"idlcm sync {verb} fe61… --integration k3v7q2m5x4a6b7c2 --reason 'The team was dissolved'") { plan, integration, reason },
            async (call, cancellationToken) =>
            {
                var path = $"{Path(call, integration)}/sync-plans/{Uri.EscapeDataString(call.Parsed.GetValue(plan)!)}/{verb}";
                var decided = await call.Client.SendAsync(HttpMethod.Post, path, new JsonObject { ["reason"] = call.Parsed.GetValue(reason) }, cancellationToken);
                call.Show(decided, $"The plan is {decided.Text("plan.status")}.{(decided.Text("operationId") is { } operation ? $" Sync {operation} applies it." : "")}");
                return ExitCode.Ok;
            });
    }

    private static string Path(RemoteCall call, Option<string> integration) => $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}";
}
