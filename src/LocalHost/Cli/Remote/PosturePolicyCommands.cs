using System.CommandLine;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm posture policy …</c>, <c>idlcm posture except</c> and <c>idlcm posture end-exception</c>.</summary>
internal static class PosturePolicyCommands
{
    private const string Sample = "--integration k3v7q2m5x4a6b7c2";

    /// <summary>Builds the commands about rotation policies.</summary>
    /// <returns>The parent command.</returns>
    public static Command CreatePolicy() => new("policy", "When passwords are rotated by themselves: the workspace's policy, or an integration's own.")
    {
        ShowCommand(),
        SetCommand(),
        RemoveCommand(),
    };

    /// <summary>Builds the command that excepts an account from a rule.</summary>
    /// <returns>The command.</returns>
    public static Command CreateExcept()
    {
        var (integration, rule) = (OperationCommands.Integration(), Rule());
        var reason = new Option<string>("--reason") { Description = "Why, for the record", Required = true };
        var until = new Option<DateTimeOffset>("--until") { Description = "Until when: a moment within a year, as 2027-03-31T00:00Z", Required = true };
        return RemoteCommand.Attach(
            new ExampleCommand("except", "Excepts a service account from a rule, with a reason and for a time.", $"idlcm posture except {Sample} --rule Mfa --reason \"no phone\" --until 2027-03-31T00:00Z")
            {
                integration, rule, reason, until,
            },
            async (call, cancellationToken) =>
            {
                var body = new JsonObject { ["reason"] = call.Parsed.GetValue(reason), ["expiresAt"] = call.Parsed.GetValue(until).ToString("O") };
                await call.Client.SendAsync(HttpMethod.Put, ExceptionPath(call.Parsed.GetValue(integration)!, call.Parsed.GetValue(rule)!), body, cancellationToken);
                return Done(call, "Excepted.");
            });
    }

    /// <summary>Builds the command that ends an exception.</summary>
    /// <returns>The command.</returns>
    public static Command CreateEndException()
    {
        var (integration, rule) = (OperationCommands.Integration(), Rule());
        return RemoteCommand.Attach(
            new ExampleCommand("end-exception", "Ends an exception: the rule counts again.", $"idlcm posture end-exception {Sample} --rule Mfa") { integration, rule },
            async (call, cancellationToken) =>
            {
                await call.Client.SendAsync(HttpMethod.Delete, ExceptionPath(call.Parsed.GetValue(integration)!, call.Parsed.GetValue(rule)!), null, cancellationToken);
                return Done(call, "The exception has ended.");
            });
    }

    private static Command ShowCommand()
    {
        var integration = OptionalIntegration();
        return RemoteCommand.Attach(
            new ExampleCommand("show", "Shows the workspace's policy, or an integration's own and the one in force, as JSON.", "idlcm posture policy show", $"idlcm posture policy show {Sample}") { integration },
            async (call, cancellationToken) =>
            {
                call.Output.WriteJson(await call.Client.GetAsync(PolicyPath(call.Parsed.GetValue(integration)), cancellationToken));
                return ExitCode.Ok;
            });
    }

    private static Command SetCommand()
    {
        var integration = OptionalIntegration();
        var maxAge = new Option<int?>("--max-age-days") { Description = "Rotate when so many days old" };
        var expires = new Option<int?>("--expires-after-days") { Description = "After so many days the app itself lets a password expire" };
        var before = new Option<int?>("--days-before-expiry") { Description = "Rotate so many days before that (7)" };
        var leaver = new Option<bool>("--after-leaver") { Description = "Rotate after somebody left" };
        var cron = new Option<string?>("--cron") { Description = "Rotate by the clock, as \"0 3 1 * *\"" };
        var window = new Option<string?>("--window") { Description = "Only then, as 22:00-04:00" };
        var days = new Option<string[]>("--window-day") { Description = "Only on windows that begin on this day, as Saturday; may be repeated" };
        var zone = new Option<string>("--time-zone") { Description = "The IANA time zone of cron and window", DefaultValueFactory = _ => "UTC" };
        var include = new Option<string[]>("--include") { Description = "For the workspace: only for this integration; may be repeated" };
        var exclude = new Option<string[]>("--exclude") { Description = "For the workspace: never for this integration; may be repeated" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "set", "Sets the workspace's policy or an integration's own, as a whole.",
                "idlcm posture policy set --max-age-days 60 --window 22:00-04:00 --time-zone Europe/Berlin", $"idlcm posture policy set {Sample} --after-leaver --expires-after-days 90")
            {
                integration, maxAge, expires, before, leaver, cron, window, days, zone, include, exclude,
            },
            async (call, cancellationToken) =>
            {
                var parsed = call.Parsed;
                var policy = new JsonObject { ["afterLeaver"] = parsed.GetValue(leaver) };
                Put("maxAgeDays", parsed.GetValue(maxAge));
                Put("expiresAfterDays", parsed.GetValue(expires));
                Put("daysBeforeExpiry", parsed.GetValue(before));
                if (parsed.GetValue(cron) is { } schedule)
                {
                    policy["schedule"] = new JsonObject { ["cron"] = schedule, ["timeZone"] = parsed.GetValue(zone) };
                }

                if (parsed.GetValue(window)?.Split('-', 2) is { } ends)
                {
                    policy["window"] = new JsonObject { ["start"] = ends[0].Trim(), ["end"] = ends[^1].Trim(), ["timeZone"] = parsed.GetValue(zone), ["days"] = List(parsed.GetValue(days)) };
                }

                var own = parsed.GetValue(integration);
                var body = own is not null ? policy : new JsonObject { ["policy"] = policy, ["include"] = List(parsed.GetValue(include)), ["exclude"] = List(parsed.GetValue(exclude)) };
                call.Output.WriteJson(await call.Client.SendAsync(HttpMethod.Put, PolicyPath(own), body, cancellationToken));
                return ExitCode.Ok;

                void Put(string name, int? value)
                {
                    if (value is { } number)
                    {
                        policy[name] = number;
                    }
                }
            });
    }

    private static Command RemoveCommand()
    {
        var integration = OperationCommands.Integration();
        return RemoteCommand.Attach(
            new ExampleCommand("remove", "Removes an integration's own policy: the workspace's counts again.", $"idlcm posture policy remove {Sample}") { integration },
            async (call, cancellationToken) =>
            {
                await call.Client.SendAsync(HttpMethod.Delete, PolicyPath(call.Parsed.GetValue(integration)), null, cancellationToken);
                return Done(call, "The workspace's policy is in force.");
            });
    }

    private static int Done(RemoteCall call, string text)
    {
        if (call.Json)
        {
            call.Output.WriteJson(new JsonObject { ["done"] = true });
        }
        else
        {
            call.Output.WriteLine(text);
        }

        return ExitCode.Ok;
    }

    private static JsonArray List(string[]? items) => [.. (items ?? []).Select(item => JsonValue.Create(item))];

    private static Option<string?> OptionalIntegration() => new("--integration") { Description = "The integration's id; without it, the workspace's policy" };

    private static Option<string> Rule() => new("--rule") { Description = "Mfa or PasswordAge", Required = true };

    private static string PolicyPath(string? integration) => integration is null ? "api/rotation-policy" : $"api/integrations/{Uri.EscapeDataString(integration)}/rotation-policy";

    private static string ExceptionPath(string integration, string rule) => $"api/integrations/{Uri.EscapeDataString(integration)}/posture-exceptions/{Uri.EscapeDataString(rule)}";
}
