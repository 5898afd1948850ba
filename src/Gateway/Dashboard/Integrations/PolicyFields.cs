using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Sync;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Reads an integration's policies out of forms: the wizard's step <i>Settings</i> and the Settings tab have the same fields.</summary>
internal static class PolicyFields
{
    /// <summary>The choice that says: as the field beside it has it.</summary>
    public const string OwnCron = "cron";

    /// <summary>Schedules that need no cron expression.</summary>
    public static readonly (string Cron, string Name)[] Schedules =
    [
        ("", "Only by hand"), ("0 * * * *", "Every hour"), ("0 */6 * * *", "Every six hours"), ("0 2 * * *", "Every night at 2:00"), ("0 2 * * 1", "Every Monday at 2:00"),
    ];

    /// <summary>How people come and go.</summary>
    public static IntegrationChange Lifecycle(IFormCollection form) => new()
    {
        Invite = form.Text("invite") switch { "onClaim" => InviteModel.OnClaim, "justInTime" => InviteModel.JustInTime, null => null, _ => InviteModel.Immediate },
        ClaimMail = form.Text("claimMail") is not null,
        OnDeactivate = form.Action("onDeactivate"),
        OnDelete = form.Action("onDelete"),
        DeleteAfterDays = new Maybe<int?>(true, form.Number("deleteAfterDays")),
        DeleteNeedsApproval = form.Text("deleteNeedsApproval") is not null,
        LeaverLimitMinutes = new Maybe<int?>(true, form.Number("leaverLimitMinutes")),
    };

    /// <summary>How much a sync may record as gone. A required number that is missing is none that is allowed.</summary>
    public static SyncSafeguard Safeguard(IFormCollection form, SyncSafeguard before) => before with
    {
        Percent = form.Number("percent") ?? -1,
        Absolute = form.Number("absolute"),
        MinimumPopulation = form.Number("minimumPopulation") ?? -1,
        Assignments = form.ContainsKey("assignmentPercent")
            ? before.Assignments with
            {
                Percent = form.Number("assignmentPercent") ?? -1,
                Absolute = form.Number("assignmentAbsolute"),
                MinimumPopulation = form.Number("assignmentPopulation") ?? -1,
            }
            : before.Assignments,
    };

    /// <summary>When it syncs by itself, and what follows from differences.</summary>
    public static SyncSettings Sync(IFormCollection form, SyncSettings before)
    {
        var cron = form.Text("schedule") is OwnCron ? form.Text("cron") ?? "" : form.Text("schedule");
        return before with
        {
            Schedule = cron is null ? null : new SyncSchedule(cron, form.Text("timeZone") ?? "UTC"),
            AfterFailures = form.Number("afterFailures"),
            Drift = form.Text("drift") == "correct" ? DriftAction.Correct : DriftAction.Report,
        };
    }

    /// <summary>When many people who are taken away at once are held.</summary>
    public static Maybe<InboundHoldSettings> InboundHold(IFormCollection form) => new(true, form.Text("hold") is null ? null : new InboundHoldSettings
    {
        WindowMinutes = form.Number("windowMinutes") ?? -1,
        Percent = form.Number("holdPercent") ?? -1,
        Absolute = form.Number("holdAbsolute") ?? -1,
        MinimumPopulation = form.Number("holdPopulation") ?? -1,
    });

    /// <summary>The field that holds the most attempts after a failure code.</summary>
    public static string AttemptsOf(FailureCode code) => $"attempts.{code}";

    /// <summary>How failed operations are tried again.</summary>
    public static RetryPolicySettings Retry(IFormCollection form) => new()
    {
        FirstDelaySeconds = form.Number("firstDelaySeconds"),
        MaxDelaySeconds = form.Number("maxDelaySeconds"),
        Attempts = Enum.GetValues<FailureCode>().Where(code => form.Text(AttemptsOf(code)) is not null).ToDictionary(code => code, code => form.Number(AttemptsOf(code)) ?? -1),
    };

    /// <summary>When failures of the app as a whole hold the queue.</summary>
    public static CircuitSettings Circuit(IFormCollection form) => new()
    {
        Failures = form.Number("circuitFailures") ?? -1,
        ProbeSeconds = form.Number("probeSeconds") ?? -1,
        MaxProbeSeconds = form.Number("maxProbeSeconds") ?? -1,
    };

    /// <summary>The choice that stands for a schedule.</summary>
    public static string ChoiceOf(SyncSchedule? schedule) =>
        schedule is null ? "" : Schedules.Any(known => known.Cron == schedule.Cron) ? schedule.Cron : OwnCron;
}
