using System.Globalization;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;

namespace IdLcm.Gateway.Dashboard;

/// <summary>How facts are put into words and tones, the same everywhere.</summary>
internal static class Words
{
    public static string Of(WorkspaceRole role) => role switch
    {
        WorkspaceRole.SuperAdmin => "Super Admin",
        WorkspaceRole.IntegrationManager => "Integration manager",
        _ => role.ToString(),
    };

    public static string Of(IntegrationStatus status) => EnumNames<IntegrationStatus>.Of(status);

    public static string Of(ProvisioningState state) => EnumNames<ProvisioningState>.Of(state);

    /// <summary>Whether somebody can use the app; an invitation that waits for them is no account yet.</summary>
    public static string ActiveInApp(UserResource user) => !user.ActiveInApp ? "No" : user.StatusInApp == "pending" ? "Invited" : "Yes";

    public static string Tone(IntegrationStatus status) => status switch
    {
        IntegrationStatus.UpToDate or IntegrationStatus.Validated => "good",
        IntegrationStatus.Failed or IntegrationStatus.ValidationFailed => "bad",
        IntegrationStatus.Retrying or IntegrationStatus.UnderReview => "warn",
        _ => "busy",
    };

    public static string Tone(ProvisioningState? state) => state switch
    {
        ProvisioningState.Onboarded => "good",
        ProvisioningState.ProvisioningFailed or ProvisioningState.UpdateFailed or ProvisioningState.DeleteFailed => "bad",
        ProvisioningState.ProvisioningOngoing or ProvisioningState.UpdateOngoing or ProvisioningState.DeleteOngoing => "busy",
        ProvisioningState.Deleted or null => "calm",
        _ => "wait",
    };

    public static string Tone(OperationStatus status) => status switch
    {
        OperationStatus.Succeeded => "good",
        OperationStatus.Failed => "bad",
        OperationStatus.Halted or OperationStatus.Retrying => "warn",
        OperationStatus.Running => "busy",
        OperationStatus.Queued => "wait",
        _ => "calm",
    };

    public static string Tone(SyncPlanStatus status) => status switch
    {
        SyncPlanStatus.Applied => "good",
        SyncPlanStatus.Halted => "warn",
        SyncPlanStatus.Ready or SyncPlanStatus.Allowed => "busy",
        _ => "calm",
    };

    /// <summary>A length of time: <c>850 ms</c>, <c>4.2 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>. It is never parted from its unit.</summary>
    public static string Of(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalMilliseconds):0}\u00a0ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}\u00a0s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}\u00a0min\u00a0{time.Seconds:00}\u00a0s"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}\u00a0h\u00a0{time.Minutes:00}\u00a0min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}\u00a0days"),
    };

    public static string Bytes(long bytes) => bytes < 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes / 1024)} kB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MB");

    /// <summary>A number, its thousands apart: 12 345.</summary>
    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    public static string Count(int count, string one, string many) => count == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{count} {many}");

    /// <summary>The letter that stands for a name in a mark.</summary>
    public static string Initial(string name) => name.FirstOrDefault(char.IsLetterOrDigit) is var first and not '\0' ? char.ToUpperInvariant(first).ToString() : "?";

    /// <summary>An address with some of its parameters set; null and empty ones are left out.</summary>
    public static string Link(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new List<string>();
        foreach (var (name, value) in parameters)
        {
            if (!string.IsNullOrEmpty(value))
            {
                query.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }
}
