using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm operations …</c>.</summary>
internal static class OperationCommands
{
    /// <summary>Builds the commands.</summary>
    /// <returns>The parent command.</returns>
    public static Command Create() => new("operations", "Operations of an integration: what was done, or is being done, in the app.")
    {
        ListCommand(), ShowCommand(), RetryCommand(), RetryFailedCommand(), CancelCommand(),
    };

    /// <summary>Waits for an operation and says how it ended.</summary>
    /// <param name="call">The call.</param>
    /// <param name="id">The operation.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><see cref="ExitCode.Ok"/> when it succeeded.</returns>
    public static async Task<int> WaitAsync(RemoteCall call, string id, CancellationToken cancellationToken)
    {
        var operation = await call.Client.WaitAsync(id, changed: null, cancellationToken);
        Write(call, operation);
        return operation.Text("status") == "Succeeded" ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Command ListCommand()
    {
        var integration = Integration();
        var limit = IntegrationCommands.Limit();
        var status = new Option<string?>("--status") { Description = "Only those with this status", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong("Queued", "Running", "Retrying", "Succeeded", "Failed", "Cancelled", "Halted");
        return RemoteCommand.Attach(
            new ExampleCommand(
                "list",
                "Lists operations, newest first.",
                "idlcm operations list --integration k3v7q2m5x4a6b7c2",
                "idlcm operations list --integration k3v7q2m5x4a6b7c2 --status Failed --json") { integration, status, limit },
            async (call, cancellationToken) =>
            {
                var query = call.Parsed.GetValue(status) is { } wanted ? $"?status={wanted}" : "";
                var path = $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/operations{query}";
                var items = await call.Client.ListAsync(path, call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    call.Output.WriteJson(new JsonArray([.. items.Select(item => item.DeepClone())]));
                    return ExitCode.Ok;
                }

                var table = new Table("ID", "KIND", "TARGET", "STATUS", "ATTEMPT", "CREATED", "FAILURE");
                foreach (var item in items)
                {
                    table.Add(
                        item.Text("id"), item.Text("kind"), item.Text("target"), item.Text("status"), item.Text("attempt"), item.Time("createdAt"), item.Text("failure.code"));
                }

                table.Write(call.Output, "There are no such operations.");
                return ExitCode.Ok;
            });
    }

    private static Command ShowCommand()
    {
        var id = Id();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit code 1 when it did not succeed" };
        return RemoteCommand.Attach(
            new ExampleCommand("show", "Shows one operation with its steps.", "idlcm operations show 7e5c… --wait") { id, wait },
            async (call, cancellationToken) =>
            {
                if (call.Parsed.GetValue(wait))
                {
                    return await WaitAsync(call, call.Parsed.GetValue(id)!, cancellationToken);
                }

                Write(call, await call.Client.GetAsync(Path(call, id), cancellationToken));
                return ExitCode.Ok;
            });
    }

    private static Command RetryCommand()
    {
        var id = Id();
        var wait = new Option<bool>("--wait") { Description = "Wait until the new operation has ended; exit code 1 when it did not succeed" };
        return RemoteCommand.Attach(
            new ExampleCommand("retry", "Opens a failed operation again, with fresh attempts.", "idlcm operations retry 7e5c… --wait") { id, wait },
            async (call, cancellationToken) =>
            {
                var accepted = await call.Client.SendAsync(HttpMethod.Post, $"{Path(call, id)}/retry", body: null, cancellationToken);
                if (call.Parsed.GetValue(wait))
                {
                    return await WaitAsync(call, accepted.Text("operationId")!, cancellationToken);
                }

                call.Show(accepted, $"Operation {accepted.Text("operationId")}");
                return ExitCode.Ok;
            });
    }

    private static Command RetryFailedCommand()
    {
        var integration = Integration();
        var code = new Option<string?>("--code") { Description = "Only those that failed with this failure code", HelpName = "CODE" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "retry-failed",
                "Opens all failed operations of an integration again, at a pace that the app bears.",
                "idlcm operations retry-failed --integration k3v7q2m5x4a6b7c2 --code AppUnavailable") { integration, code },
            async (call, cancellationToken) =>
            {
                var accepted = await call.Client.SendAsync(
                    HttpMethod.Post,
                    $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(integration)!)}/retry-failed",
                    call.Parsed.GetValue(code) is { } wanted ? new JsonObject { ["failureCode"] = wanted } : null,
                    cancellationToken);
                call.Show(accepted, $"{accepted.Text("count")} failed operations are opened again.");
                return ExitCode.Ok;
            });
    }

    private static Command CancelCommand()
    {
        var id = Id();
        return RemoteCommand.Attach(
            new ExampleCommand("cancel", "Cancels an operation: one that runs ends before its next step that changes something.", "idlcm operations cancel 7e5c…") { id },
            async (call, cancellationToken) =>
            {
                var operation = await call.Client.SendAsync(HttpMethod.Post, $"{Path(call, id)}/cancel", body: null, cancellationToken);
                call.Show(operation, operation.Text("ended") == "true" ? "It is cancelled." : "It ends before its next step that changes something.");
                return ExitCode.Ok;
            });
    }

    private static Argument<string> Id() => new("id") { Description = "The operation's id" };

    private static string Path(RemoteCall call, Argument<string> id) => $"api/operations/{Uri.EscapeDataString(call.Parsed.GetValue(id)!)}";

    /// <summary>The integration that a list belongs to.</summary>
    /// <returns>The option.</returns>
    public static Option<string> Integration() =>
        new("--integration", "-i") { Description = "The integration's id", Required = true, HelpName = "ID" };

    private static void Write(RemoteCall call, JsonObject operation)
    {
        if (call.Json)
        {
            call.Output.WriteJson(operation);
            return;
        }

        Details.Write(
            call.Output,
            ("Operation", operation.Text("id")),
            ("Kind", operation.Text("kind")),
            ("Target", operation.Text("target")),
            ("Status", operation.Text("status")),
            ("Created", operation.Time("createdAt")),
            ("Ended", operation.Time("endedAt")),
            ("Changes", string.Join("; ", operation.Items("changes").Select(change => change.ToString()))),
            ("Failure", operation.Text("failure.code")),
            ("Reason", operation.Text("failure.detail")),
            ("What to do", operation.Text("failure.action")));
        foreach (var attempt in operation.Items("attempts"))
        {
            call.Output.WriteLine($"Attempt {attempt.Text("number")}, {attempt.Time("startedAt")}");
            StepLines.Write(call.Output, attempt.Items("steps"));
        }
    }
}

/// <summary>Steps of a run, a line each.</summary>
internal static class StepLines
{
    /// <summary>Writes the steps.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="steps">The steps, as the management API gives them.</param>
    public static void Write(TextWriter output, IEnumerable<JsonNode> steps)
    {
        foreach (var step in steps)
        {
            var duration = (double?)step["durationMs"] ?? 0;
            output.WriteLine(
                $"  {step.Text("verb"),-12} {step.Text("index"),3}  {step.Text("outcome"),-7} {duration,7:F0} ms  {step.Text("description")}"
                + (step.Text("error") is { } error ? $"  ({error})" : ""));
        }
    }
}
