using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Tests;

public sealed class TestBenchTests
{
    [Fact]
    public async Task Faults_are_set_over_HTTP_and_what_is_not_named_stays()
    {
        await using var running = await Running.Start();
        using var http = new HttpClient { BaseAddress = running.App.BaseAddress };
        await Post(http, "/testing/faults", """{"slow": 5, "down": 2, "fakeSuccess": ["invite"], "captcha": "signIn", "renamedLabels": {"Email": "Mail"}}""");
        await Post(http, "/testing/faults", """{"crashAfterCommit": true, "slow": null}""");
        var faults = running.Faults.Current;
        Assert.Equal((0, (Times)2, Times.Always, CaptchaPlace.SignIn), (faults.Slow, faults.Down, faults.CrashAfterCommit, faults.Captcha));
        Assert.Equal([WriteAction.Invite], faults.FakeSuccess);
        Assert.Equal("Mail", faults.RenamedLabels["Email"]);
        var read = await http.GetFromJsonAsync<JsonObject>("/testing/faults");
        Assert.Equal((true, 2), ((bool)read!["crashAfterCommit"]!, (int)read["down"]!));

        Assert.Equal(HttpStatusCode.NoContent, (await http.PostAsync("/testing/reset", content: null)).StatusCode);
        Assert.Equal(new FaultSettings().ToString(), running.Faults.Current.ToString());
    }

    [Theory]
    [InlineData("""{"noSuchSwitch": true}""")]
    [InlineData("""{"captcha": "sometimes"}""")]
    [InlineData("""{"down": -1}""")]
    [InlineData("[]")]
    [InlineData("not JSON")]
    public async Task A_switch_that_does_not_exist_is_refused_and_changes_nothing(string json)
    {
        await using var running = await Running.Start();
        using var http = new HttpClient { BaseAddress = running.App.BaseAddress };
        var before = running.Faults.Current;
        using var answer = await http.PostAsync("/testing/faults", new StringContent(json));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Same(before, running.Faults.Current);
    }

    [Fact]
    public async Task The_page_shows_the_switches_and_sets_them()
    {
        await using var running = await Running.Start();
        running.Faults.Current = new FaultSettings { Slow = 7, ErrorPage = true, ErrorPagePath = "/members", SeatLimit = 3 };
        var page = await running.Admin.Open("/testing");
        await running.Admin.Press(page, "Apply", ("Down: connection aborted", "3"), ("CAPTCHA", "Everywhere"));
        var faults = running.Faults.Current;
        Assert.Equal((7, Times.Always, "/members", 3), (faults.Slow, faults.ErrorPage, faults.ErrorPagePath, faults.SeatLimit));
        Assert.Equal(((Times)3, CaptchaPlace.Everywhere), (faults.Down, faults.Captcha));
        await running.Admin.Press(await running.Admin.Open("/testing"), "Clear all faults");
        Assert.Equal(Times.Never, running.Faults.Current.Down);
    }

    [Fact]
    public async Task The_state_tells_members_and_audit_and_a_reset_of_data_brings_the_seed_back()
    {
        await using var running = await Running.StartSignedIn(members: 3);
        await running.Admin.Invite("a@x.test");
        using var http = new HttpClient { BaseAddress = running.App.BaseAddress };
        var state = await http.GetFromJsonAsync<JsonObject>("/testing/state");
        var invited = state!["members"]!.AsArray().Single(m => (string)m!["email"]! == "a@x.test")!;
        Assert.Equal(("Pending", "Viewer", "Ada"), ((string)invited["status"]!, (string)invited["role"]!, (string)invited["firstName"]!));
        Assert.Equal(["Signed in", "Member invited"], state["audit"]!.AsArray().Select(e => (string)e!["event"]!));

        await http.PostAsync("/testing/reset?data=true", content: null);
        Assert.Equal(4, running.App.Snapshot().Count);
        Assert.Empty(running.App.Audit());
    }

    private static async Task Post(HttpClient http, string path, string json)
    {
        using var answer = await http.PostAsync(path, new StringContent(json));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
