using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm assets …</c> and the access of people.</summary>
internal static class AssetCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("assets", "What an app manages access to.") { ListCommand() };

    /// <summary>Builds <c>idlcm users access</c>.</summary>
    /// <returns>The command.</returns>
    public static Command AccessCommand()
    {
        var integration = OperationCommands.Integration();
        var user = new Argument<string>("user") { Description = "The user's id" };
        var grant = new Option<string[]>("--grant") { Description = "Value string of an entitlement to give; may be repeated", HelpName = "VALUE" };
        var revoke = new Option<string[]>("--revoke") { Description = "Value string of an entitlement to take; may be repeated", HelpName = "VALUE" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity", Required = true, HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "access",
                "Gives and takes entitlements.",
                "idlcm users access 01J9… --integration k3v7q2m5x4a6b7c2 --grant 'Apollo: Write' --revoke 'Hermes: Read' --reason 'Moves to Apollo'") { user, integration, grant, revoke, reason },
            async (call, cancellationToken) =>
            {
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/users/{Uri.EscapeDataString(call.Parsed.GetValue(user)!)}/entitlements";
                var request = new JsonObject { ["grant"] = Values(call.Parsed.GetValue(grant)), ["revoke"] = Values(call.Parsed.GetValue(revoke)), ["reason"] = call.Parsed.GetValue(reason) };
                var answer = await call.Client.SendAsync(HttpMethod.Post, path, request, cancellationToken);
                call.Show(answer, answer.Text("operationId") is { } operation ? $"Operation {operation}." : "Nothing to change.");
                return ExitCode.Ok;
            });
    }

    private static JsonArray Values(string[]? values) => new([.. (values ?? []).Select(value => (JsonNode)value)]);

    private static Command ListCommand()
    {
        var integration = OperationCommands.Integration();
        var limit = IntegrationCommands.Limit();
        var search = new Option<string?>("--search") { Description = "Only those whose name holds this text", HelpName = "TEXT" };
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists assets with their entitlements.", "idlcm assets list --integration k3v7q2m5x4a6b7c2") { integration, search, limit },
            async (call, cancellationToken) =>
            {
                var query = call.Parsed.GetValue(search) is { } q ? $"?q={Uri.EscapeDataString(q)}" : "";
                var items = await call.Client.ListAsync($"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/assets{query}", call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ASSET", "TYPE", "ENTITLEMENTS");
                foreach (var item in items)
                {
                    table.Add(item.Text("displayName"), item.Text("type"), string.Join(", ", item.Items("entitlements").Select(value => value.ToString())));
                }

                table.Write(call.Output, "No sync has read any asset.");
                return ExitCode.Ok;
            });
    }
}
