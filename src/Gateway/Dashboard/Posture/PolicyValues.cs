using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Sync;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>A rotation policy as the fields of its form hold it, so that what was typed is shown again whatever it was.</summary>
internal sealed record PolicyValues
{
    public string? MaxAgeDays { get; init; }

    public string? ExpiresAfterDays { get; init; }

    public string? DaysBeforeExpiry { get; init; }

    public bool AfterLeaver { get; init; }

    public string? Cron { get; init; }

    public string? CronZone { get; init; }

    public string? WindowStart { get; init; }

    public string? WindowEnd { get; init; }

    public string? WindowZone { get; init; }

    public IReadOnlyList<string> WindowDays { get; init; } = [];

    public IReadOnlyList<string> Include { get; init; } = [];

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public static PolicyValues Of(RotationPolicy? policy) => new()
    {
        MaxAgeDays = Text(policy?.MaxAgeDays),
        ExpiresAfterDays = Text(policy?.ExpiresAfterDays),
        DaysBeforeExpiry = policy?.ExpiresAfterDays is null ? null : Text(policy.DaysBeforeExpiry),
        AfterLeaver = policy?.AfterLeaver ?? false,
        Cron = policy?.Schedule?.Cron,
        CronZone = policy?.Schedule?.TimeZone,
        WindowStart = policy?.Window?.Start.ToString("HH:mm", CultureInfo.InvariantCulture),
        WindowEnd = policy?.Window?.End.ToString("HH:mm", CultureInfo.InvariantCulture),
        WindowZone = policy?.Window?.TimeZone,
        WindowDays = policy?.Window?.Days ?? [],
    };

    public static PolicyValues Of(IFormCollection form) => new()
    {
        MaxAgeDays = form.Text("maxAgeDays"),
        ExpiresAfterDays = form.Text("expiresAfterDays"),
        DaysBeforeExpiry = form.Text("daysBeforeExpiry"),
        AfterLeaver = form.Text("afterLeaver") is not null,
        Cron = form.Text("cron"),
        CronZone = form.Text("cronZone"),
        WindowStart = form.Text("windowStart"),
        WindowEnd = form.Text("windowEnd"),
        WindowZone = form.Text("windowZone"),
        WindowDays = [.. form["windowDays"].OfType<string>()],
        Include = [.. form["include"].OfType<string>()],
        Exclude = [.. form["exclude"].OfType<string>()],
    };

    /// <summary>The policy; null where every field that asks for a rotation is empty.</summary>
    public Result<RotationPolicy> Read()
    {
        var problems = new List<FieldProblem>();
        RotationWindow? window = null;
        if (WindowStart is not null || WindowEnd is not null)
        {
            if (Time(WindowStart) is { } start && Time(WindowEnd) is { } end)
            {
                window = new RotationWindow(start, end, WindowZone ?? "UTC") { Days = WindowDays };
            }
            else
            {
                problems.Add(new FieldProblem("window", "needs both ends, each a time of the day such as 22:30."));
            }
        }

        var policy = new RotationPolicy
        {
            MaxAgeDays = Number(MaxAgeDays),
            ExpiresAfterDays = Number(ExpiresAfterDays),
            DaysBeforeExpiry = DaysBeforeExpiry is null ? 7 : Number(DaysBeforeExpiry) ?? -1,
            AfterLeaver = AfterLeaver,
            Schedule = Cron is null ? null : new SyncSchedule(Cron, CronZone ?? "UTC"),
            Window = window,
        };
        problems.AddRange(policy.Problems());
        return problems.Count > 0 ? Refusal.Invalid(problems) : policy;
    }

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string? text) => text is null ? null : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static TimeOnly? Time(string? text) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
