using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Tests;

/// <summary>Verbs of http steps: the same promises as of pages, and no browser.</summary>
public sealed class HttpTests(Lab lab) : ApiConnector(lab)
{
    [Fact]
    public void The_connector_of_these_tests_has_no_finding() => Assert.Empty(ConnectorFile.Lint("App.yaml", Connector()).Diagnostics);

    [Theory]
    [InlineData("{ pageParameter: page }")]
    [InlineData("{ linkHeader: true }")]
    public async Task Lists_are_read_to_the_end_and_proved(string next)
    {
        var result = await RunAsync(ConnectorVerb.ListUsers, null, Connector().Replace("{ pageParameter: page }", next, StringComparison.Ordinal));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.True(result.Complete);
        Assert.Equal(25, result.Rows.Count);
        Assert.Equal(new ListedSeats(25, 40), result.Seats);
        Assert.Equal("""{"email":"p2@x.test","givenName":"P","familyName":"2","roles":["Editor"],"status":"active","id":"2"}""", result.Rows[1].ToJsonString());
        Assert.Equal("""["none"]""", result.Rows[0]["roles"]!.ToJsonString().Replace("[]", """["none"]""", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_account_is_made_found_changed_suspended_and_deleted()
    {
        var made = await RunAsync(ConnectorVerb.CreateUser, new { email = "jö \"x\"@new.test", givenName = "Jö", familyName = "<script>", roles = new[] { "Editor" } });
        Assert.True(made is { Verified: true, CommitEntered: true }, made.Failure?.ToString());
        Assert.Equal("<script>", made.Rows[0]["familyName"]!.ToString());
        var identifier = "jö \"x\"@new.test";
        Assert.Equal("Editor", Assert.Single((await RunAsync(ConnectorVerb.GetUser, new { identifier })).Rows)["roles"]![0]!.ToString());
        Assert.True((await RunAsync(ConnectorVerb.UpdateUser, new { identifier, givenName = "Jo", familyName = "Lee" })).Verified);
        Assert.True((await RunAsync(ConnectorVerb.Deactivate, new { identifier })).Verified);
        Assert.True(App.Snapshot()[^1]["locked"]!.GetValue<bool>());
        Assert.True((await RunAsync(ConnectorVerb.Reactivate, new { identifier })).Verified);
        Assert.True((await RunAsync(ConnectorVerb.Delete, new { identifier })).Verified);
        Assert.Equal(25, App.Snapshot().Count);
        var gone = await RunAsync(ConnectorVerb.GetUser, new { identifier });
        Assert.True(gone is { Succeeded: true, Complete: true, Rows.Count: 0 });
    }

    [Fact]
    public async Task What_the_app_answers_when_it_refuses_has_its_failure_code()
    {
        var taken = await RunAsync(ConnectorVerb.CreateUser, new { email = "p1@x.test", givenName = "A", familyName = "B" });
        Assert.Equal(FailureCode.AlreadyExists, taken.Failure?.Code);
        Assert.Equal(FailureCode.UserNotFound, (await RunAsync(ConnectorVerb.Deactivate, new { identifier = "nobody@x.test" })).Failure?.Code);
        Assert.Equal(FailureCode.RateLimited, (await GetAsync("/api/busy")).Failure?.Code);
        Assert.Equal(FailureCode.PageChanged, (await GetAsync("/api/nothing")).Failure?.Code);
        var html = await GetAsync("/api/text");
        Assert.Equal(FailureCode.PageChanged, html.Failure?.Code);
        Assert.Contains("it is not JSON", html.Failure!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_to_a_foreign_host_is_not_followed()
    {
        await using var foreign = await Api.StartAsync();
        App.Elsewhere = foreign.Url;
        var result = await GetAsync("/api/away");
        Assert.Equal(FailureCode.PageChanged, result.Failure?.Code);
        Assert.Contains(new Uri(foreign.Url).Authority, result.Failure!.Detail, StringComparison.Ordinal);
        Assert.Empty(foreign.Requests);
    }

    [Fact]
    public async Task Another_allowed_origin_does_not_get_the_token()
    {
        await using var other = await Api.StartAsync();
        var yaml = Connector().Replace("allowedHosts: [\"{appUrl}\"]", $"allowedHosts: [\"{{appUrl}}\", \"{other.Url}\"]", StringComparison.Ordinal)
            .Replace("- http: { url: /api/people, query: { per_page: \"10\" } }", $"- http: {{ url: \"{other.Url}/foreign/echo\" }}", StringComparison.Ordinal)
            .Replace("rows: { json: $.people }", "rows: { json: $ }", StringComparison.Ordinal)
            .Replace("email: { path: $.mail }", "email: { path: $.key }", StringComparison.Ordinal)
            .Replace("expectCount: { header: X-Total }", "maxPages: 1", StringComparison.Ordinal)
            .Replace("    next: { pageParameter: page }\n", "", StringComparison.Ordinal);
        var result = await RunAsync(ConnectorVerb.ListUsers, null, yaml);
        Assert.True(result.Succeeded, result.Failure?.ToString());
        Assert.Equal("", Assert.Single(result.Rows)["email"]!.ToString());
    }

    [Fact]
    public async Task Endless_slow_and_huge_answers_end_in_bounded_time_and_the_next_run_works()
    {
        Assert.Equal(FailureCode.IncompleteRead, (await GetAsync("/api/round")).Failure?.Code);
        Assert.Equal(FailureCode.IncompleteRead, (await GetAsync("/api/endless", "next: { json: $.next }")).Failure?.Code);
        var before = GC.GetTotalAllocatedBytes();
        var bomb = await GetAsync("/api/bomb");
        Assert.Equal(FailureCode.IncompleteRead, bomb.Failure?.Code);
        Assert.Contains("larger than", bomb.Failure!.Detail, StringComparison.Ordinal);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 200_000_000, "the answer was taken in whole");
        Assert.Equal(FailureCode.Timeout, (await GetAsync("/api/slow")).Failure?.Code);
        Assert.True((await RunAsync(ConnectorVerb.ListUsers)).Succeeded);
    }

    [Fact]
    public async Task Values_cannot_leave_their_place_in_an_address()
    {
        var yaml = Connector().Replace("url: /api/people, query: { q: \"{identifier}\" }", "url: \"/api/people/{identifier}\", status: [200, 404]", StringComparison.Ordinal)
            .Replace("rows: { json: $.people }", "rows: { json: $ }", StringComparison.Ordinal);
        var climb = await RunAsync(ConnectorVerb.GetUser, new { identifier = ".." }, yaml);
        Assert.Equal(FailureCode.UnsupportedOperation, climb.Failure?.Code);
        Assert.True((await RunAsync(ConnectorVerb.GetUser, new { identifier = "1/../../me?x=#" }, yaml)).Succeeded);
        Assert.Contains("GET /api/people/1%2F..%2F..%2Fme%3Fx=%23", App.Requests.Select(r => r.Replace("?x=#", "%3Fx=%23", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_token_is_in_no_step_failure_or_evidence()
    {
        var result = await GetAsync("/api/leak");
        Assert.Equal(FailureCode.AppUnavailable, result.Failure?.Code);
        Assert.DoesNotContain(Api.Token, result.Failure!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(result.Steps, s => s.ToString().Contains(Api.Token, StringComparison.Ordinal));
        var kept = Assert.Single(result.Evidence);
        Assert.Equal("response", kept.Kind);
        await using var content = await Lab.Blobs.OpenAsync("evidence", kept.Hash, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(content!);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("status 500", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Api.Token, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_gate_keeps_the_call_from_being_made()
    {
        var result = await RunAsync(ConnectorVerb.Delete, new { identifier = "p1@x.test" }, gate: new Closed());
        Assert.Equal(FailureCode.Cancelled, result.Failure?.Code);
        Assert.False(result.CommitEntered);
        Assert.Equal(25, App.Snapshot().Count);
    }

    [Fact]
    public async Task Pages_and_calls_work_side_by_side_in_one_connector()
    {
        var mixed = Connector().Replace("methods: [accessToken]", "methods: [accessToken]\n  session: { probe: { goto: /page, see: { role: button, name: Log out } } }", StringComparison.Ordinal)
            .Replace("operations:\n", "operations:\n  login: { steps: [goto: /page] }\n", StringComparison.Ordinal)
            .Replace("  validate:\n    steps:\n", "  validate:\n    steps:\n      - goto: /page\n      - extract: { css: \"#note\", to: note }\n      - http: { url: /api/echo, query: { note: \"{note}\" }, save: { said: $.query } }\n      - expect: { value: \"{said}\", equals: \"?note=a%20note%20on%20the%20page\" }\n      - goto: /page\n      - expect: { see: { role: heading, name: Signed in } }\n", StringComparison.Ordinal);
        Assert.Equal(FailureCode.AppUnavailable, (await RunAsync(ConnectorVerb.Validate, null, mixed)).Failure?.Code);
        Assert.True((await RunAsync(ConnectorVerb.ListUsers, null, mixed)).Succeeded, "a verb of calls alone needs no browser");
        var result = await RunAsync(ConnectorVerb.Validate, null, mixed, services: Lab.Services);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Theory]
    [InlineData("$.a.b", "1")]
    [InlineData("$['a']['b']", "1")]
    [InlineData("$.list[1]", "y")]
    [InlineData("$.list[*]", "x|y")]
    [InlineData("$.list[7]", "")]
    [InlineData("$.people[*].name", "A|B")]
    [InlineData("$.missing.b", "")]
    public void Paths_select_what_they_name(string path, string expected)
    {
        var json = JsonNode.Parse("""{"a":{"b":1},"list":["x","y"],"people":[{"name":"A"},{"name":"B"},{"name":null}]}""");
        Assert.Equal(expected, string.Join('|', JsonPath.Parse(path)!.Select(json).Select(n => n.ToString())));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("$..a")]
    [InlineData("$[")]
    [InlineData("$[?(@.x)]")]
    [InlineData("$.a[-1]")]
    public void What_is_no_path_is_refused(string path) => Assert.Null(JsonPath.Parse(path));

    private Task<VerbResult> GetAsync(string path, string next = "maxPages: 9") => RunAsync(ConnectorVerb.ListUsers, null, Connector()
        .Replace("- http: { url: /api/people, query: { per_page: \"10\" } }", $"- http: {{ url: {path} }}", StringComparison.Ordinal)
        .Replace("next: { pageParameter: page }", next, StringComparison.Ordinal)
        .Replace("    expectCount: { header: X-Total }\n", "", StringComparison.Ordinal));

    private sealed class Closed : ICommitGate
    {
        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
