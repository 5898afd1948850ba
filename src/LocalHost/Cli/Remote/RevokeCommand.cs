using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm revoke</c>.</summary>
internal static class RevokeCommand
{
    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var person = new Argument<string>("person") { Description = "User name, e-mail address or externalId" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the activity", Required = true, HelpName = "TEXT" };
        var lift = new Option<bool>("--lift") { Description = "Give back what an earlier revoke took" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "revoke",
                "Takes all access of a person away, in every integration and before everything else, until it is lifted.",
                "idlcm revoke ada@acme.example --reason 'Account taken over'",
                "idlcm revoke ada@acme.example --lift --reason 'New password set'") { person, reason, lift },
            async (call, cancellationToken) =>
            {
                var request = new JsonObject { ["person"] = call.Parsed.GetValue(person), ["reason"] = call.Parsed.GetValue(reason) };
                var path = call.Parsed.GetValue(lift) ? "api/emergency-revoke/lift" : "api/emergency-revoke";
                var answer = await call.Client.SendAsync(HttpMethod.Post, path, request, cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(answer);
                    return ExitCode.Ok;
                }

                var table = new Table("INTEGRATION", "USER", "OPERATION");
                foreach (var item in answer.Items("revoked"))
                {
                    table.Add(item.Text("integrationId"), item.Text("userName"), item.Text("operationId") ?? "none needed");
                }

                table.Write(call.Output, "Nobody was found.");
                return ExitCode.Ok;
            });
    }
}
