using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Settings;

internal static class AuditPage
{
    private const int EventsPerPage = 50;

    public static void MapAudit(this IEndpointRouteBuilder pages) => pages.MapGet("/audit", Show);

    private static IResult Show(Visit visit)
    {
        var all = visit.Workspace.Audit();
        var last = Math.Max(1, (all.Count + EventsPerPage - 1) / EventsPerPage);
        var page = int.TryParse(visit.Query("page"), out var number) ? Math.Clamp(number, 1, last) : 1;
        var shown = all.Reverse().Skip((page - 1) * EventsPerPage).Take(EventsPerPage);
        return visit.Page("Audit log", Html.Of($"""
            <h1>Audit log</h1>
            <div class="facts"><p>{all.Count} events</p></div>
            <section class="card">
            {Forms.Table(visit, "Audit log", ["Date", "Actor", "Event", "Target", "Detail"], [.. shown.Select(Row)], "Nothing happened yet.")}
            <nav class="pager" aria-label="Pages">
            {Html.If(page > 1, () => Html.Of($"""<a class="button quiet" href="/audit?page={page - 1}">Previous</a>"""))}
            <span>Page {page} of {last}</span>
            {Html.If(page < last, () => Html.Of($"""<a class="button quiet" href="/audit?page={page + 1}">Next</a>"""))}
            </nav>
            </section>
            """));
    }

    private static Html Row(AuditEntry entry) => Html.Of($"""
        <tr><td class="muted nowrap">{Forms.Date(entry.At)}</td><td>{entry.Actor}</td><td>{entry.Event}</td><td>{entry.Target}</td><td>{entry.Detail}</td></tr>
        """);
}
