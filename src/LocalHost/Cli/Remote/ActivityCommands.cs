using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm activity …</c>.</summary>
internal static class ActivityCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("activity", "The audit trail of an integration.") { ListCommand(), VerifyCommand() };

    private static Command ListCommand()
    {
        var integration = OperationCommands.Integration();
        var limit = IntegrationCommands.Limit();
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists what happened, newest first.", "idlcm activity list --integration k3v7q2m5x4a6b7c2 --limit 20") { integration, limit },
            async (call, cancellationToken) =>
            {
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/activity";
                var items = await call.Client.ListAsync(path, call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("DATE", "ACTOR", "EVENT", "TARGET", "DETAIL");
                foreach (var item in items)
                {
                    table.Add(item.Time("date"), item.Text("actor"), item.Text("event"), item.Text("target"), item.Text("detail"));
                }

                table.Write(call.Output, "Nothing has happened yet.");
                return ExitCode.Ok;
            });
    }

    private static Command VerifyCommand()
    {
        var integration = OperationCommands.Integration();
        return RemoteCommand.Attach(
            new ExampleCommand("verify", "Checks the hash chain of the audit trail; exit code 1 when it is broken.", "idlcm activity verify --integration k3v7q2m5x4a6b7c2") { integration },
            async (call, cancellationToken) =>
            {
                var id = Uri.EscapeDataString(call.Parsed.GetValue(integration)!);
                var verification = await call.Client.GetAsync($"api/integrations/{id}/activity/verify", cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(verification);
                }
                else
                {
                    call.Output.WriteLine(verification.Text("message"));
                }

                return verification.Text("intact") == "true" ? ExitCode.Ok : ExitCode.Failed;
            });
    }
}
