using IdLcm.Samples.SignIn;

namespace IdLcm.Samples.Tests;

public sealed class SignInTests
{
    // The secret and the moments are those of RFC 6238 appendix B; its eight digits end in these six.
    private const string RfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    [Fact]
    public async Task The_right_password_leads_home_and_the_header_names_the_administrator()
    {
        await using var running = await Running.Start();
        var home = await running.Admin.SignIn();
        Assert.Equal("/home", home.Path);
        Assert.Contains("admin@sample.test", home.Read, StringComparison.Ordinal);
        Assert.Contains("ws-1001", home.Read, StringComparison.Ordinal);
        Assert.All(["Home", "Members", "Projects", "Settings"], name => Assert.True(home.HasLink(name)));
        Assert.True(home.HasButton("Sign out"));
    }

    [Theory]
    [InlineData("admin@sample.test", "wrong")]
    [InlineData("nobody@sample.test", "Sample-admin-1!")]
    [InlineData("", "")]
    public async Task Wrong_credentials_are_told_so(string email, string password)
    {
        await using var running = await Running.Start();
        var page = await running.Admin.SignIn(password, email);
        Assert.Equal("Wrong email or password.", page.Alert);
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);
    }

    [Fact]
    public async Task A_member_with_a_password_signs_in_to_home_alone_until_somebody_signs_them_out_everywhere()
    {
        await using var running = await Running.Start();
        await running.Admin.SignIn();
        await running.Admin.Invite("ada@sample.test");
        var member = running.App.Snapshot().Single(m => m.Email == "ada@sample.test");
        var path = $"/members/{member.Id}";
        Assert.StartsWith("Choose another password:", (await running.Admin.Press(await running.Admin.Open(path), "Set password", ("New password", "short"))).Alert, StringComparison.Ordinal);
        Assert.Equal("Password of Ada Lovelace set.", (await running.Admin.Press(await running.Admin.Open(path), "Set password", ("New password", "Member-secret-1!"))).Notice);
        using var ada = new Person(running.App.BaseAddress);
        Assert.Equal("Wrong email or password.", (await ada.SignIn("Member-secret-1!", "ada@sample.test")).Alert);

        await ada.Press(await ada.Open($"/accept/{member.InvitationToken}"), "Accept invitation");
        Assert.Equal("/home", (await ada.SignIn("Member-secret-1!", "ada@sample.test")).Path);
        foreach (var forbidden in (string[])["/members", "/account", "/audit", "/settings"])
        {
            Assert.Equal("No permission", (await ada.Open(forbidden)).Heading);
        }

        await running.Admin.Press(await running.Admin.Open(path), "Suspend");
        Assert.Equal("/home", (await ada.Open("/home")).Path);
        Assert.Equal("Ada Lovelace is signed out everywhere.", (await running.Admin.Press(await running.Admin.Open(path), "Sign out everywhere")).Notice);
        Assert.Equal("/login", (await ada.Open("/home")).Path);
        Assert.Equal("/home", (await running.Admin.Open("/home")).Path);
    }

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    public void Codes_are_those_of_RFC_6238(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(Totp.DecodeSecret(RfcSecret), seconds / 30));

    [Fact]
    public async Task With_TOTP_a_code_is_asked_for_and_accepted_once()
    {
        var clock = new SettableClock { Now = DateTimeOffset.FromUnixTimeSeconds(1111111111) };
        await using var running = await Running.Start(totp: RfcSecret, time: clock);
        var codePage = await running.Admin.SignIn();
        Assert.Equal("/login/code", codePage.Path);
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);
        Assert.Equal("That code is not valid.", (await running.Admin.Press(codePage, "Verify", ("Authentication code", "123456"))).Alert);
        Assert.Equal("/home", (await running.Admin.Press(codePage, "Verify", ("Authentication code", "050471"))).Path);

        using var another = new Person(running.App.BaseAddress);
        var again = await another.Press(await another.SignIn(), "Verify", ("Authentication code", "050471"));
        Assert.Equal("That code is not valid.", again.Alert);
    }

    [Theory]
    [InlineData(-60, false)]
    [InlineData(-30, true)]
    [InlineData(30, true)]
    [InlineData(60, false)]
    public async Task A_code_is_good_for_one_step_early_or_late(int clockIsOff, bool accepted)
    {
        var clock = new SettableClock { Now = DateTimeOffset.FromUnixTimeSeconds(1111111111 + clockIsOff) };
        await using var running = await Running.Start(totp: RfcSecret, time: clock);
        var page = await running.Admin.Press(await running.Admin.SignIn(), "Verify", ("Authentication code", "050471"));
        Assert.Equal(accepted, page.Path == "/home");
    }

    [Fact]
    public async Task After_signing_out_pages_ask_for_sign_in()
    {
        await using var running = await Running.StartSignedIn();
        Assert.Equal("/login", (await running.Admin.Press(await running.Admin.Open("/home"), "Sign out")).Path);
        Assert.Equal("/login", (await running.Admin.Open("/members")).Path);
    }

    [Fact]
    public async Task A_form_without_its_antiforgery_token_changes_nothing()
    {
        await using var running = await Running.StartSignedIn();
        var invite = await running.Admin.Open("/members/invite");
        var forged = invite with { Html = invite.Html.Replace("_token", "_other", StringComparison.Ordinal) };
        var answer = await running.Admin.Press(
            forged, "Send invite", ("First name", "Eve"), ("Last name", "X"), ("Email", "eve@x.test"));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.Status);
        Assert.DoesNotContain(running.App.Snapshot(), m => m.Email == "eve@x.test");
    }

    private sealed class SettableClock : TimeProvider
    {
        public required DateTimeOffset Now { get; init; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
