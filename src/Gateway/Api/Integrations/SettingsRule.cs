using IdLcm.Domain.Integrations;

namespace IdLcm.Gateway.Api;

/// <summary>
/// Who may change an integration's settings. They say where the app is, and the service account signs in there: whoever
/// could point them elsewhere would be handed its password.
/// </summary>
internal static class SettingsRule
{
    public static async Task<Refusal?> CheckAsync(
        ApiCaller caller, IntegrationStore integrations, string integrationId, IReadOnlyDictionary<string, string?>? settings, CancellationToken cancellationToken)
    {
        if (settings is null || caller.Has(Permission.AllowHosts) || await integrations.FindAsync(integrationId, cancellationToken) is not { } found)
        {
            return null;
        }

        return settings.Any(setting => setting.Value != found.Value.Settings.GetValueOrDefault(setting.Key))
            ? Refusal.Forbidden("settings_need_admin", "The app's settings say where the service account signs in: an Admin changes them.")
            : null;
    }
}
