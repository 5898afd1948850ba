using System.Collections.Concurrent;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Automation.Tests;

/// <summary>The browser talks to the connector's hosts and to nothing else; pages that misbehave are contained.</summary>
public class HostTests(Lab lab) : IAsyncLifetime
{
    private readonly ConcurrentBag<string> foreignRequests = [];
    private TestSite foreign = null!;
    private TestSite app = null!;
    private string foreignUrl = "";

    public async ValueTask InitializeAsync()
    {
        foreign = await TestSite.StartAsync(lab, web => web.MapFallback(context =>
        {
            foreignRequests.Add(context.Request.Path);
            return context.Response.WriteAsync("reached");
        }));
        foreignUrl = foreign.Url;
        app = await TestSite.StartAsync(lab, Map);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await foreign.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_redirect_to_a_foreign_host_is_blocked_and_told()
    {
        var result = await RunAsync("[goto: /redirect]");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains($"led to {new Uri(foreignUrl).Authority}", result.Failure!.Detail, StringComparison.Ordinal);
        Assert.Empty(foreignRequests);
    }

    [Fact]
    public async Task A_link_to_a_foreign_host_is_blocked()
    {
        var result = await RunAsync("[goto: /links, click: { role: link, name: Elsewhere }, expect: { see: reached }]");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains("blocked", result.Failure!.Detail, StringComparison.Ordinal);
        Assert.Empty(foreignRequests);
    }

    [Fact]
    public async Task An_address_in_the_connector_that_is_not_allowed_is_not_opened()
    {
        var result = await RunAsync($"[goto: \"{foreignUrl}/direct\"]");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Empty(foreignRequests);
    }

    [Fact]
    public async Task Foreign_images_scripts_frames_and_calls_are_blocked_while_the_page_works()
    {
        var result = await RunAsync("[goto: /foreign-parts, expect: { see: the page works }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Empty(foreignRequests);
    }

    [Fact]
    public async Task Pop_ups_and_dialogs_that_are_not_named_are_refused()
    {
        var result = await RunAsync("[goto: /noise, click: { role: button, name: Make noise }, expect: { see: \"confirm said false\" }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Empty(foreignRequests);
    }

    [Fact]
    public async Task A_dialog_that_is_named_is_answered()
    {
        var result = await RunAsync("[goto: /noise, click: { role: button, name: Make noise, dialog: accept }, expect: { see: \"confirm said true\" }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_page_that_hangs_ends_in_a_Timeout_and_the_next_run_works()
    {
        var result = await RunAsync("[goto: /links, click: { role: button, name: Hang }, expect: { see: never }]");
        Assert.Equal(FailureCode.Timeout, result.Failure?.Code);
        Assert.True((await RunAsync("[goto: /links]")).Succeeded);
    }

    [Fact]
    public async Task Which_alternative_matched_is_recorded()
    {
        var result = await RunAsync("[goto: /links, click: { any: [{ role: button, name: Old name }, { role: button, name: New name }] }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(1, result.Steps[^1].Locator);
    }

    [Fact]
    public async Task Two_elements_for_one_locator_are_PageChanged()
    {
        var result = await RunAsync("[goto: /links, click: { role: button, name: Twice }]");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains("2 elements match instead of one", result.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hidden_elements_do_not_count()
    {
        var result = await RunAsync("[goto: /links, click: { role: button, name: Once hidden }, expect: { see: clicked once }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_pager_that_never_ends_is_an_IncompleteRead()
    {
        var result = await RunAsync("[goto: /endless]", "extract: { rows: { role: row }, fields: { email: { column: Email } }, next: { role: link, name: Next } }");
        Assert.Equal(FailureCode.IncompleteRead, result.Failure?.Code);
    }

    [Fact]
    public async Task Rows_are_read_page_by_page_with_a_parameter_and_values_are_converted()
    {
        var result = await RunAsync("[goto: /pages]", """
            extract:
                  rows: { css: li }
                  fields:
                    email: { css: b }
                    roles: { css: i, split: ",", map: { a: Admin } }
                    id: { css: a, attribute: href, regex: "/p/([0-9]+)" }
                  next: { pageParameter: p }
                  expectCount: { text: "{n} people" }
                  seats: { text: "{total} seats, of which {used} taken" }
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(7, result.Rows.Count);
        Assert.Equal(new ListedSeats(7, 1_250), result.Seats);
        Assert.Equal("""{"email":"p1@x.test","roles":["Admin","b"],"id":"1"}""", result.Rows[1].ToJsonString());
    }

    [Fact]
    public async Task A_csv_download_that_is_named_is_read()
    {
        var result = await RunAsync("""[goto: /links, download: { role: link, name: Export, fields: { email: { column: E-mail }, roles: { column: Roles, split: ";" } } }]""");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("""{"email":"a\u0022b@x.test","roles":["x","y"]}""", Assert.Single(result.Rows).ToJsonString());
    }

    [Theory]
    [InlineData("app.example", "https://app.example/x", true)]
    [InlineData("app.example", "https://www.app.example/", false)]
    [InlineData("app.example", "https://app.example:8443/", false)]
    [InlineData("app.example", "http://app.example/", false)]
    [InlineData("app.example:8443", "https://app.example:8443/", true)]
    [InlineData("*.app.example", "https://a.b.app.example/", true)]
    [InlineData("*.app.example", "https://app.example/", false)]
    [InlineData("*.app.example", "https://evilapp.example/", false)]
    [InlineData("app.example", "https://app.example.evil.test/", false)]
    [InlineData("app.example", "https://app.example@evil.test/", false)]
    [InlineData("app.example", "file:///etc/passwd", false)]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:5000/", true)]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:5001/", false)]
    public void Hosts_are_compared_exactly(string allowed, string address, bool expected)
    {
        var yaml = TestSite.Yaml("[]").Replace("\"{appUrl}\"]", $"\"{allowed}\"]", StringComparison.Ordinal);
        var connector = ConnectorFile.Parse("x.yaml", yaml).Connector!;
        var policy = HostPolicy.Create(connector, new Scope(), out _)!;
        Assert.Equal(expected, policy.Allows(new Uri(address)));
    }

    private void Map(WebApplication web)
    {
        static IResult Html(string body) => TestSite.Html(body);
        web.MapGet("/redirect", () => Results.Redirect($"{foreignUrl}/redirected"));
        web.MapGet("/links", () => Html($"""
            <a href="{foreignUrl}/link">Elsewhere</a><button>New name</button><button>Twice</button><button>Twice</button>
            <button onclick="setTimeout(() => {'{'} for (;;) {'{'}{'}'} {'}'}, 0)">Hang</button>
            <button hidden>Once hidden</button><button onclick="document.body.append('clicked once')">Once hidden</button>
            <a href="/export.csv" download>Export</a>
            """));
        web.MapGet("/export.csv", () => Results.Text("E-mail,Roles\r\n\"a\"\"b@x.test\",x;y\r\n", "text/csv"));
        web.MapGet("/foreign-parts", () => Html($"""
            <img src="{foreignUrl}/image"><script src="{foreignUrl}/script"></script><iframe src="{foreignUrl}/frame"></iframe>
            <script>fetch('{foreignUrl}/call').catch(() => 0); new WebSocket('{foreignUrl.Replace("http", "ws", StringComparison.Ordinal)}/socket'); navigator.sendBeacon('{foreignUrl}/beacon');</script>
            <p>the page works</p>
            """));
        web.MapGet("/noise", () => Html($$"""
            <button onclick="for (let i = 0; i < 50; i++) window.open('{{foreignUrl}}/popup' + i); alert('x'); document.body.append('confirm said ' + confirm('sure?'))">Make noise</button>
            """));
        web.MapGet("/endless", () => Html("<table><tr><th>Email</th></tr><tr><td>a@x.test</td></tr></table><a href='/endless?more'>Next</a>"));
        web.MapGet("/pages", (int? p) => Html($"<p>7 people</p><p>1,250 seats, of which 7 taken</p><ul>{string.Concat(Enumerable.Range(0, 7).Skip(((p ?? 1) - 1) * 3).Take(3).Select(i => $"<li><b>p{i}@x.test</b> <i>a, b</i> <a href='/p/{i}'>open</a></li>"))}</ul>"));
    }

    private Task<VerbResult> RunAsync(string steps, string more = "") => app.RunAsync(steps, more);
}
