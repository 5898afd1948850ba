using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Projects;

internal static class ProjectPages
{
    public static void MapProjects(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/projects", List);
        pages.MapGet("/projects/{id}", (Visit visit, string id) => OnProject(visit, id, project => Show(visit, project)));
        pages.MapPost("/projects/{id}/grant", (Visit visit, string id) => OnProject(visit, id, project => Grant(visit, project)));
        pages.MapPost("/projects/{id}/revoke", (Visit visit, string id) => OnProject(visit, id, project => Revoke(visit, project)));
    }

    private static IResult OnProject(Visit visit, string id, Func<Project, IResult> show) =>
        Workspace.FindProject(id) is { } project ? show(project) : visit.NotFound("There is no such project.");

    private static IResult List(Visit visit)
    {
        var sizes = visit.Workspace.Members().SelectMany(m => m.Grants).CountBy(g => g.Project).ToDictionary();
        return visit.Page("Projects", Html.Of($"""
            <h1>Projects</h1>
            <section class="card">
            {Forms.Table(visit, "Projects", ["Name", "Members"], [.. Workspace.Projects.Select(p => Html.Of(
                $"""<tr><td><a href="/projects/{p.Id}">{p.Name}</a></td><td>{sizes.GetValueOrDefault(p.Id)}</td></tr>"""))], "No projects.")}
            </section>
            """));
    }

    private static IResult Show(Visit visit, Project project, string email = "", string? alert = null)
    {
        var rows =
            from member in visit.Workspace.Members()
            from grant in member.Grants
            where grant.Project == project.Id
            select Row(visit, project, member, grant);
        return visit.Page(project.Name, Html.Of($"""
            <p class="crumbs"><a href="/projects">All projects</a></p>
            <h1>{project.Name}</h1>
            {Html.If(!visit.Faults.Underpermissioned, () => GrantForm(visit, project, email))}
            <section class="card" aria-labelledby="access"><h2 id="access">Who has access</h2>
            {Forms.Table(visit, "Access", ["Email", "Permission", "Actions"], [.. rows], "No one has access yet.")}
            </section>
            """), alert);
    }

    private static Html GrantForm(Visit visit, Project project, string email) => Html.Of($"""
        <section class="card" aria-labelledby="grant"><h2 id="grant">Give access</h2>
        {Forms.Post(visit, $"/projects/{project.Id}/grant", Html.Of($"""
            {Forms.Text(visit, "Email", "email", email)}
            {Forms.Select(visit, "Permission", "permission", Enum.GetNames<Permission>().Select(p => (p, p)), nameof(Permission.Read))}
            {Forms.Button(visit, "Grant access")}
            """), "search")}
        </section>
        """);

    private static Html Row(Visit visit, Project project, Member member, Grant grant) => Html.Of($"""
        <tr><td><a href="/members/{member.Id}">{member.Email}</a></td><td>{grant.Permission.ToString()}</td><td>{Html.If(!visit.Faults.Underpermissioned, () => Forms.Post(visit, $"/projects/{project.Id}/revoke", Html.Of($"""
            <input type="hidden" name="member" value="{member.Id}">{Forms.Button(visit, "Revoke", "quiet small")}
            """)))}</td></tr>
        """);

    private static IResult Grant(Visit visit, Project project)
    {
        if (visit.Faults.Underpermissioned)
            return visit.Forbidden();
        var email = visit.Field("email");
        var outcome = visit.Workspace.GrantAccess(project.Id, email, visit.Field("permission"), visit.User);
        return outcome.Refused ? Show(visit, project, email, outcome.Message) : visit.Finish(outcome, $"/projects/{project.Id}");
    }

    private static IResult Revoke(Visit visit, Project project)
    {
        if (visit.Faults.Underpermissioned)
            return visit.Forbidden();
        var outcome = int.TryParse(visit.Field("member"), out var id)
            ? visit.Workspace.RevokeAccess(project.Id, id, visit.User)
            : Outcome.Refuse("This member is no longer in the workspace.");
        return visit.Finish(outcome, $"/projects/{project.Id}");
    }
}
