namespace IdLcm.Samples.Rendering;

/// <summary>The parts that forms and tables are made of.</summary>
internal static class Forms
{
    public const string TokenField = "_token";

    /// <summary>A form that posts, with the session's antiforgery token. Its checks are made on the server, where they have words.</summary>
    public static Html Post(Visit visit, string action, Html content, string style = "") => Html.Of($"""
        <form method="post" action="{action}" class="{style}" novalidate>
        <input type="hidden" name="{TokenField}" value="{visit.Session?.FormToken}">
        {content}</form>
        """);

    public static Html Text(Visit visit, string label, string name, string value, string type = "text", bool readOnly = false) => Html.Of($"""
        <div class="field"><label for="{name}">{visit.Words(label)}</label>
        <input id="{name}" name="{name}" type="{type}" value="{value}" autocomplete="off"{Flag(readOnly, " readonly")}></div>
        """);

    public static Html Select(Visit visit, string label, string name, IEnumerable<(string Value, string Text)> options, string selected) => Html.Of($"""
        <div class="field"><label for="{name}">{visit.Words(label)}</label>
        <select id="{name}" name="{name}">
        {options.Select(o => Html.Of($"""<option value="{o.Value}"{Flag(o.Value == selected, " selected")}>{o.Text}</option>"""))}
        </select></div>
        """);

    public static Html Button(Visit visit, string name, string style = "") =>
        Html.Of($"""<button type="submit" class="{style}">{visit.Words(name)}</button>""");

    public static Html LinkButton(Visit visit, string name, string path) =>
        Html.Of($"""<a class="button" href="{path}">{visit.Words(name)}</a>""");

    /// <summary>A closed "More" menu around the content, or the content itself.</summary>
    public static Html InMenu(bool moved, Html content) =>
        moved ? Html.Of($"""<details class="menu"><summary>More</summary><div>{content}</div></details>""") : content;

    public static Html Table(Visit visit, string name, IEnumerable<string> columns, IReadOnlyCollection<Html> rows, string whenEmpty) => Html.Of($"""
        <table aria-label="{name}">
        <thead><tr>{columns.Select(c => Html.Of($"""<th scope="col">{Column(visit, c)}</th>"""))}</tr></thead>
        <tbody>
        {rows}
        </tbody>
        </table>
        {Html.If(rows.Count == 0, () => Html.Of($"""<p class="empty">{whenEmpty}</p>"""))}
        """);

    public static Html Badge(string text) =>
        Html.Of($"""<span class="badge {text.ToLowerInvariant()}">{text}</span>""");

    public static Html Flag(bool on, string markup) => on ? new Html(markup) : Html.Empty;

    public static string Date(DateTimeOffset? at) => at is { } when ? $"{when:yyyy-MM-dd HH:mm}" : "Never";

    public static string Day(DateTimeOffset? at) => at is { } when ? $"{when:yyyy-MM-dd}" : "Never";

    private static string Column(Visit visit, string name) => visit.Faults.RenamedLabels.GetValueOrDefault($"column:{name}", name);
}
