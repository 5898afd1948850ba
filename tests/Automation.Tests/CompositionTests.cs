using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;

namespace IdLcm.Automation.Tests;

/// <summary>An app may compose letters and marks otherwise than they were sent: what it shows is the same text.</summary>
public sealed class CompositionTests(Lab lab)
{
    [Theory]
    [InlineData("jos\u00e9@x.test", "jose\u0301@x.test", true)]
    [InlineData("jose\u0301@x.test", "jos\u00e9@x.test", true)]
    [InlineData("jose@x.test", "jos\u00e9@x.test", false)]
    public async Task What_an_app_shows_after_a_write_is_compared_however_it_composes_it(string sent, string shown, bool same)
    {
        var added = false;
        await using var app = await TestSite.StartAsync(lab, web =>
        {
            web.MapGet("/people", () => TestSite.Html(added ? $"<ul><li><b>{shown}</b></li></ul>" : "<p>Nobody</p>"));
            web.MapGet("/new", () => TestSite.Html("""<form method="post"><label>Email <input name="email"></label><button>Add</button></form>"""));
            web.MapPost("/new", () =>
            {
                added = true;
                return TestSite.Html("<p>Saved</p>");
            });
        });
        var yaml = TestSite.Yaml("[goto: /people]", "extract: { rows: { css: li }, fields: { email: { css: b } }, empty: Nobody }") + """

              createUser:
                inputs: [email]
                steps: [goto: /new, fill: { label: Email, value: "{email}" }, click: { role: button, name: Add, commit: true }]
                verify: { listed: { email: "{email}" }, within: 1s }
            """;
        var result = await app.RunAsync(yaml.Replace("capabilities: {}", "capabilities: { createUser: { mode: direct } }", StringComparison.Ordinal), Site.Call(ConnectorVerb.CreateUser, new { email = sent }));
        Assert.Equal((true, same), (added, result.Verified));
    }
}
