using System.Net;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task Slow_makes_pages_wait()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { Slow = 300 };
        var before = TimeProvider.System.GetTimestamp();
        Assert.Equal("Members", (await running.Admin.Open("/members")).Heading);
        Assert.True(TimeProvider.System.GetElapsedTime(before) >= TimeSpan.FromMilliseconds(290));
    }

    [Fact]
    public async Task An_error_page_strikes_its_paths_as_often_as_it_was_told()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { ErrorPage = 2, ErrorPagePath = "/members" };
        Assert.Equal(HttpStatusCode.OK, (await running.Admin.Open("/home")).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await running.Admin.Open("/members")).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await running.Admin.Open("/members/invite")).Status);
        Assert.Equal(HttpStatusCode.OK, (await running.Admin.Open("/members")).Status);
    }

    [Fact]
    public async Task Labels_buttons_and_columns_go_by_other_names()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings
        {
            RenamedLabels = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Email"] = "E-mail address",
                ["Send invite"] = "Invite now",
                ["column:Status"] = "State",
            },
        };
        var page = await running.Admin.Open("/members/invite");
        Assert.True(page.HasLabel("E-mail address") && page.HasButton("Invite now"));
        Assert.False(page.HasLabel("Email") || page.HasButton("Send invite"));
        var row = Assert.Single((await running.Admin.Open("/members")).Rows("Members"));
        Assert.Equal("Active", row["State"]);
        Assert.True(row.ContainsKey("Email"));
    }

    [Fact]
    public async Task Moved_buttons_are_in_a_closed_menu()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        Assert.DoesNotContain("<details", (await running.Admin.Open("/members")).Html, StringComparison.Ordinal);
        running.Faults.Current = new FaultSettings { MovedButton = true };
        foreach (var (page, button) in new[] { (await running.Admin.Open("/members"), "Invite member"), (await running.OpenMember("a@x.test"), "Remove member") })
        {
            var menu = page.Html[page.Html.IndexOf("<details", StringComparison.Ordinal)..page.Html.IndexOf("</details>", StringComparison.Ordinal)];
            Assert.Contains(button, menu, StringComparison.Ordinal);
            Assert.DoesNotContain(" open", menu, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_short_list_ends_early_and_still_tells_the_whole_count()
    {
        await using var running = await Running.StartSignedIn(members: 59);
        running.Faults.Current = new FaultSettings { ShortList = 1 };
        var page = await running.Admin.Open("/members");
        Assert.Contains("60 members", page.Read, StringComparison.Ordinal);
        Assert.Equal(25, page.Rows("Members").Count);
        Assert.False(page.HasLink("Next"));
    }

    [Fact]
    public async Task Fake_success_says_that_it_worked_and_does_nothing()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        var page = await running.OpenMember("a@x.test");
        var (before, events) = (running.App.Snapshot(), running.App.Audit().Count);
        running.Faults.Current = new FaultSettings { FakeSuccess = [.. Enum.GetValues<WriteAction>()] };
        Assert.Equal("Invitation sent to b@x.test.", (await running.Admin.Invite("b@x.test")).Notice);
        Assert.Equal("Changes saved.", (await running.Admin.Press(page, "Save changes", ("Job title", "Countess"))).Notice);
        Assert.Equal("Ada Lovelace was suspended.", (await running.Admin.Press(page, "Suspend")).Notice);
        Assert.Equal("Ada Lovelace was removed.", (await running.Admin.Press(page, "Remove")).Notice);
        Assert.Equal("Invitation sent again.", (await running.Admin.Press(page, "Resend invitation")).Notice);
        Assert.Equal(before, running.App.Snapshot());
        Assert.Equal(events, running.App.Audit().Count);
        Assert.NotNull((await running.Admin.Invite("")).Alert);

        running.Faults.Change(f => f with { FakeSuccess = [WriteAction.Invite] });
        await running.Admin.Press(page, "Suspend");
        Assert.Equal(1, running.Times("Member suspended", "a@x.test"));
    }

    [Fact]
    public async Task Sessions_end_now_or_after_so_many_requests()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.ExpireSessions();
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);

        running.Faults.Current = new FaultSettings { SessionRequests = 2 };
        Assert.Equal("/home", (await running.Admin.SignIn()).Path);
        Assert.Equal("/members", (await running.Admin.Open("/members")).Path);
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);
    }

    [Fact]
    public async Task A_captcha_at_sign_in_stands_between_password_and_home()
    {
        await using var running = await Running.Start();
        running.Faults.Current = new FaultSettings { Captcha = CaptchaPlace.SignIn };
        var captcha = await running.Admin.SignIn();
        Assert.Contains("Please confirm you are human", captcha.Read, StringComparison.Ordinal);
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);
        Assert.Equal("Tick the box to continue.", (await running.Admin.Press(captcha, "Continue")).Alert);
        var ticked = captcha with { Html = captcha.Html.Replace("type=\"checkbox\"", "", StringComparison.Ordinal) };
        Assert.Equal("/home", (await running.Admin.Press(ticked, "Continue")).Path);
    }

    [Fact]
    public async Task A_captcha_everywhere_covers_every_page()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { Captcha = CaptchaPlace.Everywhere };
        Assert.All(
            [await running.Admin.Open("/members"), await running.Admin.Open("/home"), await running.Admin.Open("/login")],
            page => Assert.Contains("Please confirm you are human", page.Read, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_seat_limit_overrules_the_settings()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { SeatLimit = 1 };
        Assert.Equal("No seats left on your plan.", (await running.Admin.Invite("a@x.test")).Alert);
        Assert.Contains("1 of 1 seats used", (await running.Admin.Open("/members")).Read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crash_after_commit_has_written_and_never_answers()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { CrashAfterCommit = 1 };
        await Assert.ThrowsAsync<HttpRequestException>(() => running.Admin.Invite("a@x.test"));
        Assert.Equal(1, running.Times("Member invited", "a@x.test"));
        Assert.NotNull((await running.Admin.Invite("b@x.test")).Notice);
    }

    [Fact]
    public async Task Down_breaks_every_connection_but_the_test_bench()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { Down = true };
        await Assert.ThrowsAsync<HttpRequestException>(() => running.Admin.Open("/members"));
        await Assert.ThrowsAsync<HttpRequestException>(() => running.Admin.Open("/login"));
        Assert.Equal("Test bench", (await running.Admin.Open("/testing")).Heading);
        running.Faults.Clear();
        Assert.Equal(HttpStatusCode.OK, (await running.Admin.Open("/members")).Status);
    }

    [Fact]
    public async Task Hidden_pending_members_are_neither_listed_nor_counted_and_still_exist()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { HidePending = true };
        var list = await running.Admin.Invite("a@x.test");
        Assert.Single(list.Rows("Members"));
        Assert.Contains("1 members", list.Read, StringComparison.Ordinal);
        Assert.Equal("a@x.test is already a member.", (await running.Admin.Invite("a@x.test")).Alert);
    }

    [Fact]
    public async Task A_rate_limit_answers_429_as_often_as_it_was_told()
    {
        await using var running = await Running.StartSignedIn();
        running.Faults.Current = new FaultSettings { RateLimited = 1 };
        var page = await running.Admin.Open("/members");
        Assert.Equal(HttpStatusCode.TooManyRequests, page.Status);
        Assert.Contains("Too many requests. Try again later.", page.Read, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await running.Admin.Open("/members")).Status);
    }

    [Fact]
    public async Task An_underpermissioned_administrator_looks_and_changes_nothing()
    {
        await using var running = await Running.StartSignedIn();
        await running.Admin.Invite("a@x.test");
        var before = await running.OpenMember("a@x.test");
        running.Faults.Current = new FaultSettings { Underpermissioned = true };
        Assert.False((await running.Admin.Open("/members")).HasLink("Invite member"));
        var member = await running.OpenMember("a@x.test");
        Assert.All(["Save changes", "Suspend", "Remove member"], name => Assert.False(member.HasButton(name)));
        Assert.Equal("You do not have permission", (await running.Admin.Open("/members/invite")).Alert);
        Assert.Equal(HttpStatusCode.Forbidden, (await running.Admin.Press(before, "Suspend")).Status);
        Assert.Equal(MemberStatus.Pending, running.App.Snapshot().Single(m => m.Email == "a@x.test").Status);
    }

    [Fact]
    public async Task A_deactivated_subscription_is_all_that_pages_say_after_sign_in()
    {
        await using var running = await Running.Start();
        running.Faults.Current = new FaultSettings { SubscriptionDeactivated = true };
        Assert.Equal("Your subscription has been deactivated.", (await running.Admin.SignIn()).Alert);
        Assert.Equal("Your subscription has been deactivated.", (await running.Admin.Open("/members")).Alert);
    }
}
