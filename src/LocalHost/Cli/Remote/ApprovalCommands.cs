using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm approvals …</c>.</summary>
internal static class ApprovalCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("approvals", "Destructive changes that wait for a person's word.")
    {
        ListCommand(), DecideCommand("approve", "Approves a change: it is done."), DecideCommand("reject", "Rejects a change: it is not done."),
    };

    private static Command ListCommand()
    {
        var integration = OperationCommands.Integration();
        var limit = IntegrationCommands.Limit();
        var pending = new Option<bool>("--pending") { Description = "Only those that nobody has decided about" };
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists approvals, newest first.", "idlcm approvals list --integration k3v7q2m5x4a6b7c2 --pending") { integration, pending, limit },
            async (call, cancellationToken) =>
            {
                var query = call.Parsed.GetValue(pending) ? "?status=Pending" : "";
                var items = await call.Client.ListAsync($"{Path(call, integration)}{query}", call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ID", "STATUS", "WHAT", "ASKED BY", "ASKED AT", "DECIDED BY");
                foreach (var item in items)
                {
                    table.Add(item.Text("id"), item.Text("status"), item.Text("detail"), item.Text("requestedBy"), item.Time("requestedAt"), item.Text("decidedBy"));
                }

                table.Write(call.Output, "Nothing waits for approval.");
                return ExitCode.Ok;
            });
    }

    private static Command DecideCommand(string verb, string description)
    {
        var integration = OperationCommands.Integration();
        var approval = new Argument<string>("approval") { Description = "The approval's id" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity", Required = true, HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand(verb, description, $"idlcm approvals {verb} fe61… --integration k3v7q2m5x4a6b7c2 --reason 'Asked for by the works council'") { approval, integration, reason },
            async (call, cancellationToken) =>
            {
                var path = $"{Path(call, integration)}/{Uri.EscapeDataString(call.Parsed.GetValue(approval)!)}/{verb}";
                var decided = await call.Client.SendAsync(HttpMethod.Post, path, new JsonObject { ["reason"] = call.Parsed.GetValue(reason) }, cancellationToken);
                call.Show(decided, $"{decided.Text("approval.status")}: {decided.Text("approval.detail")}.{(decided.Text("operationId") is { } operation ? $" Operation {operation}." : "")}");
                return ExitCode.Ok;
            });
    }

    private static string Path(RemoteCall call, Option<string> integration) => $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/approvals";
}
