using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>The browser of a connector should reach its app and nothing more.</summary>
internal static class HostRules
{
    private static readonly string[] PublicSuffixes =
        ["co.uk", "org.uk", "com.au", "co.jp", "co.nz", "com.br", "co.in", "azurewebsites.net", "cloudapp.net", "herokuapp.com", "github.io", "vercel.app", "web.app", "pages.dev", "amazonaws.com", "onrender.com", "netlify.app"];

    public static void Check(ConnectorDefinition connector, LintPlaces places, DiagnosticBag diagnostics)
    {
        foreach (var host in connector.AllowedHosts)
        {
            var text = host.Source;
            var wide = text.StartsWith("*.", StringComparison.Ordinal);
            var rest = wide ? text[2..] : text;
            if (text.Contains('*', StringComparison.Ordinal) && (!wide || rest.Contains('*', StringComparison.Ordinal)))
            {
                diagnostics.Error(host.Mark, "wide-host", $"'{text}' allows too much: a '*' stands only first, as in *.app.example.");
            }
            else if (wide && (!rest.Contains('.', StringComparison.Ordinal) || PublicSuffixes.Contains(rest, StringComparer.OrdinalIgnoreCase)))
            {
                diagnostics.Error(host.Mark, "wide-host", $"'{text}' allows everyone's hosts under {rest}; name the app's own domain.");
            }
            else if (host.IsLiteral && Browser.HostRule.Parse(text) is null)
            {
                diagnostics.Error(host.Mark, "wide-host", $"'{text}' is not a host: host, host:port or *.host.");
            }

            foreach (var setting in host.Placeholders.Select(p => Setting(connector, p)).OfType<Domain.Connectors.ConnectorSetting>().Where(s => s.Pattern is null))
            {
                diagnostics.Warning(places.Of("settings", setting.Name), "wide-host", $"The setting '{setting.Name}' becomes part of an allowed host and has no pattern: it could be any host.");
            }
        }

        if (connector.InsecureHttp)
        {
            diagnostics.Warning(places.Of("app", "insecureHttp"), "insecure-http", "Passwords and sessions travel unencrypted over plain http to other machines.");
        }
    }

    private static Domain.Connectors.ConnectorSetting? Setting(ConnectorDefinition connector, PlaceholderPath path)
    {
        var name = path is { Root: "settings", Rest: [string member, ..] } ? member : path.Root;
        return connector.Manifest.Settings.FirstOrDefault(s => s.Name == name);
    }
}
