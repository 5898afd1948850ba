using IdLcm.Domain.Connectors;
using IdLcm.Domain.Sync;

namespace IdLcm.Domain.Integrations;

/// <summary>The limits of an integration's policies, in one place for every door that they come in by.</summary>
internal static class PolicyRules
{
    public static void Check(IntegrationChange change, UserSchema schema, List<FieldProblem> problems)
    {
        if (change.Safeguard is { } safeguard)
        {
            Limit(safeguard.Percent, safeguard.Absolute, safeguard.MinimumPopulation, "safeguard", problems);
            Limit(safeguard.Assignments.Percent, safeguard.Assignments.Absolute, safeguard.Assignments.MinimumPopulation, "safeguard.assignments", problems);
        }

        if (change.Sync is { } sync)
        {
            Schedule(sync.Schedule, problems);
            Between(sync.AfterFailures, 1, 1000, "sync.afterFailures", problems);
        }

        if (change.Retry is { } retry)
        {
            Between(retry.FirstDelaySeconds, 1, 3600, "retry.firstDelaySeconds", problems);
            Between(retry.MaxDelaySeconds, 1, 86_400, "retry.maxDelaySeconds", problems);
            foreach (var (code, attempts) in retry.Attempts)
            {
                Between(attempts, 1, 100, $"retry.attempts.{code}", problems);
            }
        }

        if (change.Circuit is { } circuit)
        {
            Between(circuit.Failures, 1, 1000, "circuit.failures", problems);
            Between(circuit.ProbeSeconds, 1, 86_400, "circuit.probeSeconds", problems);
            Between(circuit.MaxProbeSeconds, circuit.ProbeSeconds, 86_400, "circuit.maxProbeSeconds", problems);
        }

        if (change.InboundHold.Value is { } hold)
        {
            Between(hold.WindowMinutes, 1, 10_080, "inboundHold.windowMinutes", problems);
            Limit(hold.Percent, hold.Absolute, hold.MinimumPopulation, "inboundHold", problems);
        }

        Between(change.DeleteAfterDays.Value, 1, 3650, "deprovision.deleteAfterDays", problems);
        Between(change.LeaverLimitMinutes.Value, 1, 43_200, "leaverLimitMinutes", problems);
        Between(change.ActivityDays.Value, 1, 36_500, "activityDays", problems);
        foreach (var name in change.MatchBy ?? [])
        {
            if (schema.Attributes.All(a => a.Name != name || a.PrimaryIdentifier))
            {
                problems.Add(new FieldProblem("matchBy", $"'{name}' is no attribute of the user schema beside the primary identifier."));
            }
        }
    }

    private static void Schedule(SyncSchedule? schedule, List<FieldProblem> problems)
    {
        if (schedule is null)
        {
            return;
        }

        try
        {
            CronExpression.Parse(schedule.Cron ?? "");
        }
        catch (FormatException error)
        {
            problems.Add(new FieldProblem("sync.schedule.cron", error.Message));
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(schedule.TimeZone ?? "", out _))
        {
            problems.Add(new FieldProblem("sync.schedule.timeZone", $"'{schedule.TimeZone}' is no IANA time zone, such as Europe/Berlin."));
        }
    }

    private static void Limit(int percent, int? absolute, int population, string field, List<FieldProblem> problems)
    {
        Between(percent, 0, 100, $"{field}.percent", problems);
        Between(absolute, 0, 1_000_000, $"{field}.absolute", problems);
        Between(population, 0, 1_000_000, $"{field}.minimumPopulation", problems);
    }

    private static void Between(int? value, int least, int most, string field, List<FieldProblem> problems)
    {
        if (value is { } number && (number < least || number > most))
        {
            problems.Add(new FieldProblem(field, $"{number} must be {least} to {most}."));
        }
    }
}
