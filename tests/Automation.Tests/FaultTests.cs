using System.Text;
using IdLcm.Domain.Connectors;
using IdLcm.Samples.Testing;
using Microsoft.AspNetCore.Builder;

namespace IdLcm.Automation.Tests;

/// <summary>Each way in which the app goes wrong ends in its own failure code, with evidence, and the next run works.</summary>
public sealed class FaultTests(Lab lab)
{
    private static readonly object Jo = new { email = "jo@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } };

    [Fact]
    public Task An_aborted_connection_is_AppUnavailable() => Expect(FailureCode.AppUnavailable, f => f with { Down = new Times(1) });

    [Fact]
    public Task An_error_page_is_AppUnavailable() => Expect(FailureCode.AppUnavailable, f => f with { ErrorPage = new Times(1) });

    [Fact]
    public Task An_error_page_after_the_commit_is_AppUnavailable_and_says_that_it_was_entered() =>
        Expect(FailureCode.AppUnavailable, f => f with { CrashAfterCommit = new Times(1) }, commit: true, created: true);

    [Fact]
    public Task Status_429_is_RateLimited() => Expect(FailureCode.RateLimited, f => f with { RateLimited = new Times(1) });

    [Fact]
    public Task A_captcha_is_CaptchaOrStepUp() => Expect(FailureCode.CaptchaOrStepUp, f => f with { Captcha = CaptchaPlace.Everywhere });

    [Fact]
    public Task An_ended_subscription_is_SubscriptionDeactivated() => Expect(FailureCode.SubscriptionDeactivated, f => f with { SubscriptionDeactivated = true });

    [Fact]
    public Task Missing_permission_is_UnderpermissionedAccount() => Expect(FailureCode.UnderpermissionedAccount, f => f with { Underpermissioned = true });

    [Fact]
    public Task No_free_seat_is_NotEnoughSeats() => Expect(FailureCode.NotEnoughSeats, f => f with { SeatLimit = 1 }, commit: true);

    [Fact]
    public Task A_success_that_did_nothing_is_VerificationFailed() => Expect(FailureCode.VerificationFailed, f => f with { FakeSuccess = [WriteAction.Invite] }, commit: true);

    [Fact]
    public async Task A_renamed_button_is_PageChanged_and_the_nearest_names_are_told()
    {
        var result = await Expect(FailureCode.PageChanged, f => f with { RenamedLabels = new Dictionary<string, string> { ["Send invite"] = "Send invitation" } });
        Assert.Contains("""button "Send invite": nothing visible matches. Nearest on the page: button "Send invitation" """.TrimEnd(), result.Failure!.Detail, StringComparison.Ordinal);
    }

    /// <summary>The page comes after its texts were looked for and before its elements are: what it says goes before what it shows.</summary>
    [Fact]
    public async Task A_page_that_comes_while_its_errors_are_looked_for_is_judged_by_the_first_rule_that_it_fits()
    {
        await using var site = await TestSite.StartAsync(lab, web => web.MapGet("/invite", () => TestSite.Html("""
            <button onclick="answerOnceLookedAt()">Send</button><div id=said></div>
            <script>
              function answerOnceLookedAt() {
                const text = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'innerText');
                Object.defineProperty(document.body, 'innerText', { get() {
                  const now = text.get.call(this);
                  queueMicrotask(() => { document.getElementById('said').innerHTML = '<p role=alert>That address is taken</p>'; });
                  return now;
                } });
              }
            </script>
            """)));
        var result = await site.RunAsync(
            "[goto: /invite, click: { role: button, name: Send }]",
            "errors: [{ see: That address is taken, code: AlreadyExists }, { see: { role: alert }, code: UnsupportedOperation }]");
        Assert.Equal((FailureCode.AlreadyExists, "The app says: That address is taken"), (result.Failure?.Code, result.Failure?.Detail));
    }

    [Theory]
    [InlineData("/plain", ".hidden", null)]
    [InlineData("/plain", ".flat", null)]
    [InlineData("/plain", ".shown", FailureCode.NotEnoughSeats)]
    [InlineData("/plain", ".none > .inner", FailureCode.NotEnoughSeats)]
    [InlineData("/plain", "p:has-text('seats')", FailureCode.NotEnoughSeats)]
    [InlineData("/shadow", "x-box .deep", FailureCode.NotEnoughSeats)]
    public async Task An_error_that_only_markup_tells_is_seen_where_it_is_visible(string page, string css, FailureCode? code)
    {
        await using var site = await TestSite.StartAsync(lab, web =>
        {
            web.MapGet("/plain", () => TestSite.Html("<p class=hidden style='visibility:hidden'>No</p><p class=flat style='height:0'></p><p class=shown>All seats are taken</p><div class=none style='display:contents'><p class=inner>Taken</p></div>"));
            web.MapGet("/shadow", () => TestSite.Html("<x-box></x-box><script>document.querySelector('x-box').attachShadow({ mode: 'open' }).innerHTML = '<p class=deep>Taken</p>'</script>"));
        });
        var result = await site.RunAsync($"[goto: {page}]", $"errors: [{{ see: {{ css: \"{css}\" }}, code: NotEnoughSeats }}]");
        Assert.Equal(code, result.Failure?.Code);
    }

    [Fact]
    public async Task A_renamed_column_is_PageChanged()
    {
        var site = await lab.StartAsync();
        site.App.Faults.Change(f => f with { RenamedLabels = new Dictionary<string, string> { ["column:Role"] = "Permission set" } });
        var result = await site.RunAsync(ConnectorVerb.ListUsers);
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains("no column \"Role\"", result.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_page_is_a_Timeout()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        site.App.Faults.Change(f => f with { Slow = 4000 });
        var result = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
        Assert.Equal(FailureCode.Timeout, result.Failure?.Code);
    }

    [Fact]
    public async Task A_slow_answer_after_the_commit_leaves_the_outcome_open()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        var gate = new Gate(() => site.App.Faults.Change(f => f with { Slow = 4000 }));
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo, gate));
        Assert.Equal(FailureCode.Timeout, result.Failure?.Code);
        Assert.True(result.CommitEntered);
    }

    [Fact]
    public async Task An_existing_member_is_AlreadyExists()
    {
        var site = await lab.StartAsync();
        Assert.True((await site.RunAsync(ConnectorVerb.CreateUser, Jo)).Succeeded);
        Assert.Equal(FailureCode.AlreadyExists, (await site.RunAsync(ConnectorVerb.CreateUser, Jo)).Failure?.Code);
    }

    [Fact]
    public async Task A_second_owner_and_an_unknown_role_are_RoleNotAssignable()
    {
        var site = await lab.StartAsync(o => o with { Members = 0 });
        Assert.True((await site.RunAsync(ConnectorVerb.CreateUser, Jo)).Succeeded);
        Assert.True((await site.RunAsync(ConnectorVerb.SetRoles, new { identifier = "jo@new.test", roles = new[] { "Owner" } })).Succeeded);
        var second = await site.RunAsync(ConnectorVerb.CreateUser, new { email = "al@new.test", givenName = "Al", familyName = "Lee", roles = new[] { "Owner" } });
        Assert.Equal(FailureCode.RoleNotAssignable, second.Failure?.Code);
        var unknown = await site.RunAsync(ConnectorVerb.SetRoles, new { identifier = "jo@new.test", roles = new[] { "Emperor" } });
        Assert.Equal(FailureCode.RoleNotAssignable, unknown.Failure?.Code);
        Assert.False(unknown.CommitEntered);
    }

    [Fact]
    public async Task A_person_who_is_not_there_is_UserNotFound()
    {
        var site = await lab.StartAsync();
        Assert.Equal(FailureCode.UserNotFound, (await site.RunAsync(ConnectorVerb.Deactivate, new { identifier = "no@new.test" })).Failure?.Code);
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_AppUnavailable()
    {
        var site = await lab.StartAsync();
        await site.App.DisposeAsync();
        var opened = await lab.Runner.OpenAsync(site.Request);
        Assert.Equal(FailureCode.AppUnavailable, opened.Failure?.Code);
    }

    [Fact]
    public async Task A_gate_that_refuses_stops_before_the_commit_step()
    {
        var site = await lab.StartAsync();
        var result = await site.RunAsync(ConnectorVerb.CreateUser, Jo, new Gate(() => { }, answer: false));
        Assert.Equal(FailureCode.Cancelled, result.Failure?.Code);
        Assert.False(result.CommitEntered);
        Assert.DoesNotContain(site.App.Snapshot(), m => m.Email == "jo@new.test");
    }

    [Fact]
    public async Task Cancelling_stops_at_once_and_the_next_run_works()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        site.App.Faults.Change(f => f with { Slow = 60_000 });
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var start = TimeProvider.System.GetTimestamp();
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo), cancel.Token);
        Assert.Equal(FailureCode.Cancelled, result.Failure?.Code);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(2.5));
        site.App.Faults.Clear();
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo))).Succeeded);
    }

    private async Task<VerbResult> Expect(FailureCode code, Func<FaultSettings, FaultSettings> fault, bool commit = false, bool created = false)
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        site.App.Faults.Change(fault);
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, Jo));
        Assert.Equal(code, result.Failure?.Code);
        Assert.Equal(commit, result.CommitEntered);
        Assert.Equal(created, site.App.Snapshot().Any(m => m.Email == "jo@new.test"));
        Assert.Equal(["dom", "screenshot"], result.Evidence.Select(e => e.Kind).Order(StringComparer.Ordinal));
        var everything = Encoding.UTF8.GetString([.. result.Evidence.SelectMany(e => lab.Blobs.Read(e.Hash))]) + result;
        Assert.DoesNotContain(site.Options.AdminPassword, everything, StringComparison.Ordinal);
        Assert.Contains("createUser/", result.Failure!.Step ?? "createUser/", StringComparison.Ordinal);

        site.App.Faults.Clear();
        var after = await session.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier = "jo@new.test" }));
        Assert.True(after.Succeeded, after.Failure?.ToString());
        Assert.Equal(created, after.Rows.Count == 1);
        Assert.Empty(after.Evidence);
        return result;
    }

    private sealed class Gate(Action entered, bool answer = true) : ICommitGate
    {
        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
        {
            entered();
            return Task.FromResult(answer);
        }
    }
}
