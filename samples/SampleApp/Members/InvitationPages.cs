using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Members;

/// <summary>The mails that the app would have sent, and the page that an invitation links to.</summary>
internal static class InvitationPages
{
    private const int MailsShown = 200;

    public static IResult Outbox(Visit visit) => visit.Page("Outbox", Html.Of($"""
        <h1>Outbox</h1><p class="muted">E-mails of this workspace, newest first. This sample sends none of them.</p>
        <section class="card">
        {Forms.Table(visit, "Outbox", ["Sent", "To", "Subject", "Link"], [.. visit.Workspace.Outbox().Reverse().Take(MailsShown).Select(MailRow)], "Nothing sent yet.")}
        </section>
        """));

    public static IResult Show(Visit visit, string token) => visit.Workspace.FindInvitation(token) switch
    {
        null => visit.NotFound("This invitation does not exist."),
        { Status: MemberStatus.Pending } member => visit.Page("Invitation", Html.Of($"""
            <section class="card narrow"><h1>Join {visit.Workspace.Settings.Name}</h1>
            <p>{member.Name}, you are invited as {member.Role.ToString()} with {member.Email}.</p>
            {Forms.Post(visit, $"/accept/{token}", Forms.Button(visit, "Accept invitation", "wide"))}
            </section>
            """)),
        _ => Over(visit, alert: null),
    };

    public static IResult Accept(Visit visit, string token)
    {
        var outcome = visit.Workspace.Accept(token);
        return outcome.Refused ? Over(visit, outcome.Message) : visit.Finish(outcome, $"/accept/{token}");
    }

    private static IResult Over(Visit visit, string? alert) => visit.Page(
        "Invitation",
        Html.Of($"""<section class="card narrow"><h1>Invitation</h1><p>This invitation has been used or is no longer valid.</p></section>"""),
        alert);

    private static Html MailRow(Mail mail) => Html.Of($"""
        <tr><td class="muted nowrap">{Forms.Date(mail.At)}</td><td>{mail.To}</td><td>{mail.Subject}</td><td><a href="{mail.Link}">{mail.Link}</a></td></tr>
        """);
}
