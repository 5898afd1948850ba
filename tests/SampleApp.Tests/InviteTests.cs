using IdLcm.Samples.Data;

namespace IdLcm.Samples.Tests;

public sealed class InviteTests
{
    [Fact]
    public async Task An_invited_person_is_listed_as_pending_and_gets_a_mail()
    {
        await using var running = await Running.StartSignedIn();
        var page = await running.Admin.Invite("ada@x.test", "Editor");
        Assert.Equal("Invitation sent to ada@x.test.", page.Notice);
        var row = page.Rows("Members").Single(r => r["Email"] == "ada@x.test");
        Assert.Equal(("Ada Lovelace", "Editor", "Pending"), (row["Name"], row["Role"], row["Status"]));
        Assert.Equal("ada@x.test", Assert.Single((await running.Admin.Open("/outbox")).Rows("Outbox"))["To"]);
        Assert.Null((await running.Admin.Open("/members")).Notice);
    }

    [Fact]
    public async Task The_link_in_the_mail_makes_the_member_active_once_without_sign_in()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("ada@x.test");
        var link = (await running.Admin.Open("/outbox")).Rows("Outbox")[0]["Link"];

        using var ada = new Person(running.App.BaseAddress);
        var accepted = await ada.Press(await ada.Open(link), "Accept invitation");
        Assert.Equal("Welcome to Northwind Workspace, Ada.", accepted.Notice);
        Assert.Equal(MemberStatus.Active, running.App.Snapshot().Single(m => m.Email == "ada@x.test").Status);
        Assert.False((await ada.Open(link)).HasButton("Accept invitation"));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await ada.Open("/accept/no-such-token")).Status);
    }

    [Theory]
    [InlineData("", "Lovelace", "ada@x.test", "Viewer", "First name is required.")]
    [InlineData("Ada", " ", "ada@x.test", "Viewer", "Last name is required.")]
    [InlineData("Ada", "Lovelace", "", "Viewer", "Email is required.")]
    [InlineData("Ada", "Lovelace", "ada.x.test", "Viewer", "Email is not valid: ada.x.test")]
    [InlineData("Ada", "Lovelace", "a da@x.test", "Viewer", "Email is not valid: a da@x.test")]
    [InlineData("Ada", "Lovelace", "ada@x.test", "", "Role is required.")]
    [InlineData("Ada", "Lovelace", "ada@x.test", "Administrator", "Role is required.")]
    [InlineData("Ada", "Lovelace", "ADMIN@Sample.test", "Viewer", "ADMIN@Sample.test is already a member.")]
    public async Task A_form_with_a_mistake_names_its_field_and_keeps_what_was_typed(
        string first, string last, string email, string role, string alert)
    {
        await using var running = await Running.StartSignedIn();
        var page = await running.Admin.Invite(email, role, first, last);
        Assert.Equal(alert, page.Alert);
        Assert.Equal(email, page.FormOf("Send invite").Fields["email"]);
        Assert.Single(running.App.Snapshot());
    }

    [Fact]
    public async Task A_text_past_its_limit_is_refused()
    {
        await using var running = await Running.StartSignedIn();
        Assert.Equal("Last name is too long: at most 256 characters.", (await running.Admin.Invite("a@x.test", last: new string('x', 257))).Alert);
        Assert.NotNull((await running.Admin.Invite("a@x.test", last: new string('x', 256))).Notice);
    }

    [Fact]
    public async Task Without_a_seat_left_no_one_is_invited()
    {
        await using var running = await Running.StartSignedIn(seats: 2);
        Assert.NotNull((await running.Admin.Invite("a@x.test")).Notice);
        Assert.Equal("No seats left on your plan.", (await running.Admin.Invite("b@x.test")).Alert);
        Assert.Contains("2 of 2 seats used", (await running.Admin.Open("/members")).Read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_one_member_is_owner()
    {
        await using var running = await Running.StartSignedIn();
        Assert.NotNull((await running.Admin.Invite("a@x.test", "Owner")).Notice);
        Assert.Equal("Only one owner is allowed.", (await running.Admin.Invite("b@x.test", "Owner")).Alert);
        await running.Admin.Invite("b@x.test", "Viewer");
        var change = await running.Admin.Press(await running.OpenMember("b@x.test"), "Save changes", ("Role", "Owner"));
        Assert.Equal("Only one owner is allowed.", change.Alert);
        var owner = (await running.Admin.Open("/roles")).Rows("Roles").Single(r => r["Exclusive"] == "Yes");
        Assert.Equal(("Owner", "1"), (owner["Role"], owner["Members"]));
    }

    [Fact]
    public async Task When_members_join_at_once_nobody_is_pending()
    {
        await using var running = await Running.StartSignedIn();
        var saved = await running.Admin.Press(await running.Admin.Open("/settings"), "Save settings", ("New members join", "at-once"));
        Assert.Equal("Settings saved.", saved.Notice);
        await running.Admin.Invite("a@x.test");
        Assert.Equal(MemberStatus.Active, running.App.Snapshot().Single(m => m.Email == "a@x.test").Status);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>", "\"O'Neill\" & Söhne")]
    [InlineData("Zoë", "“quoted”")]
    public async Task Names_are_shown_as_typed_and_never_become_markup(string first, string last)
    {
        await using var running = await Running.StartSignedIn();
        var list = await running.Admin.Invite("a@x.test", first: first, last: last);
        Assert.Contains(list.Rows("Members"), r => r["Name"] == $"{first} {last}");
        var member = await running.OpenMember("a@x.test");
        Assert.Equal($"{first} {last}", member.Heading);
        Assert.Equal(first, member.FormOf("Save changes").Fields["firstName"]);
        Assert.DoesNotContain("<script", list.Html + member.Html, StringComparison.OrdinalIgnoreCase);
    }
}
