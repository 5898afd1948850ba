using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Settings;

internal static class WorkspacePages
{
    private const string AtOnce = "at-once";
    private const string ByInvitation = "by-invitation";

    public static void MapWorkspace(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/home", Home);
        pages.MapGet("/roles", Roles);
        pages.MapGet("/settings", (Visit visit) => visit.Faults.Underpermissioned ? visit.Forbidden() : Settings(visit));
        pages.MapPost("/settings", Save);
    }

    private static IResult Home(Visit visit)
    {
        var seats = visit.Workspace.Seats;
        return visit.Page("Home", Html.Of($"""
            <h1>Welcome back</h1>
            <section class="card"><h2>{visit.Workspace.Settings.Name}</h2>
            <dl><dt>Workspace ID</dt><dd>{visit.Workspace.Id}</dd><dt>Plan</dt><dd>Team, {seats.Used} of {seats.Total} seats used</dd></dl>
            </section>
            <section class="card"><h2>Administration</h2>
            <ul><li><a href="/roles">Roles</a> and what they allow</li><li><a href="/audit">Audit log</a> of everything that changed</li><li><a href="/outbox">Outbox</a> with the invitations sent</li></ul>
            </section>
            """));
    }

    private static IResult Roles(Visit visit)
    {
        var members = visit.Workspace.Members().CountBy(m => m.Role).ToDictionary();
        return visit.Page("Roles", Html.Of($"""
            <h1>Roles</h1>
            <section class="card">
            {Forms.Table(visit, "Roles", ["Role", "Description", "Members", "Exclusive"], [.. Enum.GetValues<Role>().Select(role => Html.Of(
                $"""<tr><td>{role.ToString()}</td><td>{RoleCatalog.Describe(role)}</td><td>{members.GetValueOrDefault(role)}</td><td>{(RoleCatalog.IsExclusive(role) ? "Yes" : "No")}</td></tr>"""))], "No roles.")}
            </section>
            """));
    }

    private static IResult Settings(Visit visit, string? alert = null)
    {
        var settings = visit.Workspace.Settings;
        return visit.Page("Settings", Html.Of($"""
            <h1>Settings</h1>
            <section class="card form">
            {Forms.Post(visit, "/settings", Html.Of($"""
                {Forms.Text(visit, "Workspace name", "name", settings.Name)}
                {Forms.Text(visit, "Workspace ID", "id", visit.Workspace.Id, readOnly: true)}
                {Forms.Text(visit, "Plan seats", "seats", $"{settings.Seats}")}
                {Forms.Select(visit, "New members join", "join", [(ByInvitation, "By invitation"), (AtOnce, "At once")], settings.JoinAtOnce ? AtOnce : ByInvitation)}
                <div class="actions">{Forms.Button(visit, "Save settings")}</div>
                """))}
            </section>
            """), alert);
    }

    private static IResult Save(Visit visit)
    {
        if (visit.Faults.Underpermissioned)
            return visit.Forbidden();
        var outcome = visit.Workspace.SaveSettings(
            visit.Field("name"), visit.Field("seats"), visit.Field("join") == AtOnce, visit.User);
        return outcome.Refused ? Settings(visit, outcome.Message) : visit.Finish(outcome, "/settings");
    }
}
