using System.Collections.Concurrent;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Automation.Tests;

/// <summary>A write goes on from the page on which its account was just read, and is proved by pages that are opened anew.</summary>
public sealed class ContinuityTests(Lab lab) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> opened = [];
    private readonly ConcurrentDictionary<string, string> people = new(new Dictionary<string, string> { ["p1@x.test"] = "Clerk", ["p2@x.test"] = "Clerk" });
    private TestSite app = null!;

    public async ValueTask InitializeAsync() => app = await TestSite.StartAsync(lab, web =>
    {
        web.Use(async (context, next) =>
        {
            opened.Enqueue($"{context.Request.Method} {context.Request.Path}");
            await next();
        });
        web.MapGet("/people", (string? q) => TestSite.Html(Table(people.Keys.Where(p => q is null || p.Contains(q, StringComparison.Ordinal)).Order(StringComparer.Ordinal))));
        web.MapGet("/person", (string email) => TestSite.Html($"<form method=post action='/person?email={email}'><label for=t>Title</label><input id=t name=title value='{people[email]}'><button>Save</button></form>"));
        web.MapPost("/person", async (string email, HttpRequest request) =>
        {
            people[email] = (await request.ReadFormAsync())["title"].ToString();
            return TestSite.Html("saved");
        });
        web.MapPost("/remove", async (HttpRequest request) =>
        {
            people.TryRemove((await request.ReadFormAsync())["email"].ToString(), out _);
            return TestSite.Html("removed");
        });
        web.MapGet("/paged", () => TestSite.Html($$"""
            <div id=page>{{Table(["p1@x.test"], 2)}}</div><button id=next onclick='turn()'>Next</button><template id=other>{{Table(["p2@x.test"], 2)}}</template>
            <script>function turn() { document.getElementById('page').innerHTML = document.getElementById('other').innerHTML; document.getElementById('next').remove(); }</script>
            """));
    });

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task A_look_up_of_all_details_is_the_beginning_of_a_change()
    {
        await using var session = await app.OpenAsync(Yaml());
        await LookUpAsync(session, "p1@x.test");
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.UpdateUser, new { identifier = "p1@x.test", title = "Boss" }))).Verified);
        Assert.Equal(["GET /people", "GET /person", "POST /person", "GET /people", "GET /person"], Opened());
        Assert.Equal("Boss", people["p1@x.test"]);
    }

    [Fact]
    public async Task A_look_up_in_the_list_is_the_beginning_of_a_deletion()
    {
        await using var session = await app.OpenAsync(Yaml());
        await LookUpAsync(session, "p1@x.test", withDetail: false);
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p1@x.test" }))).Verified);
        Assert.Equal(["GET /people", "POST /remove", "GET /people"], Opened());
        Assert.Equal(["p2@x.test"], people.Keys);
    }

    [Fact]
    public async Task What_is_done_in_between_ends_that_and_the_account_is_looked_up_again()
    {
        await using var session = await app.OpenAsync(Yaml());
        await LookUpAsync(session, "p1@x.test", withDetail: false);
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.Validate))).Succeeded);
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p1@x.test" }))).Verified);
        Assert.Equal(["GET /people", "GET /person", "GET /people", "POST /remove", "GET /people"], Opened());
    }

    [Fact]
    public async Task A_list_that_was_paged_through_is_opened_again_before_anything_is_done_in_it()
    {
        await using var session = await app.OpenAsync(Yaml("/paged", "next: { role: button, name: Next }"));
        await LookUpAsync(session, "p1@x.test", withDetail: false);
        Assert.NotNull((await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p1@x.test" }))).Failure);
        Assert.Equal(["GET /paged", "GET /paged", "POST /remove"], Opened().Take(3));
        Assert.Equal(["p2@x.test"], people.Keys);
    }

    private List<string> Opened() => [.. opened.Where(o => o is not ("GET /" or "GET /favicon.ico"))];

    private static async Task LookUpAsync(IConnectorSession session, string identifier, bool withDetail = true)
    {
        var found = await session.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier }) with { WithDetail = withDetail });
        Assert.Equal(withDetail, Assert.Single(found.Rows).ContainsKey("title"));
    }

    private static string Table(IEnumerable<string> emails, int? count = null)
    {
        var rows = emails.Select(e => $"<tr><td>{e}</td><td><form method=post action=/remove><input type=hidden name=email value='{e}'><button>Remove</button></form></td></tr>").ToList();
        return $"<p>{count ?? rows.Count} people</p><table><tr><th>Email</th><th>Action</th></tr>{string.Concat(rows)}</table>";
    }

    private static string Yaml(string list = "/people?q={identifier}", string more = "") => TestSite.Yaml("[goto: /people]")
        .Replace("primaryIdentifier: true }]", "primaryIdentifier: true }, { name: title, label: Title }]", StringComparison.Ordinal) + $$"""

          validate:
            steps: [goto: "/person?email=p2@x.test"]
          getUser:
            steps: [goto: "{{list}}"]
            extract: { rows: { role: row }, fields: { email: { column: Email } }, expectCount: { text: "{n} people" }{{(more.Length == 0 ? "" : $", {more}")}} }
            detail: { steps: [goto: "/person?email={row.email}"], fields: { title: { label: Title } } }
          updateUser:
            inputs: [title?]
            steps: [find: "{identifier}", goto: "/person?email={row.email}", fill: { label: Title, value: "{title}" }, click: { role: button, name: Save, commit: true }]
            verify: { listed: { email: "{identifier}", title: "{title}" }, within: 3s }
          delete:
            steps: [find: "{identifier}", goto: "{{list}}", click: { role: button, name: Remove, within: { role: row, has: { role: cell, name: "{identifier}" } }, commit: true }]
            verify: { absent: { email: "{identifier}" }, within: 1s }
        """;
}
