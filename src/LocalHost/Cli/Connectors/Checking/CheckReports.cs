using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using IdLcm.Domain.Connectors;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Writes the outcomes for people (HTML) and for build servers (JUnit's XML).</summary>
internal static class CheckReports
{
    private const string Style =
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430;background:#fff}"
        + "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d5dae1;vertical-align:top}"
        + ".Passed{color:#11703a}.Failed{color:#b3261e;font-weight:600}.Skipped{color:#5b6573}pre{white-space:pre-wrap;margin:.4rem 0}";

    /// <summary>Writes both reports.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="manifest">The connector.</param>
    /// <param name="outcomes">The outcomes.</param>
    /// <param name="at">When it was checked.</param>
    public static void Write(string directory, ConnectorManifest manifest, IReadOnlyList<CheckOutcome> outcomes, DateTimeOffset at)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "report.html"), Html(manifest, outcomes, at));
        using var file = XmlWriter.Create(Path.Combine(directory, "junit.xml"), new XmlWriterSettings { Indent = true, CheckCharacters = false });
        JUnit(manifest, outcomes, at).Save(file);
    }

    private static string Html(ConnectorManifest manifest, IReadOnlyList<CheckOutcome> outcomes, DateTimeOffset at)
    {
        static string Text(string text) => WebUtility.HtmlEncode(text);
        int Count(CheckState state) => outcomes.Count(o => o.State == state);
        var title = $"{manifest.AppName} ({manifest.Id} {manifest.Version})";
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{Text(title)}: checklist</title><style>{Style}</style></head><body><main><h1>{Text(title)}</h1>")
            .Append(CultureInfo.InvariantCulture, $"<p>{Count(CheckState.Passed)} passed, {Count(CheckState.Failed)} failed, {Count(CheckState.Skipped)} skipped; checked {at:yyyy-MM-dd HH:mm} UTC.</p>")
            .Append("<table><thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Outcome</th><th scope=\"col\">Time</th><th scope=\"col\">What happened</th></tr></thead><tbody>\n");
        foreach (var outcome in outcomes)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(outcome.Name)}</th><td class=\"{outcome.State}\">{outcome.State}</td><td>{outcome.Duration.TotalMilliseconds:0} ms</td><td>{Text(outcome.Detail)}");
            foreach (var path in outcome.Evidence)
            {
                html.Append(CultureInfo.InvariantCulture, $" <a href=\"{Text(path)}\">{Text(Path.GetFileName(path))}</a>");
            }

            if (outcome.Steps.Count > 0)
            {
                html.Append(CultureInfo.InvariantCulture, $"<details><summary>{outcome.Steps.Count} steps</summary><pre>{Text(string.Join('\n', outcome.Steps))}</pre></details>");
            }

            html.Append("</td></tr>\n");
        }

        return html.Append("</tbody></table></main></body></html>\n").ToString();
    }

    private static XDocument JUnit(ConnectorManifest manifest, IReadOnlyList<CheckOutcome> outcomes, DateTimeOffset at) => new(new XElement(
        "testsuite",
        new XAttribute("name", $"{manifest.Id} {manifest.Version}"),
        new XAttribute("tests", outcomes.Count),
        new XAttribute("failures", outcomes.Count(o => o.State == CheckState.Failed)),
        new XAttribute("skipped", outcomes.Count(o => o.State == CheckState.Skipped)),
        new XAttribute("timestamp", at.ToString("s", CultureInfo.InvariantCulture)),
        new XAttribute("time", Seconds(TimeSpan.FromTicks(outcomes.Sum(o => o.Duration.Ticks)))),
        outcomes.Select(outcome => new XElement(
            "testcase",
            new XAttribute("classname", manifest.Id),
            new XAttribute("name", Clean(outcome.Name)),
            new XAttribute("time", Seconds(outcome.Duration)),
            outcome.State switch
            {
                CheckState.Failed => new XElement("failure", new XAttribute("message", Clean(outcome.Detail)), Clean(string.Join('\n', outcome.Steps))),
                CheckState.Skipped => new XElement("skipped", new XAttribute("message", Clean(outcome.Detail))),
                _ => null,
            }))));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>What an app says may hold characters that XML has no place for.</summary>
    private static string Clean(string text) => string.Concat(text.Where(XmlConvert.IsXmlChar));
}
