using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Members;

internal static class InvitePage
{
    public static IEnumerable<(string Value, string Text)> RoleOptions =>
        RoleCatalog.Assignable.Select(r => (r.ToString(), r.ToString()));

    public static IResult Show(Visit visit) => visit.Faults.Underpermissioned
        ? visit.Forbidden()
        : Page(visit, new MemberForm("", "", "", nameof(Role.Viewer)), alert: null);

    public static IResult Send(Visit visit)
    {
        if (visit.Faults.Underpermissioned)
            return visit.Forbidden();
        var form = new MemberForm(visit.Field("firstName"), visit.Field("lastName"), visit.Field("email"), visit.Field("role"));
        var outcome = visit.Workspace.Invite(form, visit.User);
        return outcome.Refused ? Page(visit, form, outcome.Message) : visit.Finish(outcome, "/members");
    }

    private static IResult Page(Visit visit, MemberForm form, string? alert) => visit.Page("Invite member", Html.Of($"""
        <h1>Invite a member</h1>
        <section class="card form">
        {Forms.Post(visit, "/members/invite", Html.Of($"""
            <div class="pair">
            {Forms.Text(visit, "First name", "firstName", form.FirstName)}
            {Forms.Text(visit, "Last name", "lastName", form.LastName)}
            </div>
            {Forms.Text(visit, "Email", "email", form.Email)}
            {Forms.Select(visit, "Role", "role", RoleOptions, form.Role)}
            <div class="actions">{Forms.Button(visit, "Send invite")}<a href="/members">Cancel</a> <a href="/roles">About roles</a></div>
            """))}
        </section>
        """), alert);
}
