using System.Collections.Concurrent;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Automation.Tests;

/// <summary>What a slow app sends in parts, or fetches in the background, is judged when it is there: what has not come yet must not be taken for absent.</summary>
public sealed class PartialPageTests(Lab lab) : IAsyncLifetime
{
    // A machine that is busy must not make a page too late that is only slow.
    private const string Patient = "timeouts: { step: 20s }";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(800);
    private TestSite app = null!;

    public async ValueTask InitializeAsync() => app = await TestSite.StartAsync(lab, Map);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task An_error_that_comes_with_the_later_part_of_the_answer_to_a_commit_is_seen()
    {
        // The person is there before and after, so that only the answer tells that nothing was created.
        var result = await app.RunAsync(Creating("/new"), Site.Call(ConnectorVerb.CreateUser, new { email = "p1@x.test" }));
        Assert.Equal(FailureCode.AlreadyExists, result.Failure?.Code);
    }

    [Fact]
    public async Task An_error_that_a_script_is_answered_in_the_background_is_seen()
    {
        var result = await app.RunAsync(Creating("/scripted"), Site.Call(ConnectorVerb.CreateUser, new { email = "p1@x.test" }));
        Assert.Equal(FailureCode.AlreadyExists, result.Failure?.Code);
    }

    [Fact]
    public async Task What_a_script_sends_in_the_background_is_not_cut_off_by_the_verification()
    {
        var result = await app.RunAsync(Creating("/scripted"), Site.Call(ConnectorVerb.CreateUser, new { email = "p2@x.test" }));
        Assert.True(result.Verified, result.Failure?.ToString());
    }

    [Theory]
    [InlineData("/checked-first", "20s")]
    [InlineData("/checked-first", "1s")]
    [InlineData("/checked-slowly", "20s")]
    public async Task A_form_that_a_script_sends_after_the_click_is_awaited_with_its_page(string form, string settleTime)
    {
        var sent = await app.RunAsync(Creating(form, settleTime), Site.Call(ConnectorVerb.CreateUser, new { email = "p3@x.test" }));
        Assert.True(sent.Verified, sent.Failure?.ToString());
        var refused = await app.RunAsync(Creating(form, settleTime), Site.Call(ConnectorVerb.CreateUser, new { email = "p3@x.test" }));
        Assert.Equal(FailureCode.AlreadyExists, refused.Failure?.Code);
    }

    [Fact]
    public async Task A_request_that_stays_open_holds_a_write_up_for_the_settle_time_only()
    {
        var result = await app.RunAsync(Creating("/waiting", "300ms"), Site.Call(ConnectorVerb.CreateUser, new { email = "p1@x.test" }));
        Assert.True(result.Verified, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_condition_is_asked_of_the_whole_page()
    {
        var result = await app.RunAsync("""
            [goto: /new, click: { role: button, name: Add },
             when: { see: already registered, then: [goto: /people, expect: { see: p1@x.test }], else: [expect: { see: never shown, timeout: 100ms }] }]
            """, top: Patient);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task Something_that_is_to_be_gone_is_looked_for_on_the_whole_page()
    {
        var result = await app.RunAsync("[goto: /new, click: { role: button, name: Add }, expect: { notSee: already registered, timeout: 300ms }]", top: Patient);
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
    }

    [Fact]
    public async Task Steps_are_repeated_for_the_rows_of_the_whole_page()
    {
        var result = await app.RunAsync("[goto: /leading, waitFor: { see: People }, forEach: { rows: { role: listitem }, steps: [hover: { css: b }] }]", top: Patient);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(2, result.Steps.Count(s => s.Description.StartsWith("point at", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/pages?page=1")]
    [InlineData("/leading")]
    public async Task Rows_and_the_way_to_the_next_page_are_read_from_whole_pages(string start)
    {
        var result = await app.RunAsync($"[goto: \"{start}\", waitFor: {{ see: People }}]", "extract: { rows: { css: li }, fields: { email: { css: b } }, next: { role: button, name: Next } }", top: Patient);
        Assert.True(result is { Succeeded: true, Complete: true }, result.Failure?.ToString());
        Assert.Equal(["p1@x.test", "p2@x.test", "p3@x.test", "p4@x.test", "p5@x.test", "p6@x.test"], result.Rows.Select(r => r["email"]!.ToString()));
    }

    [Fact]
    public async Task A_table_that_a_script_fills_is_not_taken_for_empty_by_its_head()
    {
        var result = await app.RunAsync("[goto: /filled]", "extract: { rows: { role: row }, fields: { email: { column: Email } } }", top: Patient);
        Assert.Equal(["p1@x.test"], result.Rows.Select(r => r["email"]!.ToString()));
        var empty = await app.RunAsync("[goto: /filled-with-nothing]", "extract: { rows: { role: row }, fields: { email: { column: Email } } }", top: Patient);
        Assert.True(empty is { Succeeded: true, Rows.Count: 0 }, empty.Failure?.ToString());
    }

    [Fact]
    public async Task A_table_whose_rows_are_still_asked_for_is_not_taken_for_empty()
    {
        var result = await app.RunAsync("[goto: \"/fetched?from=/api/rows\"]", "extract: { rows: { role: row }, fields: { email: { column: Email } } }", top: Patient);
        Assert.Equal(["p1@x.test"], result.Rows.Select(r => r["email"]!.ToString()));
    }

    [Fact]
    public async Task A_table_without_rows_on_a_page_that_asks_without_end_is_empty_only_where_it_says_so()
    {
        var result = await app.RunAsync("[goto: \"/fetched?from=/api/events\"]", "extract: { rows: { role: row }, fields: { email: { column: Email } } }");
        Assert.Equal(FailureCode.IncompleteRead, result.Failure?.Code);
        Assert.Contains("still asking", result.Failure!.Detail, StringComparison.Ordinal);
        var said = await app.RunAsync("[goto: \"/fetched?from=/api/events\"]", "extract: { rows: { role: row }, fields: { email: { column: Email } }, empty: Nobody here }");
        Assert.True(said is { Succeeded: true, Rows.Count: 0 }, said.Failure?.ToString());
    }

    [Fact]
    public async Task A_page_that_never_ends_is_not_read_as_a_whole_list()
    {
        var result = await app.RunAsync("[goto: /endless-start, click: { role: button, name: Open }]", "extract: { rows: { css: li }, fields: { email: { css: b } } }");
        Assert.Equal((FailureCode.IncompleteRead, "The page was still coming when its rows were to be read."), (result.Failure?.Code, result.Failure?.Detail));
    }

    private static string Creating(string form, string settleTime = "20s") =>
        (TestSite.Yaml("[goto: /people]", "extract: { rows: { css: li }, fields: { email: { css: b } } }", top: $"settleTime: {settleTime}\n{Patient}") + $$"""

              createUser:
                inputs: [email]
                steps: [goto: {{form}}, fill: { label: Email, value: "{email}" }, click: { role: button, name: Add, commit: true }]
                verify: { listed: { email: "{email}" }, within: 10s }
                errors: [{ see: already registered, code: AlreadyExists }]
            """).Replace("capabilities: {}", "capabilities: { createUser: { mode: direct } }", StringComparison.Ordinal);

    private static string Scripted(string then) => $$"""
        <label>Email <input id="email"></label><button onclick="add()">Add</button><p id="said"></p>
        <script>
          async function add() {
            {{then}}
          }
        </script>
        """;

    private static string CheckedForm(string then) => $$"""
        <form method="post" action="/slow"><label>Email <input name="email"></label><button type="button" onclick="setTimeout(() => { {{then}} }, 30)">Add</button></form>
        """;

    private static void Map(WebApplication web)
    {
        var people = new ConcurrentQueue<string>(["p1@x.test"]);
        web.MapGet("/people", () => TestSite.Html($"<ul>{string.Concat(people.Select(p => $"<li><b>{p}</b></li>"))}</ul>"));
        web.MapGet("/scripted", () => TestSite.Html(Scripted("""
            const answer = await fetch('/api/people?email=' + encodeURIComponent(document.getElementById('email').value), { method: 'POST' });
            document.getElementById('said').textContent = await answer.text();
            """)));
        web.MapGet("/checked-first", () => TestSite.Html(CheckedForm("document.forms[0].submit()")));
        web.MapGet("/checked-slowly", () => TestSite.Html(CheckedForm("const end = performance.now() + 500; while (performance.now() < end); document.forms[0].submit()")));
        web.MapPost("/slow", async http =>
        {
            var email = (await http.Request.ReadFormAsync(http.RequestAborted))["email"].ToString();

            // Longer than a connector's settle time may be: a page may take as long as a step.
            await Task.Delay(2 * Pause, http.RequestAborted);
            var known = people.Contains(email);
            if (!known)
            {
                people.Enqueue(email);
            }

            await InPartsAsync(http, "<h1>People</h1>", known ? "<p>This e-mail is already registered.</p>" : "<p>Saved.</p>");
        });
        web.MapGet("/waiting", () => TestSite.Html(Scripted("fetch('/api/events')")));
        web.MapGet("/api/events", async http => await Task.Delay(TimeSpan.FromMinutes(5), http.RequestAborted));
        web.MapPost("/api/people", async (HttpContext http, string email) =>
        {
            // Who goes away before has not asked.
            await Task.Delay(Pause, http.RequestAborted);
            if (people.Contains(email))
            {
                return Results.Text("This e-mail is already registered.", statusCode: StatusCodes.Status409Conflict);
            }

            people.Enqueue(email);
            return Results.Text("Saved");
        });
        web.MapGet("/new", () => TestSite.Html("""<form method="post" action="/new"><label>Email <input name="email"></label><button>Add</button></form>"""));
        web.MapPost("/new", http => InPartsAsync(http, "<h1>New person</h1>", "<p>This e-mail is already registered.</p>"));
        web.MapGet("/leading", () => TestSite.Html("""<script>setTimeout(() => location = '/pages?page=1', 50)</script>"""));
        web.MapGet("/pages", http =>
        {
            var page = int.Parse(http.Request.Query["page"]!, System.Globalization.CultureInfo.InvariantCulture);
            string Person(int n) => $"<li><b>p{n}@x.test</b></li>";
            return InPartsAsync(
                http,
                "<h1>People</h1><ul>" + Person((2 * page) - 1),
                Person(2 * page) + "</ul>" + (page < 3 ? $"""<form action="/pages"><input type="hidden" name="page" value="{page + 1}"><button>Next</button></form>""" : ""));
        });
        const string Table = "<table><thead><tr><th>Email</th></tr></thead><tbody id=people></tbody></table>";
        web.MapGet("/filled", () => TestSite.Html(Table + "<script>setTimeout(() => { people.innerHTML = '<tr><td>p1@x.test</td></tr>'; }, 100)</script>"));
        web.MapGet("/fetched", (string from) => TestSite.Html($"{Table}<p>Nobody here</p><script>fetch('{from}').then(a => a.text()).then(rows => {{ people.innerHTML = rows; }})</script>"));
        web.MapGet("/api/rows", async http =>
        {
            await Task.Delay(2 * Pause, http.RequestAborted);
            await http.Response.WriteAsync("<tr><td>p1@x.test</td></tr>");
        });
        web.MapGet("/filled-with-nothing", () => TestSite.Html(Table));
        web.MapGet("/endless-start", () => TestSite.Html("""<form action="/endless"><button>Open</button></form>"""));
        web.MapGet("/endless", http => InPartsAsync(http, "<ul><li><b>p1@x.test</b></li>", "</ul>", TimeSpan.FromMinutes(5)));
    }

    private static async Task InPartsAsync(HttpContext http, string first, string second, TimeSpan? pause = null)
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        // A browser shows what has come once it has some kilobytes.
        await http.Response.WriteAsync($"<!DOCTYPE html><html><body><!-- {new string('.', 8192)} -->{first}");
        await http.Response.Body.FlushAsync();
        await Task.Delay(pause ?? Pause, http.RequestAborted);
        await http.Response.WriteAsync(second + "</body></html>");
    }
}
