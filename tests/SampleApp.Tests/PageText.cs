using System.Net;
using System.Text.RegularExpressions;

namespace IdLcm.Samples.Tests;

/// <summary>A page as a person reads it: found by headings, roles, labels and column names.</summary>
internal sealed partial record PageText(string Path, HttpStatusCode Status, string Html)
{
    public string Heading => Text(Match(Html, "<h1>(.*?)</h1>"));

    public string? Notice => ByRole("status");

    public string? Alert => ByRole("alert");

    public string Read => Text(Html);

    public bool HasLink(string name) => Inner("a").Contains(name, StringComparer.Ordinal);

    public bool HasButton(string name) => Inner("button").Contains(name, StringComparer.Ordinal);

    public bool HasLabel(string name) => Inner("label").Contains(name, StringComparer.Ordinal);

    /// <summary>The rows of the table of that name, each cell under its column's name.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string table)
    {
        var markup = Match(Html, $"""<table aria-label="{table}">(.*?)</table>""");
        var columns = All(markup, "<th[^>]*>(.*?)</th>").Select(Text).ToList();
        return
        [
            .. All(Match(markup, "<tbody>(.*?)</tbody>"), "<tr>(.*?)</tr>").Select(row => All(row, "<td[^>]*>(.*?)</td>")
                .Select((cell, i) => (Column: columns[i], Value: Text(cell)))
                .ToDictionary(c => c.Column, c => c.Value, StringComparer.Ordinal)),
        ];
    }

    public string LinkTo(string name) => WebUtility.HtmlDecode(
        Links().Matches(Html).First(m => Text(m.Groups["text"].Value) == name).Groups["to"].Value);

    /// <summary>The form that the named button submits; with <paramref name="row"/>, the one in the table row that shows that text.</summary>
    public PageForm FormOf(string button, string? row = null)
    {
        var within = row is null ? Html : All(Html, "(<tr>.*?</tr>)").First(r => Text(r).Contains(row, StringComparison.Ordinal));
        var forms = Forms().Matches(within).Select(m => (Tag: m.Groups["tag"].Value, Body: m.Groups["body"].Value));
        var (tag, body) = forms.First(f => All(f.Body, "<button type=\"submit\"[^>]*>(.*?)</button>").Select(Text).Contains(button, StringComparer.Ordinal));
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var input in All(body, "(<input[^>]*>)").Where(i => !i.Contains("type=\"checkbox\"", StringComparison.Ordinal)))
            fields[Attribute(input, "name")] = Attribute(input, "value");
        foreach (var select in All(body, "(<select.*?</select>)"))
            fields[Attribute(select, "name")] = Attribute(Match(select, "(<option[^>]* selected>)"), "value");
        var labels = Labels().Matches(body).ToDictionary(m => Text(m.Groups["text"].Value), m => m.Groups["id"].Value, StringComparer.Ordinal);
        return new PageForm(Attribute(tag, "method"), Attribute(tag, "action"), fields, labels);
    }

    private string? ByRole(string role) =>
        All(Html, $"""<(?:div|p) role="{role}"[^>]*>(.*?)</""").Select(Text).FirstOrDefault();

    private IEnumerable<string> Inner(string tag) => All(Html, $"<{tag}(?: [^>]*)?>(.*?)</{tag}>").Select(Text);

    private static string Attribute(string tag, string name) => WebUtility.HtmlDecode(Match(tag, $" {name}=\"([^\"]*)\""));

    private static string Text(string markup) => WebUtility.HtmlDecode(Tags().Replace(markup, " ")).Trim();

    private static string Match(string text, string pattern) => All(text, pattern).FirstOrDefault() ?? "";

    private static List<string> All(string text, string pattern) =>
        [.. Regex.Matches(text, pattern, RegexOptions.Singleline, TimeSpan.FromSeconds(5)).Select(m => m.Groups[1].Value)];

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 5000)]
    private static partial Regex Tags();

    [GeneratedRegex("<a [^>]*?href=\"(?<to>[^\"]*)\"[^>]*>(?<text>.*?)</a>", RegexOptions.Singleline, 5000)]
    private static partial Regex Links();

    [GeneratedRegex("(?<tag><form[^>]*>)(?<body>.*?)</form>", RegexOptions.Singleline, 5000)]
    private static partial Regex Forms();

    [GeneratedRegex("<label for=\"(?<id>[^\"]*)\">(?<text>.*?)</label>", RegexOptions.Singleline, 5000)]
    private static partial Regex Labels();
}

internal sealed record PageForm(
    string Method, string Action, Dictionary<string, string> Fields, IReadOnlyDictionary<string, string> Labels);
