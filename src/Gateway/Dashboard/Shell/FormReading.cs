using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Reads the fields of forms.</summary>
internal static class FormReading
{
    private const string SettingPrefix = "setting.";

    /// <summary>A field's text without blanks around it; null where it is left empty.</summary>
    public static string? Text(this IFormCollection form, string field) => form[field].ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>A whole number; null where it is left empty. What is no number becomes -1, which no field allows.</summary>
    public static int? Number(this IFormCollection form, string field) => form.Text(field) is { } text ? int.TryParse(text, out var number) ? number : -1 : null;

    /// <summary>The lines of a field that holds one value a line, without blanks around them.</summary>
    public static IReadOnlyList<string> Lines(this IFormCollection form, string field) => form[field].ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The connector's settings.</summary>
    public static Dictionary<string, string?> Settings(this IFormCollection form) =>
        form.Keys.Where(key => key.StartsWith(SettingPrefix, StringComparison.Ordinal))
            .ToDictionary(key => key[SettingPrefix.Length..], key => form.Text(key), StringComparer.Ordinal);

    /// <summary>The service account. Passwords are taken as they are, blanks included.</summary>
    public static ServiceAccountInput ServiceAccount(this IFormCollection form, ConnectorManifest? manifest, ServiceAccount? current)
    {
        var method = form.Text("loginMethod") ?? (manifest?.Auth.Methods is [var only] ? only : current?.LoginMethod);
        var secret = form["secret"].ToString() is { Length: > 0 } given ? given : null;
        return new ServiceAccountInput
        {
            UserName = form.Text("userName"),
            LoginMethod = method,
            Password = method == "accessToken" ? null : secret,
            AccessToken = method == "accessToken" ? secret : null,
            TotpSecret = form.Text("removeTotp") is null ? form.Text("totp") : "",
        };
    }

    public static DeprovisionAction? Action(this IFormCollection form, string field) => form.Text(field) switch
    {
        "deactivate" => DeprovisionAction.Deactivate,
        "delete" => DeprovisionAction.Delete,
        _ => null,
    };

    /// <summary>What was typed, to show it again; secrets are left out.</summary>
    public static IReadOnlyDictionary<string, string> Typed(this IFormCollection form) =>
        form.Keys.Where(key => key is not ("secret" or "totp" or DashboardGate.TokenField)).ToDictionary(key => key, key => form[key].ToString(), StringComparer.Ordinal);
}
