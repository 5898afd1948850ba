using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm users …</c>.</summary>
internal static class UserCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("users", "People of an integration, and how far their accounts are.") { ListCommand(), EraseCommand(), AssetCommands.AccessCommand() };

    private static Command EraseCommand()
    {
        var integration = OperationCommands.Integration();
        var user = new Argument<string>("user") { Description = "The user's id" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity, so without the person's name", Required = true, HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "erase",
                "Asks for the erasure of a deleted person's data; an Admin approves it.",
                "idlcm users erase 01J9… --integration k3v7q2m5x4a6b7c2 --reason 'Request 42 under the GDPR'") { user, integration, reason },
            async (call, cancellationToken) =>
            {
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/users/{Uri.EscapeDataString(call.Parsed.GetValue(user)!)}/erase";
                var approval = await call.Client.SendAsync(HttpMethod.Post, path, new JsonObject { ["reason"] = call.Parsed.GetValue(reason) }, cancellationToken);
                call.Show(approval, $"Approval {approval.Text("id")} waits: idlcm approvals approve {approval.Text("id")}");
                return ExitCode.Ok;
            });
    }

    private static Command ListCommand()
    {
        var integration = OperationCommands.Integration();
        var limit = IntegrationCommands.Limit();
        var search = new Option<string?>("--search") { Description = "Only those whose name or address holds this text", HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists people.", "idlcm users list --integration k3v7q2m5x4a6b7c2 --search jo") { integration, search, limit },
            async (call, cancellationToken) =>
            {
                var query = call.Parsed.GetValue(search) is { } q ? $"?q={Uri.EscapeDataString(q)}" : "";
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/users{query}";
                var items = await call.Client.ListAsync(path, call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ID", "USER", "IN APP", "ACTIVE", "ROLES", "STATE");
                foreach (var item in items)
                {
                    table.Add(
                        item.Text("id"),
                        item.Text("userName"),
                        item.Text("usernameInApp"),
                        item.Text("activeInApp"),
                        string.Join(", ", item.Items("roles").Select(role => role is JsonObject ? role.Text("value") : role.ToString())),
                        item.Text("provisioningState"));
                }

                table.Write(call.Output, "There are no such people.");
                return ExitCode.Ok;
            });
    }
}
