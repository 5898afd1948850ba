using System.IO.Compression;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>Connectors and apps at their worst: each ends in a clear error or a failure with evidence, and the next run works.</summary>
public sealed class BadInputTests(Lab lab) : IAsyncLifetime
{
    private const int Megabyte = 1024 * 1024;
    private static readonly string Sample = File.ReadAllText(Path.Combine(Lab.RepositoryRoot, "apps", "sample-workspace", "connector.yaml"));

    private readonly TaskCompletionSource cutOff = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TestSite app = null!;
    private TestSite foreign = null!;
    private int foreignRequests;

    public async ValueTask InitializeAsync()
    {
        foreign = await TestSite.StartAsync(lab, web => web.MapFallback(context =>
        {
            Interlocked.Increment(ref foreignRequests);
            return context.Response.WriteAsync("reached");
        }));
        app = await TestSite.StartAsync(lab, Map);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await foreign.DisposeAsync();
    }

    [Fact]
    public void A_connector_with_a_thousand_errors_has_each_of_them_told_with_its_line()
    {
        var steps = string.Concat(Enumerable.Range(0, 1000).Select(i => $"      - clik: {{ role: button, name: B{i} }}\n"));
        var text = Sample.Replace("  logout:\n    steps:\n", "  logout:\n    steps:\n" + steps, StringComparison.Ordinal);
        Assert.NotEqual(Sample, text);
        var first = text[..text.IndexOf("- clik", StringComparison.Ordinal)].Count(c => c == '\n') + 1;
        var found = ConnectorFile.Lint("connector.yaml", text).Diagnostics.Where(d => d.Rule == "unknown-key").ToList();
        Assert.Equal(Enumerable.Range(first, 1000), found.Select(d => d.Line));
        Assert.All(found, d => Assert.Contains("did you mean 'click'?", d.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fragments_that_use_each_other_in_a_circle_are_a_finding_with_its_line_and_end_when_run()
    {
        const string Circle = "fragments: { one: [use: two, use: two], two: [use: one, use: one] }";
        var found = ConnectorFile.Lint("connector.yaml", TestSite.Yaml("[use: one]", top: Circle)).Diagnostics;
        Assert.Contains(found, d => d is { Rule: "circular", Severity: DiagnosticSeverity.Error, Line: 9 } && d.Message.Contains("one → two → one", StringComparison.Ordinal));
        var result = await app.RunAsync("[use: one]", top: Circle);
        Assert.Equal(FailureCode.UnsupportedOperation, result.Failure?.Code);
        Assert.Contains("nested too deeply", result.Failure!.Detail, StringComparison.Ordinal);
        await TheNextWorksAsync();
    }

    [Fact]
    public async Task A_pager_that_always_has_one_more_page_is_an_IncompleteRead()
    {
        var result = await app.RunAsync(
            "[goto: /endless]", "extract: { rows: { role: row }, fields: { email: { column: Email } }, next: { role: link, name: Next }, maxPages: 15 }");
        Failed(result, FailureCode.IncompleteRead, "goes on after 15 pages");
        Assert.False(result.Complete);
        await TheNextWorksAsync();
    }

    [Fact]
    public async Task A_page_that_grows_for_ever_as_it_is_scrolled_is_an_IncompleteRead()
    {
        var result = await app.RunAsync("[goto: /grows]", "extract: { rows: { css: p }, fields: { email: { text: true } }, next: { scroll: true }, maxPages: 10 }");
        Failed(result, FailureCode.IncompleteRead, "goes on after");
        await TheNextWorksAsync();
    }

    [Fact]
    public async Task A_regular_expression_that_would_explode_takes_linear_time_on_what_was_read()
    {
        var result = await app.RunAsync("[goto: /as]", "extract: { rows: { css: p }, fields: { email: { text: true, regex: \"^(a+)+$\", otherwise: none } } }");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("""{"email":"none"}""", Assert.Single(result.Rows).ToJsonString());
    }

    [Fact]
    public async Task A_regular_expression_that_explodes_in_the_page_ends_in_a_Timeout()
    {
        var result = await app.RunAsync("[goto: /as, click: { text: \"^(a+)+$\", match: regex, timeout: 1s }]");
        Assert.Equal(FailureCode.Timeout, result.Failure?.Code);
        Assert.Contains("text \"^(a+)+$\"", result.Failure!.Step, StringComparison.Ordinal);
        await TheNextWorksAsync();
    }

    [Fact]
    public async Task A_page_of_200_megabytes_is_cut_off()
    {
        await using var process = lab.Build(lab.Options with { MaxPageBytes = 2 * Megabyte, MaxDownloadBytes = 2 * Megabyte });
        var result = await app.RunAsync("[goto: /huge]", process: process);
        Failed(result, FailureCode.PageChanged, "more than 2 MB for one step");
        await TheNextWorksAsync(process);
    }

    [Fact]
    public async Task A_page_that_eats_memory_costs_its_own_browser()
    {
        await using var process = lab.Build(lab.Options with { BrowserMemoryBytes = 400L * Megabyte, StepTimeout = TimeSpan.FromSeconds(60) });
        var result = await app.RunAsync("[goto: /hungry, expect: { see: never }]", process: process);
        Assert.Equal(FailureCode.AppUnavailable, result.Failure?.Code);
        Assert.Contains("far more than its limit of 400 MB", result.Failure!.Detail, StringComparison.Ordinal);
        await TheNextWorksAsync(process);
    }

    [Fact]
    public async Task A_download_that_does_not_end_is_given_up_when_it_is_too_large()
    {
        await using var process = lab.Build(lab.Options with { MaxDownloadBytes = 8 * Megabyte, MaxPageBytes = 8 * Megabyte });
        var result = await app.RunAsync("[goto: /files, download: { role: link, name: Endless, timeout: 60s, fields: { email: { column: E } } }]", process: process);
        Failed(result, FailureCode.IncompleteRead, "larger than 8388608 bytes");
        await TheNextWorksAsync(process);
    }

    /// <summary>Also where the connector has a download step elsewhere, for which the browser takes downloads.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("fragments: { other: [download: { role: link, name: Endless, fields: { email: { column: E } } }] }")]
    public async Task A_download_that_no_step_asks_for_is_cut_off_and_its_app_let_go_though_it_is_silent(string top)
    {
        await using var session = await app.OpenAsync(TestSite.Yaml("[goto: /files, click: { role: link, name: Unasked }, expect: { see: Endless }]", top: top));
        var result = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        await cutOff.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_download_bomb_is_given_up_while_it_unpacks()
    {
        await using var process = lab.Build(lab.Options with { MaxDownloadBytes = 8 * Megabyte, MaxPageBytes = 8 * Megabyte });
        var result = await app.RunAsync("[goto: /files, download: { role: link, name: Bomb, timeout: 60s, fields: { email: { column: E } } }]", process: process);
        Failed(result, FailureCode.IncompleteRead, "larger than 8388608 bytes");
        await TheNextWorksAsync(process);
    }

    [Fact]
    public async Task A_page_that_opens_500_pop_ups_goes_on_without_them()
    {
        var result = await app.RunAsync("[goto: /pop-ups, click: { role: button, name: Open all }, expect: { see: opened all, timeout: 60s }]");
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal(0, foreignRequests);
        await TheNextWorksAsync();
    }

    [Fact]
    public async Task A_redirect_off_the_allowed_hosts_is_told_with_evidence()
    {
        var result = await app.RunAsync("[goto: /redirect]");
        Failed(result, FailureCode.PageChanged, "which is not among the connector's allowedHosts");
        Assert.Equal(0, foreignRequests);
        await TheNextWorksAsync();
    }

    private static void Failed(VerbResult result, FailureCode code, string detail)
    {
        Assert.Equal(code, result.Failure?.Code);
        Assert.Contains(detail, result.Failure!.Detail, StringComparison.Ordinal);
        Assert.Contains(result.Evidence, e => e.Kind is "screenshot" or "dom");
    }

    private async Task TheNextWorksAsync(IServiceProvider? process = null)
    {
        var next = await app.RunAsync("[goto: /as, expect: { see: \"aaa\" }]", process: process);
        Assert.True(next.Succeeded, next.Failure?.ToString());
    }

    private void Map(WebApplication web)
    {
        static string Name(int page, int row) => $"p{page}-{row}@x.test";
        web.MapGet("/endless", (int? p) => TestSite.Html(
            $"<table><tr><th>Email</th></tr>{string.Concat(Enumerable.Range(0, 3).Select(i => $"<tr><td>{Name(p ?? 0, i)}</td></tr>"))}</table><a href='/endless?p={(p ?? 0) + 1}'>Next</a>"));
        web.MapGet("/grows", () => TestSite.Html("""
            <p>start@x.test</p>
            <script>let n = 0; addEventListener('scroll', () => { for (let i = 0; i < 5; i++) { const p = document.createElement('p'); p.style.height = '400px'; p.textContent = `n${n++}@x.test`; document.body.append(p); } });
            document.querySelector('p').style.height = '2000px';</script>
            """));
        web.MapGet("/as", () => TestSite.Html($"<p>{new string('a', 40)}!</p>"));
        web.MapGet("/huge", async context =>
        {
            context.Response.ContentType = "text/html";
            await FloodAsync(context, 200);
        });
        web.MapGet("/hungry", () => TestSite.Html("<script>const all = []; setInterval(() => { const part = new Uint8Array(40 * 1024 * 1024); for (let i = 0; i < part.length; i += 4096) part[i] = 1; all.push(part); }, 50);</script>"));
        web.MapGet("/files", () => TestSite.Html("<a href='/endless.csv' download>Endless</a> <a href='/bomb.csv' download>Bomb</a> <a href='/unasked.csv' download>Unasked</a>"));
        web.MapGet("/unasked.csv", async context =>
        {
            context.RequestAborted.Register(() => cutOff.TrySetResult());
            context.Response.ContentType = "text/csv";
            await context.Response.WriteAsync("E\n");
            await context.Response.Body.FlushAsync();
            await cutOff.Task;
        });
        web.MapGet("/endless.csv", async context =>
        {
            context.Response.ContentType = "text/csv";
            await FloodAsync(context, int.MaxValue);
        });
        web.MapGet("/bomb.csv", async context =>
        {
            context.Response.ContentType = "text/csv";
            context.Response.Headers.ContentEncoding = "gzip";
            await using var packed = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            var line = new byte[Megabyte];
            for (var i = 0; i < 2000 && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await packed.WriteAsync(line, context.RequestAborted);
            }
        });
        web.MapGet("/pop-ups", () => TestSite.Html($$"""
            <button onclick="for (let i = 0; i < 500; i++) { window.open('{{foreign.Url}}/' + i); const a = document.createElement('a'); a.href = '{{foreign.Url}}/a' + i; a.target = '_blank'; a.click(); } document.body.append('opened all')">Open all</button>
            """));
        web.MapGet("/redirect", () => Results.Redirect($"{foreign.Url}/redirected"));
    }

    private static async Task FloodAsync(HttpContext context, int megabytes)
    {
        var part = new byte[Megabyte];
        Array.Fill(part, (byte)'x');
        try
        {
            for (var i = 0; i < megabytes && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(part, context.RequestAborted);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Cut off, as it should be.
        }
    }
}
