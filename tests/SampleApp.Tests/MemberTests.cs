using IdLcm.Samples.Data;

namespace IdLcm.Samples.Tests;

public sealed class MemberTests
{
    [Fact]
    public async Task The_list_is_paged_by_25_in_order_and_tells_its_whole_count()
    {
        await using var running = await Running.StartSignedIn(members: 59);
        var page = await running.Admin.Open("/members");
        Assert.Contains("60 members", page.Read, StringComparison.Ordinal);
        Assert.False(page.HasLink("Previous"));
        var sizes = new List<int> { page.Rows("Members").Count };
        var emails = page.Rows("Members").Select(r => r["Email"]).ToList();
        while (page.HasLink("Next"))
        {
            page = await running.Admin.Open(page.LinkTo("Next"));
            sizes.Add(page.Rows("Members").Count);
            emails.AddRange(page.Rows("Members").Select(r => r["Email"]));
        }

        Assert.True(page.HasLink("Previous"));
        Assert.Equal([25, 25, 10], sizes);
        Assert.Equal(running.App.Snapshot().Select(m => m.Email), emails);
        var byName = running.App.Snapshot()
            .OrderBy(m => m.Name, StringComparer.OrdinalIgnoreCase).ThenBy(m => m.Email, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(byName.Select(m => m.Email), emails);
    }

    [Fact]
    public async Task Search_and_status_narrow_the_list_and_its_count()
    {
        await using var running = await Running.StartSignedIn(members: 59);
        var found = await running.Admin.Press(await running.Admin.Open("/members"), "Search", ("Search members", "MEMBER42@"));
        Assert.Equal("member42@northwind.example", Assert.Single(found.Rows("Members"))["Email"]);
        Assert.Contains("1 members", found.Read, StringComparison.Ordinal);
        Assert.Contains("0 members", (await running.Admin.Open("/members?q=nobody")).Read, StringComparison.Ordinal);

        var pending = running.App.Snapshot().Count(m => m.Status == MemberStatus.Pending);
        var listed = await running.Admin.Open("/members?status=pending");
        Assert.Contains($"{pending} members", listed.Read, StringComparison.Ordinal);
        Assert.All(listed.Rows("Members"), r => Assert.Equal("Pending", r["Status"]));
    }

    [Fact]
    public async Task Seats_count_active_and_pending_members()
    {
        await using var running = await Running.StartSignedIn(members: 40);
        var used = running.App.Snapshot().Count(m => m.Status != MemberStatus.Suspended);
        Assert.True(used < 41);
        Assert.Contains($"{used} of 100 seats used", (await running.Admin.Open("/members")).Read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_are_saved_and_audited_with_what_changed()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("ada@x.test");
        var saved = await running.Admin.Press(
            await running.OpenMember("ada@x.test"), "Save changes",
            ("First name", "Augusta"), ("Last name", "King"), ("Email", "augusta@x.test"),
            ("Job title", "Countess"), ("Department", "Engines"), ("Role", "Billing"));
        Assert.Equal(("Changes saved.", "Augusta King"), (saved.Notice, saved.Heading));
        var member = running.App.Snapshot().Single(m => m.Email == "augusta@x.test");
        Assert.Equal(("Augusta", "King", "Countess", "Engines", Role.Billing), (member.FirstName, member.LastName, member.JobTitle, member.Department, member.Role));
        var entry = (await running.Admin.Open("/audit")).Rows("Audit log").First(r => r["Event"] == "Member changed");
        Assert.Contains("Role: Viewer → Billing", entry["Detail"], StringComparison.Ordinal);
        Assert.Equal("admin@sample.test", entry["Actor"]);

        await running.Admin.Press(saved, "Save changes");
        Assert.Equal(1, running.Times("Member changed", "augusta@x.test"));
    }

    [Fact]
    public async Task An_email_of_someone_else_is_refused_and_ones_own_in_other_case_is_not()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        await running.Admin.Invite("b@x.test");
        var page = await running.OpenMember("b@x.test");
        Assert.Equal("A@X.test is already a member.", (await running.Admin.Press(page, "Save changes", ("Email", "A@X.test"))).Alert);
        Assert.Equal("Changes saved.", (await running.Admin.Press(page, "Save changes", ("Email", "B@x.test"))).Notice);
    }

    [Fact]
    public async Task A_suspended_member_gives_up_the_seat_and_comes_back_as_before()
    {
        await using var running = await Running.StartSignedIn(seats: 2);
        await running.Admin.Invite("a@x.test");
        var suspended = await running.Admin.Press(await running.OpenMember("a@x.test"), "Suspend");
        Assert.Equal("Ada Lovelace was suspended.", suspended.Notice);
        Assert.False(suspended.HasButton("Suspend"));
        Assert.Contains("1 of 2 seats used", (await running.Admin.Open("/members")).Read, StringComparison.Ordinal);

        await running.Admin.Invite("b@x.test");
        Assert.Equal("No seats left on your plan.", (await running.Admin.Press(suspended, "Reactivate")).Alert);
        await running.Admin.Press(await running.OpenMember("b@x.test"), "Remove");
        Assert.Equal("Ada Lovelace was reactivated.", (await running.Admin.Press(suspended, "Reactivate")).Notice);
        Assert.Equal(MemberStatus.Pending, running.App.Snapshot().Single(m => m.Email == "a@x.test").Status);
    }

    [Fact]
    public async Task Removing_asks_in_a_dialog_and_then_removes()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        var member = await running.OpenMember("a@x.test");
        Assert.Contains("Remove Ada Lovelace?", member.Read, StringComparison.Ordinal);
        Assert.All(["Remove member", "Cancel", "Remove"], name => Assert.True(member.HasButton(name)));
        var list = await running.Admin.Press(member, "Remove");
        Assert.Equal(("/members", "Ada Lovelace was removed."), (list.Path, list.Notice));
        Assert.DoesNotContain(running.App.Snapshot(), m => m.Email == "a@x.test");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await running.Admin.Press(member, "Remove")).Status);
        Assert.Equal(1, running.Times("Member removed", "a@x.test"));
    }

    [Fact]
    public async Task An_invitation_is_sent_again_only_while_it_is_open()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        var resent = await running.Admin.Press(await running.OpenMember("a@x.test"), "Resend invitation");
        Assert.Equal("Invitation sent again.", resent.Notice);
        Assert.Equal(2, (await running.Admin.Open("/outbox")).Rows("Outbox").Count);
        var suspended = await running.Admin.Press(resent, "Suspend");
        Assert.False(suspended.HasButton("Resend invitation"));
    }

    [Theory]
    [InlineData("Suspend")]
    [InlineData("Remove")]
    public async Task The_administrator_cannot_be_put_out(string button)
    {
        await using var running = await Running.StartSignedIn();
        var page = await running.Admin.Press(await running.OpenMember("admin@sample.test"), button);
        Assert.Equal("You cannot remove yourself.", page.Alert);
        Assert.Equal(MemberStatus.Active, Assert.Single(running.App.Snapshot()).Status);
    }

    [Fact]
    public async Task The_administrators_role_and_email_stay()
    {
        await using var running = await Running.StartSignedIn();
        var page = await running.OpenMember("admin@sample.test");
        Assert.Equal("Changes saved.", (await running.Admin.Press(page, "Save changes", ("Role", "Viewer"), ("Job title", "Robot"))).Notice);
        Assert.NotNull((await running.Admin.Press(page, "Save changes", ("Email", "other@sample.test"))).Alert);
        var admin = Assert.Single(running.App.Snapshot());
        Assert.Equal(("admin@sample.test", Role.Administrator, "Robot"), (admin.Email, admin.Role, admin.JobTitle));
    }

    [Fact]
    public async Task Project_access_is_granted_changed_and_revoked()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        Assert.Equal(["Apollo", "Borealis", "Cascade"], (await running.Admin.Open("/projects")).Rows("Projects").Select(r => r["Name"]));
        var page = await running.Admin.Open("/projects/apollo");
        Assert.Equal("Access granted to a@x.test.", (await running.Admin.Press(page, "Grant access", ("Email", "A@x.test"), ("Permission", "Read"))).Notice);
        page = await running.Admin.Press(page, "Grant access", ("Email", "a@x.test"), ("Permission", "Manage"));
        Assert.Equal("Manage", Assert.Single(page.Rows("Access"))["Permission"]);
        Assert.Equal("Apollo: Manage", (await running.Admin.Open("/members?q=a@x")).Rows("Members")[0]["Projects"]);
        Assert.Equal("Apollo", Assert.Single((await running.OpenMember("a@x.test")).Rows("Project access"))["Project"]);
        Assert.Equal("1", (await running.Admin.Open("/projects")).Rows("Projects")[0]["Members"]);

        var revoked = await running.Admin.PressInRow(page, "a@x.test", "Revoke");
        Assert.Equal("Access of a@x.test was revoked.", revoked.Notice);
        Assert.Empty(revoked.Rows("Access"));
        Assert.Equal("No member has the email b@x.test.", (await running.Admin.Press(page, "Grant access", ("Email", "b@x.test"))).Alert);
    }
}
