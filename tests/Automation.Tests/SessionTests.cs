using System.Diagnostics;
using System.Text;
using IdLcm.Domain.Connectors;
using IdLcm.Samples;
using IdLcm.Samples.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

public sealed class SessionTests(Lab lab)
{
    private const string TotpSecret = "JBSWY3DPEHPK3PXP";

    [Fact]
    public async Task A_wrong_password_is_BadCredentials_and_leaves_no_secret_behind()
    {
        var site = await lab.StartAsync();
        await lab.Secrets.PutAsync(site.Request.PasswordSecret, "Wr0ng-but-secret!");
        var opened = await lab.Runner.OpenAsync(site.Request);
        Assert.Null(opened.Session);
        Assert.Equal(FailureCode.BadCredentials, opened.Failure?.Code);
        Assert.Contains("Wrong email or password", opened.Failure!.Detail, StringComparison.Ordinal);
        Assert.Equal(["dom", "screenshot"], opened.Evidence.Select(e => e.Kind).Order(StringComparer.Ordinal));
        var everything = string.Join('\n', opened.Steps) + Encoding.UTF8.GetString([.. opened.Evidence.SelectMany(e => lab.Blobs.Read(e.Hash))]);
        Assert.DoesNotContain("Wr0ng-but-secret!", everything, StringComparison.Ordinal);
        Assert.Contains("fill field \"Password\" with •••", everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_another_process_has_changed_meanwhile_is_read_anew_when_the_app_refuses_the_remembered_one()
    {
        var site = await lab.StartAsync();
        await lab.Secrets.PutAsync(site.Request.PasswordSecret, "From-before-1");
        lab.Secrets.Remember(site.Request.PasswordSecret);
        await lab.Secrets.PutAsync(site.Request.PasswordSecret, site.Options.AdminPassword);

        var result = await site.RunAsync(ConnectorVerb.ListUsers);

        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_missing_password_is_BadCredentials()
    {
        var site = await lab.StartAsync();
        var opened = await lab.Runner.OpenAsync(site.Request with { PasswordSecret = "nothing-here" });
        Assert.Equal(FailureCode.BadCredentials, opened.Failure?.Code);
    }

    [Fact]
    public async Task Signs_in_with_a_one_time_code()
    {
        var site = await lab.StartAsync(o => o with { AdminTotp = TotpSecret });
        var result = await site.RunAsync(ConnectorVerb.ListUsers);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_code_without_a_secret_on_file_is_MfaRequired()
    {
        var site = await lab.StartAsync(o => o with { AdminTotp = TotpSecret });
        var opened = await lab.Runner.OpenAsync(site.Request with { TotpSecret = null });
        Assert.Equal(FailureCode.MfaRequired, opened.Failure?.Code);
    }

    [Fact]
    public async Task A_wrong_code_is_BadCredentials()
    {
        var site = await lab.StartAsync(o => o with { AdminTotp = TotpSecret });
        await lab.Secrets.PutAsync($"{site.Integration}-totp", "GEZDGNBVGY3TQOJQ");
        var opened = await lab.Runner.OpenAsync(site.Request);
        Assert.Equal(FailureCode.BadCredentials, opened.Failure?.Code);
        Assert.Contains("code is not valid", opened.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_captcha_at_sign_in_is_a_human_task()
    {
        var site = await lab.StartAsync(o => o with { Faults = new FaultSettings { Captcha = CaptchaPlace.SignIn } });
        var opened = await lab.Runner.OpenAsync(site.Request);
        Assert.Equal(FailureCode.CaptchaOrStepUp, opened.Failure?.Code);
    }

    [Fact]
    public async Task A_session_is_used_again_without_signing_in()
    {
        var site = await lab.StartAsync();
        await using (var first = await site.OpenAsync())
        {
            Assert.False(first.Reused);
        }

        await using var second = await site.OpenAsync();
        Assert.True(second.Reused);
        Assert.Equal(1, SignIns(site));
    }

    [Fact]
    public async Task A_fresh_sign_in_is_made_when_asked_for()
    {
        var site = await lab.StartAsync();
        await (await site.OpenAsync()).DisposeAsync();
        await using var second = await site.OpenAsync(r => r with { FreshSignIn = true });
        Assert.False(second.Reused);
        Assert.Equal(2, SignIns(site));
    }

    [Fact]
    public async Task A_kept_session_outlives_the_process_sealed_and_proved_by_its_probe()
    {
        var site = await lab.StartAsync();
        var directory = lab.NewDirectory();
        for (var start = 0; start < 2; start++)
        {
            await using var process = lab.Build(lab.Options with { SessionDirectory = directory });
            var opened = await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request);
            Assert.Null(opened.Failure);
            Assert.Equal(start == 1, opened.Session!.Reused);
            await opened.Session.DisposeAsync();
        }

        Assert.Equal(1, SignIns(site));
        var kept = Assert.Single(Directory.GetFiles(directory));
        Assert.DoesNotContain("workspace_session", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(kept)), StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(kept) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task A_session_that_ended_is_renewed_within_the_verb()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync();
        site.App.Faults.ExpireSessions();
        var result = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, new { email = "jo@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } }));
        Assert.True(result.Verified, result.Failure?.ToString());
        Assert.Contains(result.Steps, s => s.Verb == ConnectorVerb.Login);
        Assert.Equal(2, SignIns(site));
    }

    [Fact]
    public async Task A_session_that_ends_right_after_the_commit_is_renewed_for_the_read_back_only()
    {
        var site = await lab.StartAsync();
        await using var session = await site.OpenAsync(r => r with { Observer = new AfterCommit(site.App.Faults.Clear) });
        var result = await session.RunAsync(Site.Call(
            ConnectorVerb.CreateUser,
            new { email = "jo@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } },
            new Entered(() => site.App.Faults.Change(f => f with { SessionRequests = 1 }))));
        Assert.True(result.Verified, result.Failure?.ToString());
        Assert.Single(result.Steps, s => s.Commit);
        Assert.Contains(result.Steps, s => s.Verb == ConnectorVerb.Login);
        Assert.Single(site.App.Snapshot(), m => m.Email == "jo@new.test");
    }

    [Fact]
    public async Task Two_integrations_never_share_a_session()
    {
        var site = await lab.StartAsync();
        await (await site.OpenAsync()).DisposeAsync();
        await using var other = await site.OpenAsync(r => r with { IntegrationId = "another" });
        Assert.False(other.Reused);
    }

    [Fact]
    public async Task As_many_sessions_as_the_connector_allows_and_no_more()
    {
        var site = await lab.StartAsync();
        await using var first = await site.OpenAsync();
        var second = await site.OpenAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var refused = await lab.Runner.OpenAsync(site.Request, patience.Token);
        Assert.Equal(FailureCode.Cancelled, refused.Failure?.Code);
        var waiting = lab.Runner.OpenAsync(site.Request);
        Assert.False(waiting.IsCompleted);
        await second.DisposeAsync();
        await using var third = (await waiting).Session!;
        Assert.True(third.Reused);
    }

    [Fact]
    public async Task A_browser_crash_costs_one_attempt()
    {
        var site = await lab.StartAsync();
        await using var process = lab.Build(lab.Options);
        var runner = process.GetRequiredService<IConnectorRunner>();
        var session = (await runner.OpenAsync(site.Request)).Session!;
        site.App.Faults.Change(f => f with { Slow = 2000 });
        var running = session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
        Kill(await BrowserOf(process));
        var result = await running;
        Assert.Equal(FailureCode.AppUnavailable, result.Failure?.Code);
        site.App.Faults.Clear();
        var after = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
        Assert.True(after.Succeeded, after.Failure?.ToString());
        await session.DisposeAsync();
    }

    [Theory]
    [InlineData("appUrl", "http://127.0.0.1:1/evil")]
    [InlineData("appUrl", "http://user@127.0.0.1")]
    [InlineData("appUrl", "javascript:alert(1)")]
    [InlineData("appUrl", "http://evil.example")]
    [InlineData("workspaceId", "")]
    public async Task A_setting_that_does_not_fit_is_refused_before_the_browser_starts(string name, string value)
    {
        var site = await lab.StartAsync();
        var opened = await lab.Runner.OpenAsync(site.Request with { Settings = new Dictionary<string, string>(site.Request.Settings) { [name] = value } });
        Assert.Equal(FailureCode.InvalidBusinessId, opened.Failure?.Code);
        Assert.Empty(opened.Steps);
    }

    private static int SignIns(Site site) => site.App.Audit().Count(a => a.ToString().Contains("Signed in", StringComparison.OrdinalIgnoreCase));

    private static async Task<Process> BrowserOf(IServiceProvider process)
    {
        var host = process.GetRequiredService<Browser.BrowserHost>();
        var browser = await host.TakeAsync(CancellationToken.None);
        await host.ReleaseAsync(browser);
        return Process.GetProcessById(browser.ProcessId!.Value);
    }

    private static void Kill(Process browser)
    {
        using (browser)
        {
            browser.Kill(entireProcessTree: true);
        }
    }

    private sealed class AfterCommit(Action act) : IStepObserver
    {
        public void StepEnded(StepRecord step)
        {
            if (step.Commit)
            {
                act();
            }
        }
    }

    private sealed class Entered(Action act) : ICommitGate
    {
        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
        {
            act();
            return Task.FromResult(true);
        }
    }
}
