using System.Globalization;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;

namespace IdLcm.Gateway.Dashboard;

/// <summary>How facts of the posture are put into words and tones.</summary>
internal static class PostureWords
{
    public static string Of(MfaState state) => state switch
    {
        MfaState.OnFile => "On file",
        MfaState.Unproved => "Not proved",
        _ => state.ToString(),
    };

    public static string Tone(MfaState state) => state switch
    {
        MfaState.Managed => "good",
        MfaState.OnFile => "calm",
        MfaState.Unproved => "warn",
        _ => "bad",
    };

    public static string Of(PostureRule rule) => rule == PostureRule.Mfa ? "MFA" : "Password age";

    public static string Problem(PostureRule rule) => rule == PostureRule.Mfa ? "No MFA" : "Password too old";

    public static string Age(PostureLine line) => string.Create(CultureInfo.InvariantCulture, $"{line.PasswordAgeDays} of {Words.Count(line.PasswordMaxAgeDays, "day", "days")}");

    public static string Of(ChangeStage stage) => stage switch
    {
        ChangeStage.Stored => "A new one is kept; the app was not touched",
        ChangeStage.Unproved => "A new one is not proved yet",
        ChangeStage.OldProved => "The app kept the old one",
        _ => "The app takes neither the old one nor the new one: save the service account again",
    };

    /// <summary>A policy in one sentence.</summary>
    public static string Of(RotationPolicy? policy)
    {
        var when = new List<string>();
        if (policy?.MaxAgeDays is { } days)
        {
            when.Add($"after {Words.Count(days, "day", "days")}");
        }

        if (policy?.ExpiresAfterDays is { } expires)
        {
            when.Add($"{Words.Count(policy.DaysBeforeExpiry, "day", "days")} before the app's own expiry after {expires}");
        }

        if (policy?.Schedule is { } schedule)
        {
            when.Add($"by the clock ({schedule.Cron}, {schedule.TimeZone})");
        }

        if (policy?.AfterLeaver is true)
        {
            when.Add("after somebody left");
        }

        if (when.Count == 0)
        {
            return "Nothing is rotated by itself.";
        }

        var window = policy!.Window is not { } only ? ""
            : string.Create(CultureInfo.InvariantCulture, $", between {only.Start:HH:mm} and {only.End:HH:mm} in {only.TimeZone}{(only.Days.Count == 0 ? "" : " from " + string.Join(", ", only.Days))}");
        return $"Rotated {string.Join(", ", when)}{window}.";
    }
}
