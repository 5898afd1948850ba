using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm posture …</c>.</summary>
internal static class PostureCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("posture", "How the service accounts' own sign-ins stand: passwords and second factors.")
    {
        ListCommand(),
        ChangeCommand("rotate", "rotate-password", "Changes the service account's password in the app, and proves it by a sign-in."),
        ChangeCommand("enable-mfa", "enable-mfa", "Turns one-time codes on for the service account, and proves it by a sign-in."),
        ChangeCommand("disable-mfa", "disable-mfa", "Turns one-time codes off for the service account."),
        PosturePolicyCommands.CreatePolicy(),
        PosturePolicyCommands.CreateExcept(),
        PosturePolicyCommands.CreateEndException(),
    };

    private static Command ListCommand()
    {
        var limit = IntegrationCommands.Limit();
        return RemoteCommand.Attach(
            new ExampleCommand("list", "Lists the service accounts.", "idlcm posture list") { limit },
            async (call, cancellationToken) =>
            {
                var items = await call.Client.ListAsync("api/posture", call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("INTEGRATION", "ACCOUNT", "PASSWORD DAYS", "LAST PROVED", "PENDING", "MFA", "PROBLEMS");
                foreach (var item in items)
                {
                    table.Add(
                        item.Text("integrationId"), item.Text("account"), item.Text("passwordAgeDays"), item.Time("passwordProvedAt"), item.Text("pendingPassword"), item.Text("mfa"),
                        string.Join(" ", item.Items("problems").Select(problem => problem.ToString())));
                }

                table.Write(call.Output, "There are no service accounts.");
                return ExitCode.Ok;
            });
    }

    private static Command ChangeCommand(string name, string endpoint, string description)
    {
        var integration = OperationCommands.Integration();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit code 1 when it did not succeed" };
        return RemoteCommand.Attach(
            new ExampleCommand(name, description, $"idlcm posture {name} --integration k3v7q2m5x4a6b7c2 --wait") { integration, wait },
            async (call, cancellationToken) =>
            {
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/service-account/{endpoint}";
                var accepted = await call.Client.SendAsync(HttpMethod.Post, path, null, cancellationToken);
                if (call.Parsed.GetValue(wait))
                {
                    return await OperationCommands.WaitAsync(call, accepted.Text("operationId")!, cancellationToken);
                }

                if (call.Json)
                {
                    call.Output.WriteJson(accepted);
                }
                else
                {
                    call.Output.WriteLine($"Operation {accepted.Text("operationId")}");
                }

                return ExitCode.Ok;
            });
    }
}
