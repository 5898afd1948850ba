using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Automation.Tests;

/// <summary>Each part of the format does in a real browser what its description says.</summary>
public sealed class FormatInBrowserTests(Lab lab) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> posted = [];
    private readonly ConcurrentBag<string> languages = [];
    private TestSite app = null!;

    public async ValueTask InitializeAsync() => app = await TestSite.StartAsync(lab, Map);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task Steps_inside_a_named_frame_act_there_and_those_after_it_on_the_page()
    {
        var result = await app.RunAsync("""
            [goto: /framed, frame: { name: People editor, steps: [fill: { label: Name, value: inner }, frame: { css: iframe, steps: [click: { role: button, name: Deep }, expect: { see: deep done }] }, click: { role: button, name: Save }, expect: { see: saved inner }] },
             expect: { notSee: saved inner }, fill: { label: Name, value: outer }, click: { role: button, name: Save }, expect: { see: saved outer }]
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Contains(result.Steps, s => s.Description == "find frame \"People editor\"");
    }

    [Fact]
    public async Task What_is_typed_while_the_page_moves_the_focus_stands_in_the_field_that_was_meant()
    {
        var result = await app.RunAsync("""
            [goto: /thief, fill: { label: User name, value: ada }, fill: { label: Password, value: secret-word }, click: { role: button, name: Show }, expect: { see: "ada and secret-word" },
             fill: { label: Tag, value: red }, fill: { label: Password, value: "" }, click: { role: button, name: Show }, expect: { see: "ada and , 1 tags" },
             fill: { label: Search, value: jo }, expect: { see: "found jo" }]
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_frame_that_is_not_there_is_told_with_those_that_are()
    {
        var result = await app.RunAsync("[goto: /framed, frame: { name: Peple editor, timeout: 1s, steps: [click: { text: x }] }]");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains("Looked for frame \"Peple editor\": there is none. The page has frame \"editor\", frame \"Other\".", result.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_read_inside_a_frame_page_after_page()
    {
        var result = await app.RunAsync("[goto: /framed-list]", """
            extract:
                  rows: { role: row, frame: List }
                  fields: { email: { column: Email } }
                  next: { role: link, name: Next }
                  expectCount: { text: "{n} people" }
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(["p0@x.test", "p1@x.test", "p2@x.test", "p3@x.test", "p4@x.test"], Emails(result));
    }

    [Theory]
    [InlineData("Profile", null)]
    [InlineData("Porfile", "Looked for frame \"Porfile\": there is none. The page has frame \"Profile\".")]
    public async Task The_details_of_an_account_are_read_inside_a_frame(string frame, string? failure)
    {
        var yaml = TestSite.Yaml("[goto: /people]").Replace("primaryIdentifier: true }]", "primaryIdentifier: true }, { name: title, label: Title }]", StringComparison.Ordinal) + $$"""

              getUser:
                steps: [goto: /people]
                extract: { rows: { role: row }, fields: { email: { column: Email } }, expectCount: { text: "{n} people" }, next: { role: link, name: Next } }
                detail: { steps: [goto: "/person?email={row.email}"], frame: {{frame}}, fields: { title: { label: Title } } }
            """;
        var result = await app.RunAsync(yaml, Site.Call(ConnectorVerb.GetUser, new { identifier = "p3@x.test" }));
        Assert.Equal(failure, result.Failure?.Detail);
        Assert.Equal(failure is null ? "title of p3@x.test inside" : null, result.Rows is [var row] ? row["title"]?.ToString() : null);
    }

    [Fact]
    public async Task A_named_pop_up_is_worked_in_and_left_again()
    {
        var result = await app.RunAsync("""
            [goto: /opener, popup: { click: { role: button, name: Choose }, steps: [fill: { label: Search, value: Jo }, click: { role: button, name: Take }] },
             expect: { see: chosen Jo }, popup: { click: { role: link, name: Help }, steps: [expect: { see: this is help }] }, expect: { see: chosen Jo }]
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_pop_up_of_a_pop_up_that_nobody_named_stays_closed()
    {
        var result = await app.RunAsync("""
            [goto: /opener, popup: { click: { role: link, name: Help }, steps: [click: { role: button, name: More }, expect: { see: tried more }] }, expect: { see: Choose }]
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.DoesNotContain("/opened-unasked", posted);
    }

    [Fact]
    public async Task A_pop_up_that_does_not_open_is_told()
    {
        var result = await app.RunAsync("[goto: /opener, popup: { click: { role: button, name: Idle }, timeout: 1s, steps: [click: { text: x }] }]");
        Assert.NotNull(result.Failure);
        Assert.Contains("button \"Idle\"", result.Failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pop_up_that_the_app_has_closed_is_told_at_the_next_step_in_it()
    {
        var result = await app.RunAsync("[goto: /opener, popup: { click: { role: button, name: Choose }, steps: [click: { role: button, name: Take }, waitFor: { see: never, timeout: 60s }] }]");
        Assert.Equal((FailureCode.PageChanged, "The pop-up has been closed."), (result.Failure?.Code, result.Failure?.Detail));
    }

    [Fact]
    public async Task A_list_that_grows_as_it_is_scrolled_is_read_to_its_end()
    {
        const string Read = "extract: {{ rows: {{ css: li }}, fields: {{ email: {{ css: b }} }}, next: {{ scroll: true, wait: {0} }}{1} }}";
        var proved = await app.RunAsync("[goto: /feed]", string.Format(null, Read, "60s", ", expectCount: { text: \"{n} people\" }"));
        Assert.True(proved is { Succeeded: true, Complete: true, Rows.Count: 95 }, proved.Failure?.ToString());
        var settled = await app.RunAsync("[goto: /feed]", string.Format(null, Read, "3s", ""));
        Assert.Equal(95, settled.Rows.Count);
        var short1 = await app.RunAsync("[goto: /feed-short]", string.Format(null, Read, "1s", ", expectCount: { text: \"{n} people\" }"));
        Assert.Equal((FailureCode.IncompleteRead, "The app says that there are 95, but 40 were read."), (short1.Failure?.Code, short1.Failure?.Detail));
    }

    [Fact]
    public async Task Pages_are_read_by_an_offset_in_the_address()
    {
        var result = await app.RunAsync("[goto: /by-offset]", "extract: { rows: { css: li }, fields: { email: { css: b } }, next: { offsetParameter: start }, expectCount: { text: \"{n} people\" } }");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(7, result.Rows.Count);
    }

    [Fact]
    public async Task Dates_and_numbers_are_read_as_the_app_writes_them_whatever_the_machine_speaks()
    {
        var result = await app.RunAsync("[goto: /figures]", """
            extract:
                  rows: { role: row }
                  fields:
                    email: { column: Mail }
                    since: { column: Seit, date: { format: "d. MMMM yyyy", months: [Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember] } }
                    seen: { column: Zuletzt, date: { format: "dd.MM.yyyy HH:mm", zone: "+01:00" } }
                    seats: { column: Plätze, number: { decimal: ",", group: "." } }
            """);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("""{"email":"a@x.test","since":"2024-03-05","seen":"2026-01-01T22:30:00Z","seats":1234567.5}""", result.Rows[0].ToJsonString());
        Assert.Equal("""{"email":"b@x.test","since":null,"seen":null,"seats":-3}""", result.Rows[1].ToJsonString());
    }

    [Theory]
    [InlineData("seen: { column: Seit, date: { format: dd.MM.yyyy } }", "The field seen is \"5. März 2024\", which is not a date of the form dd.MM.yyyy.")]
    [InlineData("seats: { column: Mail, number: {} }", "The field seats is \"a@x.test\", which is not a number.")]
    public async Task Text_that_is_no_date_or_number_is_PageChanged(string field, string detail)
    {
        var result = await app.RunAsync("[goto: /figures]", $"extract: {{ rows: {{ role: row }}, fields: {{ email: {{ column: Mail }}, {field} }} }}");
        Assert.Equal((FailureCode.PageChanged, detail), (result.Failure?.Code, result.Failure?.Detail));
    }

    [Fact]
    public async Task One_map_reads_the_apps_words_and_writes_them()
    {
        const string Maps = "maps: { level: { Administrator: admin, Superuser: admin, Member: user, '*': other } }";
        var read = await app.RunAsync("[goto: /levels]", "extract: { rows: { css: li }, fields: { email: { css: b }, roles: { css: i, map: level } } }", Maps);
        Assert.Equal([["admin"], ["admin"], ["user"], ["other"]], read.Rows.Select(r => r["roles"]!.AsArray().Select(v => v!.ToString()).ToArray()));
        var yaml = TestSite.Yaml("[goto: /levels]", top: Maps) + """

              setRoles:
                inputs: [roles]
                steps:
                  - goto: /levels
                  - select: { label: Level, option: "{roles[0]:level}" }
                  - fill: { label: Note, value: "as {roles:level}" }
                  - click: { role: button, name: Save, commit: true }
                  - expect: { see: saved }
            """;
        var written = await app.RunAsync(yaml, Site.Call(ConnectorVerb.SetRoles, new { identifier = "a@x.test", roles = new[] { "user", "admin", "guest" } }));
        Assert.True(written.Succeeded, written.Failure?.ToString());
        Assert.Equal("level=Member&note=as+Member%2C+Administrator%2C+guest", Assert.Single(posted));
    }

    [Fact]
    public async Task Steps_are_repeated_for_each_value_and_for_each_row_and_only_where_a_condition_holds()
    {
        var yaml = TestSite.Yaml("[goto: /loops]") + """

              setRoles:
                inputs: [roles, department?]
                steps:
                  - goto: /loops
                  - forEach: { in: "{roles}", as: role, steps: [check: { label: "{role}" }] }
                  - forEach:
                      rows: { role: listitem }
                      steps:
                        - when: { see: { text: open }, then: [click: { role: button, name: Close }], else: [click: { role: button, name: Keep }] }
                  - when: { given: department, then: [fill: { label: Note, value: given }], else: [fill: { label: Note, value: none }] }
                  - when: { value: "{roles[0]}", equals: [B, C], then: [press: { key: Enter, label: Note, commit: true }] }
                  - expect: { see: saved }
            """;
        var result = await app.RunAsync(yaml, Site.Call(ConnectorVerb.SetRoles, new { identifier = "a@x.test", roles = new[] { "B", "C" } }));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("B=on&C=on&log=close1+keep2+close3+&note=none", Assert.Single(posted));
    }

    [Fact]
    public async Task A_file_is_uploaded()
    {
        var yaml = TestSite.Yaml("[goto: /upload]") + """

              createUser:
                inputs: [email]
                steps:
                  - goto: /upload
                  - upload: { label: File, fileName: people.csv, content: "E-mail\n{email}\n" }
                  - click: { role: button, name: Send, commit: true }
                  - expect: { see: saved }
            """;
        var result = await app.RunAsync(yaml, Site.Call(ConnectorVerb.CreateUser, new { email = "jo@x.test" }));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("people.csv text/csv E-mail|jo@x.test|", Assert.Single(posted));
    }

    [Theory]
    [InlineData("", "en-US")]
    [InlineData(", acceptLanguage: de-AT", "de-AT")]
    public async Task Pages_are_asked_for_in_the_language_that_the_connector_fixes(string app1, string language)
    {
        var result = await app.RunAsync($"[goto: /language, expect: {{ see: \"page speaks {language}\" }}]", app: app1);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.All(languages, l => Assert.StartsWith(language, l, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("date: { format: dd.MM }", "value", "needs a day (d), a month (M) and a year (y)")]
    [InlineData("date: { format: \"d M\" }", "value", "needs a day (d), a month (M) and a year (y)")]
    [InlineData("date: { format: d.M.yyyy, months: [a, b, c, d, e, f, g, h, i, j, k, l, m] }", "value", "A year has twelve months; these are 13")]
    [InlineData("date: { format: d.M.yyyy, zone: CET }", "value", "'zone' cannot be 'CET'")]
    [InlineData("number: { decimal: \".\", group: \".\" }", "value", "cannot stand before the decimals and between thousands")]
    [InlineData("number: {}, date: { format: d.M.yyyy }", "one-of", "at most one of map, date and number")]
    [InlineData("map: levels", "unknown-name", "There is no map 'levels' under maps; did you mean 'level'?")]
    public void A_mistake_in_how_a_value_is_read_is_told_with_its_line(string how, string rule, string message)
    {
        var yaml = TestSite.Yaml("[goto: /]", $"extract: {{ rows: {{ role: row }}, fields: {{ email: {{ cell: 0, {how} }} }} }}", "maps: { level: { A: b } }");
        var line = yaml.Split('\n').Index().First(l => l.Item.Contains("extract:", StringComparison.Ordinal)).Index + 1;
        Assert.Contains(ConnectorFile.Parse("c.yaml", yaml).Diagnostics, d => d.Line == line && d.Rule == rule && d.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[frame: { steps: [goto: /] }]", "", "one-of", "exactly one of name, css")]
    [InlineData("[frame: { name: x }]", "", "missing-key", "'steps'")]
    [InlineData("[popup: { steps: [goto: /] }]", "", "missing-key", "'click'")]
    [InlineData("[popup: { click: { label: x, text: y }, steps: [] }]", "", "one-of", "exactly one of role, label")]
    [InlineData("[goto: /]", "next: { scroll: true, pageParameter: p }", "one-of", "exactly one of")]
    [InlineData("[goto: /]", "next: { pageParameter: p, wait: 3s }", "missing-key", "'wait' belongs to scroll")]
    [InlineData("[goto: \"/{email:a b}\"]", "", "placeholder", "is not a placeholder")]
    public void A_mistake_in_frames_pop_ups_and_pagers_is_told_with_its_line(string steps, string next, string rule, string message)
    {
        var yaml = TestSite.Yaml(steps, next.Length == 0 ? "" : $"extract: {{ rows: {{ role: row }}, fields: {{ email: {{ cell: 0 }} }}, {next} }}");
        var line = yaml.Split('\n').Index().First(l => l.Item.Contains(next.Length == 0 ? steps : next, StringComparison.Ordinal)).Index + 1;
        var found = ConnectorFile.Parse("c.yaml", yaml).Diagnostics;
        Assert.True(found.Any(d => d.Line == line && d.Rule == rule && d.Message.Contains(message, StringComparison.Ordinal)), string.Join('\n', found));
    }

    [Fact]
    public void A_map_that_is_not_there_or_not_used_is_a_finding()
    {
        var found = ConnectorFile.Lint("c.yaml", TestSite.Yaml("[goto: \"/{username:lvel}\"]", top: "maps: { level: { A: b } }")).Diagnostics;
        Assert.Contains(found, d => d.Rule == "unknown-name" && d.Message.Contains("There is no map 'lvel' under maps; did you mean 'level'?", StringComparison.Ordinal));
        Assert.Contains(found, d => d is { Rule: "unused", Line: 9 } && d.Message.Contains("The map 'level' is not used", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Emails(VerbResult result) => result.Rows.Select(r => r["email"]!.ToString());

    private void Map(WebApplication web)
    {
        static IResult Html(string body) => TestSite.Html(body);
        const string Editor = "<label>Name <input id='n'></label> <button onclick=\"document.body.append('saved ' + n.value)\">Save</button>";
        web.MapGet("/thief", () => TestSite.Html("""
            <form onsubmit="return false"><label>User name <input id="u"></label><label>Password <input id="p" type="password"></label><label>Tag <input id="t"></label><label>Search <input id="s"></label><button id="b">Show</button></form><p id="o"></p>
            <script>
              const [u, p, t, s, b, o] = ['u', 'p', 't', 's', 'b', 'o'].map((id) => document.getElementById(id));
              let tags = 0;
              p.addEventListener('focus', () => { u.focus(); u.select(); }, { once: true });
              t.addEventListener('input', () => { if (t.value) { tags += 1; t.value = ''; } });
              s.addEventListener('input', () => { location = `/found?name=${s.value}`; });
              b.addEventListener('click', () => { o.textContent = `${u.value} and ${p.value}, ${tags} tags`; });
            </script>
            """));
        web.MapGet("/found", (string name) => TestSite.Html($"found {name}"));
        web.MapGet("/framed", () => Html($"{Editor}<iframe name='editor' title='People editor' src='/framed-editor' width='600' height='300'></iframe><iframe src='/deep' title='Other'></iframe>"));
        web.MapGet("/framed-editor", () => Html($"{Editor}<iframe src='/deep'></iframe>"));
        web.MapGet("/deep", () => Html("<button onclick=\"document.body.append('deep done')\">Deep</button>"));
        web.MapGet("/framed-list", () => Html("<table><tr><th>Email</th></tr><tr><td>outside@x.test</td></tr></table><iframe id='List' src='/people' width='600' height='300'></iframe>"));
        web.MapGet("/people", (int? p) => Html($"<p>5 people</p><table><tr><th>Email</th></tr>{string.Concat(Enumerable.Range(0, 5).Skip((p ?? 0) * 2).Take(2).Select(i => $"<tr><td>p{i}@x.test</td></tr>"))}</table>{((p ?? 0) < 2 ? $"<a href='/people?p={(p ?? 0) + 1}'>Next</a>" : "")}"));
        web.MapGet("/person", (string email) => Html($"<label>Title <input value='outside'></label><iframe title='Profile' src='/profile?email={email}'></iframe>"));
        web.MapGet("/profile", (string email) => Html($"<label>Title <input value='title of {email} inside'></label>"));
        web.MapGet("/opener", () => Html("""
            <button onclick="window.open('/chooser', 'chooser', 'width=400,height=300')">Choose</button> <button>Idle</button> <a href="/help" target="_blank">Help</a>
            <script>addEventListener('message', e => document.body.append('chosen ' + e.data));</script>
            """));
        web.MapGet("/chooser", () => Html("<label>Search <input id='q'></label> <button onclick=\"opener.postMessage(q.value, '*'); window.close()\">Take</button>"));
        web.MapGet("/help", () => Html("this is help <button onclick=\"window.open('/opened-unasked'); document.body.append('tried more')\">More</button>"));
        web.MapGet("/opened-unasked", () => Html("never seen"));
        web.MapGet("/feed", () => Html(Feed(95)));
        web.MapGet("/feed-short", () => Html(Feed(40)));
        web.MapGet("/by-offset", (int? start) => Html($"<p>7 people</p><ul>{string.Concat(Enumerable.Range(0, 7).Skip(start ?? 0).Take(3).Select(i => $"<li><b>p{i}@x.test</b></li>"))}</ul>"));
        web.MapGet("/figures", () => Html("""
            <table><tr><th>Mail</th><th>Seit</th><th>Zuletzt</th><th>Plätze</th></tr>
            <tr><td>a@x.test</td><td>5. März 2024</td><td>01.01.2026 23:30</td><td>1.234.567,5</td></tr><tr><td>b@x.test</td><td></td><td></td><td>-3</td></tr></table>
            """));
        web.MapGet("/levels", () => Html("""
            <ul><li><b>a@x.test</b><i>Administrator</i></li><li><b>b@x.test</b><i>superuser</i></li><li><b>c@x.test</b><i>Member</i></li><li><b>d@x.test</b><i>Robot</i></li></ul>
            <form method="post" action="/save"><label for="l">Level</label><select id="l" name="level"><option>Administrator</option><option>Member</option></select><label>Note <input name="note"></label><button>Save</button></form>
            """));
        web.MapGet("/loops", () => Html("""
            <form method="post" action="/save"><label><input type="checkbox" name="A">A</label><label><input type="checkbox" name="B">B</label><label><input type="checkbox" name="C">C</label>
            <ul><li>open <button type="button" onclick="log.value += 'close1 '">Close</button></li><li>done <button type="button" onclick="log.value += 'keep2 '">Keep</button></li><li>open <button type="button" onclick="log.value += 'close3 '">Close</button></li></ul>
            <input name="log" id="log" type="hidden"><label>Note <input name="note"></label></form>
            """.Replace("open <button", "<span>open</span> <button", StringComparison.Ordinal)));
        web.MapGet("/upload", () => Html("<form method='post' action='/save-file' enctype='multipart/form-data'><label>File <input type='file' name='file'></label><button>Send</button></form>"));
        web.MapGet("/language", (HttpRequest request) =>
        {
            languages.Add(request.Headers.AcceptLanguage.ToString());
            return Html("<script>document.body.append('page speaks ' + navigator.language)</script>");
        });
        web.MapPost("/save", async (HttpRequest request) =>
        {
            using var body = new StreamReader(request.Body);
            posted.Enqueue(await body.ReadToEndAsync());
            return Html("saved");
        });
        web.MapPost("/save-file", async (HttpRequest request) =>
        {
            var file = (await request.ReadFormAsync()).Files[0];
            using var content = new StreamReader(file.OpenReadStream());
            posted.Enqueue($"{file.FileName} {file.ContentType} {(await content.ReadToEndAsync()).ReplaceLineEndings("|")}");
            return Html("saved");
        }).DisableAntiforgery();
    }

    /// <summary>95 people, of whom 20 more come each time that the list's own box is scrolled to its end, after a while.</summary>
    private static string Feed(int gives) => $$"""
        <p>95 people</p><div id="box" style="height:300px;overflow:auto"><ul id="list"></ul></div>
        <script>
        let n = 0, busy = false;
        const more = () => { for (let i = 0; i < 20 && n < {{gives}}; i++, n++) { const li = document.createElement('li'); li.innerHTML = `<b>p${n}@x.test</b>`; li.style.height = '30px'; list.append(li); } busy = false; };
        box.addEventListener('scroll', () => { if (!busy && box.scrollTop + box.clientHeight > box.scrollHeight - 5) { busy = true; setTimeout(more, 150); } });
        more();
        </script>
        """;
}
