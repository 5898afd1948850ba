using System.Text.Json.Nodes;

namespace IdLcm.LocalHost.Cli.Remote;

/// <summary>The body that creates an integration.</summary>
internal static class IntegrationRequest
{
    /// <summary>Builds the body of <c>POST /api/integrations</c>.</summary>
    /// <param name="name">The name that administrators see.</param>
    /// <param name="app">The connector's id.</param>
    /// <param name="settings">The settings that the connector asks for.</param>
    /// <param name="userName">User name of the service account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="totpSecret">Its TOTP secret (Base32), or null.</param>
    /// <returns>The body.</returns>
    public static JsonObject Create(
        string name, string app, IReadOnlyDictionary<string, string> settings, string userName, string password, string? totpSecret = null)
    {
        var account = new JsonObject { ["userName"] = userName, ["password"] = password };
        if (totpSecret is not null)
        {
            account["totpSecret"] = totpSecret;
        }

        return new JsonObject
        {
            ["name"] = name,
            ["app"] = app,
            ["settings"] = new JsonObject(settings.Select(setting => KeyValuePair.Create(setting.Key, (JsonNode?)setting.Value))),
            ["serviceAccount"] = account,
        };
    }
}
