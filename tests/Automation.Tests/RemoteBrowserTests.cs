using System.Diagnostics;
using System.Net;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Running;
using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>The tests of pages that misbehave, with a browser that was started by somebody else.</summary>
public sealed class RemoteBrowserTests(RemoteLab lab) : HostTests(lab), IClassFixture<RemoteLab>
{
    [Fact]
    public async Task A_browser_that_cannot_be_reached_is_told_without_its_address_which_may_hold_a_token()
    {
        var site = await lab.StartAsync();
        await using var process = lab.Build(lab.Options with { BrowserEndpoint = "ws://127.0.0.1:1/devtools?token=very-secret" });
        var opened = await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request);
        Assert.Equal(FailureCode.AppUnavailable, opened.Failure?.Code);
        Assert.Contains("BrowserEndpoint does not answer", opened.Failure!.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", opened.Failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not an address", null, "BrowserEndpoint is not an address")]
    [InlineData("ftp://x", null, "BrowserEndpoint is not an address")]
    [InlineData("http://127.0.0.1:1", "http://me:80", "BrowserReachesUsAt is 'http://me:80'")]
    public void A_setting_that_cannot_be_used_is_refused_at_the_start(string endpoint, string? reachedAt, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => lab.Build(lab.Options with { BrowserEndpoint = endpoint, BrowserReachesUsAt = reachedAt })).Message, StringComparison.Ordinal);
}

/// <summary>What holds of a browser elsewhere, whoever uses it: with one of their own, in which no page of another test hangs.</summary>
public sealed class RemoteBrowserUseTests(RemoteLab lab) : IClassFixture<RemoteLab>
{
    [Fact]
    public async Task The_browser_that_is_configured_is_the_one_that_is_used_and_it_outlives_the_process_that_used_it()
    {
        var site = await lab.StartAsync();
        await using (var process = lab.Build(lab.Options with { BrowserExecutable = "/no/such/browser" }))
        {
            var opened = await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request);
            Assert.True(opened.Failure is null, opened.Failure?.ToString());
            var users = await opened.Session!.RunAsync(Site.Call(ConnectorVerb.ListUsers));
            Assert.True(users.Succeeded, users.Failure?.ToString());
            await opened.Session.DisposeAsync();
        }

        Assert.False(lab.Browser.HasExited);
        Assert.True((await site.RunAsync(ConnectorVerb.ListUsers)).Succeeded);
    }

    [Fact]
    public async Task A_browser_on_another_machine_gives_the_password_of_its_filter()
    {
        var site = await lab.StartAsync();
        await using var process = lab.Build(lab.Options with { BrowserReachesUsAt = "127.0.0.1" });
        var opened = await process.GetRequiredService<IConnectorRunner>().OpenAsync(site.Request);
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await opened.Session!.DisposeAsync();
    }

    [Fact]
    public async Task A_filter_that_others_can_reach_asks_for_its_password()
    {
        var site = await lab.StartAsync();
        var yaml = TestSite.Yaml("[goto: /]").Replace("allowedHosts: [\"{appUrl}\"]", $"allowedHosts: [\"{site.Url}\"]", StringComparison.Ordinal);
        var policy = HostPolicy.Create(ConnectorFile.Parse("connector.yaml", yaml).Connector!, new Scope(), out _)!;
        await using var filter = new FilterProxy(policy, 1024 * 1024, reachedAt: "127.0.0.1");
        Assert.Equal(HttpStatusCode.ProxyAuthenticationRequired, await StatusAsync(null));
        Assert.Equal(HttpStatusCode.ProxyAuthenticationRequired, await StatusAsync("wrong"));
        Assert.True(await StatusAsync(filter.Password) < HttpStatusCode.BadRequest);

        async Task<HttpStatusCode> StatusAsync(string? password)
        {
            var proxy = new WebProxy(filter.Address) { Credentials = password is null ? null : new NetworkCredential(FilterProxy.UserName, password) };
            using var client = new HttpClient(new SocketsHttpHandler { Proxy = proxy, UseProxy = true, AllowAutoRedirect = false });
            using var answer = await client.GetAsync(new Uri(site.Url), TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }
}

/// <summary>A Chromium that listens for its DevTools protocol, started apart from the product.</summary>
public sealed class RemoteLab : Lab
{
    private readonly string profile = Directory.CreateTempSubdirectory("idlcm-remote-browser-").FullName;
    private string endpoint = "";

    public Process Browser { get; private set; } = null!;

    public override AutomationOptions Options => base.Options with { BrowserEndpoint = endpoint };

    public override async ValueTask InitializeAsync()
    {
        var start = new ProcessStartInfo(ChromiumExecutable.Find(headless: true)) { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments = ["--headless=new", "--remote-debugging-port=0", "--remote-debugging-address=127.0.0.1", "--disable-gpu", "--no-first-run", $"--user-data-dir={profile}"];
        foreach (var argument in Environment.IsPrivilegedProcess ? [.. arguments, "--no-sandbox"] : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Browser = Process.Start(start)!;
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Browser.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Split("DevTools listening on ") is [_, var address])
            {
                listening.TrySetResult(address.Trim());
            }
        };
        Browser.BeginErrorReadLine();
        endpoint = await listening.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Browser.Kill(entireProcessTree: true);
        await Browser.WaitForExitAsync();
        Browser.Dispose();
        Directory.Delete(profile, recursive: true);
    }
}
