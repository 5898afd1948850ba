using IdLcm.Samples.Data;
using IdLcm.Samples.SignIn;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Rendering;

/// <summary>One request to a page: who asks, what they sent, and the ways to answer.</summary>
internal sealed class Visit(HttpContext http, Site site, Session? session)
{
    public HttpContext Http => http;

    public Site Site => site;

    public Workspace Workspace => site.Workspace;

    public FaultSettings Faults { get; } = site.Faults.Current;

    public Session? Session { get; set; } = session;

    /// <summary>The signed-in administrator's e-mail; empty before sign-in.</summary>
    public string User => Session?.User ?? "";

    public static ValueTask<Visit> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    public static Visit Of(HttpContext context) => (Visit)context.Items[typeof(Visit)]!;

    /// <summary>A field of the posted form, trimmed.</summary>
    public string Field(string name) => http.Request.Form[name].ToString().Trim();

    public string Query(string name) => http.Request.Query[name].ToString().Trim();

    /// <summary>The words of a label, button, link or column, as the fault switches have them.</summary>
    public string Words(string usual) => Faults.RenamedLabels.GetValueOrDefault(usual, usual);

    public IResult Page(string title, Html body, string? alert = null, int status = StatusCodes.Status200OK)
    {
        var flash = alert is null ? Session?.TakeFlash(http.Request.Path) : new Flash(http.Request.Path, alert, IsAlert: true);
        return new HtmlPage(Layout.Page(this, title, flash, body), status);
    }

    public IResult NotFound(string what) =>
        Page("Not found", Html.Of($"<h1>Not found</h1><p>{what}</p>"), status: StatusCodes.Status404NotFound);

    public IResult Forbidden() => Page(
        "No permission",
        Html.Of($"<h1>No permission</h1><p role=\"alert\" class=\"flash bad\">You do not have permission</p>"),
        status: StatusCodes.Status403Forbidden);

    /// <summary>Leaves the outcome's message for the next page and goes there; a switched-on crash leaves nothing.</summary>
    public IResult Finish(Outcome outcome, string path)
    {
        if (outcome.Committed && site.Faults.TakeCrashAfterCommit())
            return new NoAnswer();
        Session?.Leave(new Flash(path, outcome.Message, outcome.Refused));
        return new SeeOther(path);
    }
}
