using System.Text.Json.Serialization;

namespace IdLcm.Domain.Sync;

/// <summary>What follows when the app does not agree with what identity providers wish.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DriftAction>))]
public enum DriftAction
{
    /// <summary>It is reported.</summary>
    [JsonStringEnumMemberName("report")]
    Report,

    /// <summary>It is reported, and after each sync ordinary operations correct it in the app; nothing is deleted so.</summary>
    [JsonStringEnumMemberName("correct")]
    Correct,
}

/// <summary>When syncs run by themselves.</summary>
/// <param name="Cron">Five fields: minute, hour, day of month, month, day of week. See <see cref="CronExpression"/>.</param>
/// <param name="TimeZone">The IANA name of the time zone that it is read in, for example <c>Europe/Berlin</c>.</param>
public sealed record SyncSchedule(string Cron, string TimeZone = "UTC")
{
    /// <summary>When it comes next, by the clock of its time zone.</summary>
    /// <param name="after">After which moment.</param>
    /// <returns>The moment in UTC, or null when it never comes.</returns>
    public DateTimeOffset? Next(DateTimeOffset after) => CronExpression.Parse(Cron).Next(after, TimeZoneInfo.FindSystemTimeZoneById(TimeZone));
}

/// <summary>How an integration syncs by itself. What JSON leaves out has its default.</summary>
/// <param name="Schedule">The schedule; null for none.</param>
/// <param name="AfterFailures">After so many operations in a row that failed for good, a sync looks what is there; null for never.</param>
/// <param name="Drift">What follows when the app does not agree with what identity providers wish.</param>
public sealed record SyncSettings(SyncSchedule? Schedule = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? AfterFailures = 5, DriftAction Drift = DriftAction.Report);
