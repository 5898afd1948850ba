using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary><c>idlcm integration safeguard</c> and <c>idlcm integration schedule</c>: what a sync may record by itself, and when it comes.</summary>
internal static class IntegrationPolicyCommands
{
    private const string NoLimit = "none";

    /// <summary>Builds the command that shows or sets the safeguard of syncs.</summary>
    /// <returns>The command.</returns>
    public static Command SafeguardCommand()
    {
        var id = Id();
        var users = new LimitOptions("", "accounts that a sync may record as gone");
        var assignments = new LimitOptions("assignment-", "roles and entitlements that it may record as lost");
        var command = new ExampleCommand(
            "safeguard",
            "Sets how much a sync may record as gone without a person's word; without options, shows it.",
            "idlcm integration safeguard k3v7q2m5x4a6b7c2 --percent 10 --absolute 25",
            "idlcm integration safeguard k3v7q2m5x4a6b7c2 --assignment-percent 15 --assignment-absolute none")
        {
            id, users.Percent, users.Absolute, users.MinimumPopulation, assignments.Percent, assignments.Absolute, assignments.MinimumPopulation,
        };
        return RemoteCommand.Attach(command, async (call, cancellationToken) =>
        {
            var path = Path(call, id);
            var integration = await call.Client.GetAsync(path, cancellationToken);
            var safeguard = integration["safeguard"]!.DeepClone().AsObject();
            if (users.Apply(call, safeguard) | assignments.Apply(call, safeguard["assignments"]!.AsObject()))
            {
                integration = await call.Client.SendAsync(HttpMethod.Patch, path, new JsonObject { ["safeguard"] = safeguard }, cancellationToken);
            }

            var shown = integration["safeguard"]!;
            call.Show(shown.DeepClone().AsObject(), $"Accounts: {Words(shown)}\nAssignments: {Words(shown["assignments"]!)}");
            return ExitCode.Ok;
        });
    }

    /// <summary>Builds the command that shows or sets when syncs come.</summary>
    /// <returns>The command.</returns>
    public static Command ScheduleCommand()
    {
        var id = Id();
        var cron = new Option<string?>("--cron") { Description = "Five fields: minute, hour, day of month, month, day of week; none for no schedule", HelpName = "CRON" };
        var zone = new Option<string?>("--time-zone") { Description = "IANA name of the time zone that it is read in", HelpName = "ZONE" };
        return RemoteCommand.Attach(
            new ExampleCommand(
                "schedule",
                "Sets when an integration syncs by itself; without options, shows it.",
                "idlcm integration schedule k3v7q2m5x4a6b7c2 --cron '30 2 * * *' --time-zone Europe/Berlin",
                "idlcm integration schedule k3v7q2m5x4a6b7c2 --cron none") { id, cron, zone },
            async (call, cancellationToken) =>
            {
                var path = Path(call, id);
                var integration = await call.Client.GetAsync(path, cancellationToken);
                var (fields, timeZone) = (call.Parsed.GetValue(cron), call.Parsed.GetValue(zone));
                if (fields is not null || timeZone is not null)
                {
                    var sync = integration["sync"]!.DeepClone().AsObject();
                    sync["schedule"] = fields == NoLimit ? null : new JsonObject
                    {
                        ["cron"] = fields ?? integration.Text("sync.schedule.cron"), ["timeZone"] = timeZone ?? integration.Text("sync.schedule.timeZone") ?? "UTC",
                    };
                    integration = await call.Client.SendAsync(HttpMethod.Patch, path, new JsonObject { ["sync"] = sync }, cancellationToken);
                }

                var schedule = integration["sync"]!["schedule"];
                call.Show(
                    new JsonObject { ["schedule"] = schedule?.DeepClone(), ["nextSync"] = integration["nextSync"]?.DeepClone() },
                    schedule is null ? "It syncs by hand only." : $"It syncs by '{schedule.Text("cron")}', {schedule.Text("timeZone")}; next at {integration.Time("nextSync")}.");
                return ExitCode.Ok;
            });
    }

    private static Argument<string> Id() => new("integration") { Description = "The integration's id" };

    private static string Path(RemoteCall call, Argument<string> id) => $"api/integrations/{Uri.EscapeDataString(call.Parsed.GetValue(id)!)}";

    private static string Words(JsonNode limit) =>
        $"{limit.Text("percent")} % of {limit.Text("minimumPopulation")} or more, {(limit.Text("absolute") is { } most ? $"at most {most}" : "any number")}";

    /// <summary>The three numbers of a limit, as options.</summary>
    private sealed class LimitOptions(string prefix, string what)
    {
        public Option<int?> Percent { get; } = new($"--{prefix}percent") { Description = $"The share of {what}, in per cent", HelpName = "N" };

        public Option<string?> Absolute { get; } = new($"--{prefix}absolute") { Description = $"The most {what}, or none for no such limit", HelpName = "N" };

        public Option<int?> MinimumPopulation { get; } = new($"--{prefix}minimum-population") { Description = $"From how many on the share of {what} counts", HelpName = "N" };

        /// <summary>Writes what was given into a limit.</summary>
        /// <returns>True when something was given.</returns>
        public bool Apply(RemoteCall call, JsonObject limit)
        {
            var (percent, most, least) = (call.Parsed.GetValue(Percent), call.Parsed.GetValue(Absolute), call.Parsed.GetValue(MinimumPopulation));
            limit["percent"] = percent ?? limit["percent"]?.DeepClone();
            limit["minimumPopulation"] = least ?? limit["minimumPopulation"]?.DeepClone();
            if (most is not null)
            {
                limit["absolute"] = most == NoLimit ? null
                    : int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
                    : throw new CommandFailedException(ExitCode.Usage, $"{Absolute.Name} must be a whole number or {NoLimit}, not '{most}'.");
            }

            return percent is not null || most is not null || least is not null;
        }
    }
}
