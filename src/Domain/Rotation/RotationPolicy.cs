using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;

namespace IdLcm.Domain.Rotation;

/// <summary>When a service account's password is rotated by itself. Row <c>rotation-policy</c> of the integration's partition.</summary>
public sealed record RotationPolicy
{
    /// <summary>The row of an integration's own policy.</summary>
    public const string Row = "rotation-policy";

    /// <summary>Rotations by the clock; null for none.</summary>
    public SyncSchedule? Schedule { get; init; }

    /// <summary>Rotated when so many days old; null for never.</summary>
    public int? MaxAgeDays { get; init; }

    /// <summary>After so many days the app itself lets a password expire; null where it does not.</summary>
    public int? ExpiresAfterDays { get; init; }

    /// <summary>So many days before it expires it is rotated.</summary>
    public int DaysBeforeExpiry { get; init; } = 7;

    /// <summary>True to rotate after somebody who left was taken away: they may have known it.</summary>
    public bool AfterLeaver { get; init; }

    /// <summary>When rotations of this policy may begin; null for at any time. What falls due outside of it waits for it.</summary>
    public RotationWindow? Window { get; init; }

    /// <summary>Tells what is wrong with it.</summary>
    /// <returns>The fields at fault.</returns>
    public IReadOnlyList<FieldProblem> Problems()
    {
        var problems = new List<FieldProblem>();
        if (Schedule is { } schedule)
        {
            try
            {
                CronExpression.Parse(schedule.Cron ?? "");
            }
            catch (FormatException error)
            {
                problems.Add(new FieldProblem("schedule.cron", error.Message));
            }

            Zone(schedule.TimeZone, "schedule.timeZone", problems);
        }

        Between(MaxAgeDays, 1, "maxAgeDays", problems);
        Between(ExpiresAfterDays, 2, "expiresAfterDays", problems);
        if (ExpiresAfterDays is { } days && (DaysBeforeExpiry < 1 || DaysBeforeExpiry >= days))
        {
            problems.Add(new FieldProblem("daysBeforeExpiry", $"{DaysBeforeExpiry} must be 1 to {days - 1}."));
        }

        if (Window is { } window)
        {
            Zone(window.TimeZone, "window.timeZone", problems);
            foreach (var day in window.Days.Where(d => !Enum.GetNames<DayOfWeek>().Contains(d, StringComparer.OrdinalIgnoreCase)))
            {
                problems.Add(new FieldProblem("window.days", $"'{day}' is no day of the week, such as Monday."));
            }

            if (window.Start == window.End)
            {
                problems.Add(new FieldProblem("window.end", "must differ from the start."));
            }
        }

        return problems;
    }

    /// <summary>Tells why a password is to be rotated now, as far as its age and leavers say.</summary>
    /// <param name="changedAt">Since when it is in force.</param>
    /// <param name="lastLeaverAt">When somebody who left was last taken away.</param>
    /// <param name="now">The time.</param>
    /// <returns>The reason in words, or null.</returns>
    public string? Reason(DateTimeOffset changedAt, DateTimeOffset? lastLeaverAt, DateTimeOffset now)
    {
        var days = (now - changedAt).TotalDays;
        return ExpiresAfterDays is { } expires && days >= expires - DaysBeforeExpiry ? "near expiry"
            : MaxAgeDays is { } most && days >= most ? "age"
            : AfterLeaver && lastLeaverAt > changedAt ? "after a leaver"
            : null;
    }

    private static void Zone(string? zone, string field, List<FieldProblem> problems)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone ?? "", out _))
        {
            problems.Add(new FieldProblem(field, $"'{zone}' is no IANA time zone, such as Europe/Berlin."));
        }
    }

    private static void Between(int? value, int least, string field, List<FieldProblem> problems)
    {
        if (value is { } number && (number < least || number > 3650))
        {
            problems.Add(new FieldProblem(field, $"{number} must be {least} to 3650."));
        }
    }
}

/// <summary>The policy of every integration that has none of its own. Row <c>rotation</c> of the workspace partition.</summary>
public sealed record WorkspaceRotation
{
    /// <summary>The policy; null for none.</summary>
    public RotationPolicy? Policy { get; init; }

    /// <summary>The integrations that it is for; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init => field = value ?? []; } = [];

    /// <summary>The integrations that are never rotated by a policy, not by one of their own either.</summary>
    public IReadOnlyList<string> Exclude { get; init => field = value ?? []; } = [];

    /// <summary>The policy of an integration.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="own">Its own policy, or null.</param>
    /// <returns>The policy in force, or null.</returns>
    public RotationPolicy? For(string integrationId, RotationPolicy? own) =>
        Exclude.Contains(integrationId) ? null : own ?? (Include.Count == 0 || Include.Contains(integrationId) ? Policy : null);
}
