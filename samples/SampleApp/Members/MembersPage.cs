using System.Globalization;
using IdLcm.Samples.Data;
using IdLcm.Samples.Rendering;

namespace IdLcm.Samples.Members;

internal static class MembersPage
{
    private const int PageSize = 25;
    private static readonly string[] Columns = ["Name", "Email", "Role", "Status", "Projects", "Last active", "Actions"];

    public static IResult Show(Visit visit)
    {
        var search = visit.Query("q");
        var status = Enum.TryParse<MemberStatus>(visit.Query("status"), ignoreCase: true, out var one) ? one : (MemberStatus?)null;
        var found = Find(visit, search, status);
        var wanted = int.TryParse(visit.Query("page"), out var number) && number > 0 ? number : 1;
        var last = Math.Max(1, (found.Count + PageSize - 1) / PageSize);
        var shown = Math.Min(last, visit.Faults.ShortList ?? last);
        var page = Math.Clamp(wanted, 1, Math.Max(1, shown));
        var rows = found.Skip((page - 1) * PageSize).Take(PageSize);
        var seats = visit.Workspace.Seats;

        return visit.Page("Members", Html.Of($"""
            <div class="title"><h1>Members</h1>{InviteButton(visit)}</div>
            <div class="facts"><p>{found.Count} members</p><p>{seats.Used} of {seats.Total} seats used</p></div>
            <section class="card">
            {SearchForm(visit, search, status)}
            {Forms.Table(visit, "Members", Columns, [.. rows.Select(Row)], "No one here matches.")}
            {Pager(visit, page, shown, search, status)}
            </section>
            """));
    }

    public static string GrantText(IReadOnlyList<Grant> grants) =>
        string.Join(", ", grants.Select(g => $"{Workspace.FindProject(g.Project)?.Name ?? g.Project}: {g.Permission}"));

    private static IReadOnlyList<Member> Find(Visit visit, string search, MemberStatus? status)
    {
        var everyone = visit.Workspace.Members();
        var hidePending = visit.Faults.HidePending;
        return search.Length == 0 && status is null && !hidePending ? everyone :
        [
            .. everyone.Where(member =>
                (status is null || member.Status == status)
                && !(hidePending && member.Status == MemberStatus.Pending)
                && (search.Length == 0
                    || member.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
                    || member.Email.Contains(search, StringComparison.OrdinalIgnoreCase))),
        ];
    }

    private static Html InviteButton(Visit visit) => visit.Faults.Underpermissioned
        ? Html.Empty
        : Forms.InMenu(visit.Faults.MovedButton, Forms.LinkButton(visit, "Invite member", "/members/invite"));

    private static Html SearchForm(Visit visit, string search, MemberStatus? status) => Html.Of($"""
        <form method="get" action="/members" class="search" role="search">
        <div class="field"><label for="q">{visit.Words("Search members")}</label>
        <input id="q" name="q" type="search" value="{search}" placeholder="Name or e-mail"></div>
        {Forms.Select(visit, "Show", "status", StatusOptions, status?.ToString().ToLowerInvariant() ?? "")}
        {Forms.Button(visit, "Search", "quiet")}
        </form>
        """);

    private static IEnumerable<(string Value, string Text)> StatusOptions =>
        [("", "Everyone"), .. Enum.GetNames<MemberStatus>().Select(s => (s.ToLowerInvariant(), s))];

    private static Html Row(Member member) => Html.Of($"""
        <tr><td><a id="member-{member.Id}" href="/members/{member.Id}" data-first-name="{member.FirstName}" data-last-name="{member.LastName}">{member.Name}</a></td><td>{member.Email}</td><td class="nowrap">{member.Role.ToString()}</td><td>{Forms.Badge(member.Status.ToString())}</td><td>{GrantText(member.Grants)}</td><td class="muted nowrap">{Forms.Day(member.LastActiveAt)}</td><td class="nowrap"><a href="/members/{member.Id}" aria-describedby="member-{member.Id}">Manage</a></td></tr>

        """);

    private static Html Pager(Visit visit, int page, int last, string search, MemberStatus? status) => Html.Of($"""
        <nav class="pager" aria-label="Pages">
        {Html.If(page > 1, () => Html.Of($"""<a class="button quiet" rel="prev" href="{Address(page - 1, search, status)}">{visit.Words("Previous")}</a>"""))}
        <span>Page {page} of {last}</span>
        {Html.If(page < last, () => Html.Of($"""<a class="button quiet" rel="next" href="{Address(page + 1, search, status)}">{visit.Words("Next")}</a>"""))}
        </nav>
        """);

    private static string Address(int page, string search, MemberStatus? status) => string.Create(
        CultureInfo.InvariantCulture,
        $"/members?page={page}&q={Uri.EscapeDataString(search)}&status={status?.ToString().ToLowerInvariant()}");
}
