using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Members;

internal static class MemberPage
{
    public static IResult Show(Visit visit, int id) => visit.Workspace.FindMember(id) is { } member
        ? Page(visit, member, FormOf(member), alert: null)
        : visit.NotFound("There is no such member.");

    public static IResult Save(Visit visit, int id)
    {
        if (Refusal(visit, id, out var member) is { } refusal)
            return refusal;
        var form = new MemberForm(
            visit.Field("firstName"), visit.Field("lastName"), visit.Field("email"), visit.Field("role"),
            visit.Field("jobTitle"), visit.Field("department"));
        var outcome = visit.Workspace.Save(id, form, visit.User);
        return outcome.Refused ? Page(visit, member, form, outcome.Message) : visit.Finish(outcome, $"/members/{id}");
    }

    /// <summary>A form post that is a single button.</summary>
    public static Func<Visit, int, IResult> Press(Func<Workspace, int, string, Outcome> write, bool leads = false) => (visit, id) =>
    {
        if (Refusal(visit, id, out _) is { } refusal)
            return refusal;
        var outcome = write(visit.Workspace, id, visit.User);
        return visit.Finish(outcome, leads && !outcome.Refused ? "/members" : $"/members/{id}");
    };

    public static IResult SetPassword(Visit visit, int id)
    {
        if (Refusal(visit, id, out var member) is { } refusal)
            return refusal;
        var outcome = visit.Workspace.SetPassword(id, visit.Http.Request.Form["wanted"].ToString(), visit.User);
        return outcome.Refused ? Page(visit, member, FormOf(member), outcome.Message) : visit.Finish(outcome, $"/members/{id}");
    }

    public static IResult SignOutEverywhere(Visit visit, int id)
    {
        if (Refusal(visit, id, out var member) is { } refusal)
            return refusal;
        var outcome = visit.Workspace.SignOutEverywhere(id, visit.User);
        if (outcome.Committed)
            visit.Site.Sessions.EndOf(member.Email);
        return visit.Finish(outcome, $"/members/{id}");
    }

    private static IResult? Refusal(Visit visit, int id, out Member member)
    {
        var found = visit.Workspace.FindMember(id);
        member = found!;
        return visit.Faults.Underpermissioned ? visit.Forbidden()
            : found is null ? visit.NotFound("There is no such member.")
            : null;
    }

    private static MemberForm FormOf(Member member) => new(
        member.FirstName, member.LastName, member.Email, member.Role.ToString(), member.JobTitle, member.Department);

    private static IResult Page(Visit visit, Member member, MemberForm form, string? alert) => visit.Page(member.Name, Html.Of($"""
        <p class="crumbs"><a href="/members">All people</a></p>
        <div class="title"><h1>{member.Name}</h1>{Forms.Badge(member.Status.ToString())}</div>
        <div class="columns">
        <section class="card form" aria-labelledby="profile"><h2 id="profile">Profile</h2>
        {Forms.Post(visit, $"/members/{member.Id}", Html.Of($"""
            <div class="pair">
            {Forms.Text(visit, "First name", "firstName", form.FirstName)}
            {Forms.Text(visit, "Last name", "lastName", form.LastName)}
            </div>
            {Forms.Text(visit, "Email", "email", form.Email, readOnly: member.Role == Role.Administrator)}
            <div class="pair">
            {Forms.Text(visit, "Job title", "jobTitle", form.JobTitle)}
            {Forms.Text(visit, "Department", "department", form.Department)}
            </div>
            {RoleField(visit, member, form)}
            {Html.If(!visit.Faults.Underpermissioned, () => Html.Of($"""<div class="actions">{Forms.Button(visit, "Save changes")}</div>"""))}
            """))}
        </section>
        <div>
        {Membership(visit, member)}
        {Html.If(!visit.Faults.Underpermissioned && member.Role != Role.Administrator, () => SignIn(visit, member))}
        {ProjectAccess(visit, member)}
        </div>
        </div>
        """), alert);

    private static Html RoleField(Visit visit, Member member, MemberForm form) => member.Role == Role.Administrator
        ? Forms.Text(visit, "Role", "role", form.Role, readOnly: true)
        : Forms.Select(visit, "Role", "role", InvitePage.RoleOptions, form.Role);

    private static Html Membership(Visit visit, Member member) => Html.Of($"""
        <section class="card" aria-labelledby="membership"><h2 id="membership">Membership</h2>
        <dl><dt>Status</dt><dd>{member.Status.ToString()}</dd><dt>Joined</dt><dd>{(member.JoinedAt is null ? "Not yet" : Forms.Date(member.JoinedAt))}</dd><dt>Last active</dt><dd>{Forms.Date(member.LastActiveAt)}</dd></dl>
        {Html.If(!visit.Faults.Underpermissioned, () => Buttons(visit, member))}
        </section>
        """);

    private static Html Buttons(Visit visit, Member member) => Html.Of($"""
        <div class="actions">
        {Html.If(member.Status == MemberStatus.Pending, () => PressForm(visit, member, "resend", "Resend invitation"))}
        {(member.Status == MemberStatus.Suspended ? PressForm(visit, member, "reactivate", "Reactivate") : PressForm(visit, member, "suspend", "Suspend"))}
        {Forms.InMenu(visit.Faults.MovedButton, Html.Of($"""<button type="button" class="danger" command="show-modal" commandfor="remove-dialog">{visit.Words("Remove member")}</button>"""))}
        </div>
        <dialog id="remove-dialog" aria-labelledby="remove-title">
        <h2 id="remove-title">Remove {member.Name}?</h2>
        <p>{member.Email} loses access to {visit.Workspace.Settings.Name} and to every project at once. This cannot be undone.</p>
        <div class="actions">
        <button type="button" class="quiet" command="close" commandfor="remove-dialog">{visit.Words("Cancel")}</button>
        {Forms.Post(visit, $"/members/{member.Id}/remove", Forms.Button(visit, "Remove", "danger"))}
        </div>
        </dialog>
        """);

    private static Html SignIn(Visit visit, Member member) => Html.Of($"""
        <section class="card form" aria-labelledby="sign-in"><h2 id="sign-in">Sign-in</h2>
        {Forms.Post(visit, $"/members/{member.Id}/password", Html.Of($"""
            {Forms.Text(visit, "New password", "wanted", "", type: "password")}
            <div class="actions">{Forms.Button(visit, "Set password", "quiet")}</div>
            """))}
        <div class="actions">{PressForm(visit, member, "sign-out", "Sign out everywhere")}</div>
        </section>
        """);

    private static Html PressForm(Visit visit, Member member, string path, string name) =>
        Forms.Post(visit, $"/members/{member.Id}/{path}", Forms.Button(visit, name, "quiet"));

    private static Html ProjectAccess(Visit visit, Member member) => Html.Of($"""
        <section class="card" aria-labelledby="access"><h2 id="access">Project access</h2>
        {Forms.Table(visit, "Project access", ["Project", "Permission"], [.. member.Grants.Select(g => Html.Of(
            $"""<tr><td><a href="/projects/{g.Project}">{Workspace.FindProject(g.Project)?.Name}</a></td><td>{g.Permission.ToString()}</td></tr>"""))], "No projects yet.")}
        </section>
        """);
}
