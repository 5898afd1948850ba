using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>Verbs of http steps: the same promises as of pages, and no browser.</summary>
public sealed class HttpTests(Lab lab) : IAsyncLifetime
{
    private Api api = null!;
    private ServiceProvider provider = null!;

    public async ValueTask InitializeAsync()
    {
        api = await Api.StartAsync(people: 25);
        // A browser that cannot be started: what works here works without one.
        provider = lab.Build(lab.Options with { BrowserExecutable = "/nowhere/chromium", StepTimeout = TimeSpan.FromSeconds(2) });
        await lab.Secrets.PutAsync("api-token", Api.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        await api.DisposeAsync();
    }

    [Fact]
    public void The_connector_of_these_tests_has_no_finding() => Assert.Empty(ConnectorFile.Lint("api.yaml", Connector()).Diagnostics);

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
        Assert.True(api.Snapshot()[^1]["locked"]!.GetValue<bool>());
        Assert.True((await RunAsync(ConnectorVerb.Reactivate, new { identifier })).Verified);
        Assert.True((await RunAsync(ConnectorVerb.Delete, new { identifier })).Verified);
        Assert.Equal(25, api.Snapshot().Count);
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
    public async Task A_wrong_or_missing_token_is_told_at_sign_in()
    {
        await lab.Secrets.PutAsync("api-wrong", "tok-wrong");
        Assert.Equal(FailureCode.BadCredentials, (await OpenAsync(Connector(), r => r with { PasswordSecret = "api-wrong" })).Failure?.Code);
        Assert.Equal(FailureCode.BadCredentials, (await OpenAsync(Connector(), r => r with { PasswordSecret = "api-none" })).Failure?.Code);
    }

    [Fact]
    public async Task A_token_is_proved_once_for_sessions_that_follow_each_other()
    {
        var request = await ProvedAsync("api-proved-once");
        Assert.True((await ListAsync(request)).Succeeded);
        Assert.Single(api.Requests, IsProof);
        Assert.True((await ListAsync(request with { FreshSignIn = true })).Succeeded);
        Assert.Equal(2, api.Requests.Count(IsProof));

        await lab.Secrets.PutAsync("api-proved-once", "tok-wrong");
        Assert.Equal(FailureCode.BadCredentials, (await Runner.OpenAsync(request, TestContext.Current.CancellationToken)).Failure?.Code);
    }

    [Fact]
    public async Task A_token_that_was_replaced_after_it_was_proved_costs_no_operation()
    {
        var request = await ProvedAsync("api-proved-before");
        lab.Secrets.Remember("api-proved-before");
        await lab.Secrets.PutAsync("api-proved-before", "tok-next");
        api.Accepted = "tok-next";
        var result = await ListAsync(request);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task A_redirect_to_a_foreign_host_is_not_followed()
    {
        await using var foreign = await Api.StartAsync();
        api.Elsewhere = foreign.Url;
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
        Assert.Contains("GET /api/people/1%2F..%2F..%2Fme%3Fx=%23", api.Requests.Select(r => r.Replace("?x=#", "%3Fx=%23", StringComparison.Ordinal)));
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
        await using var content = await lab.Blobs.OpenAsync("evidence", kept.Hash, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(content!);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("status 500", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Api.Token, text, StringComparison.Ordinal);
    }

    /// <summary>An app that takes a request and hangs up may have acted on it: the request must not be sent a second time.</summary>
    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("POST", ", json: { a: 1 }")]
    public async Task A_commit_that_gets_no_answer_is_not_sent_again(string method, string body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var stop = TestContext.Current.CancellationToken;
        var taken = 0;
        var serving = Task.Run(
            async () =>
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync(stop);
                    var buffer = new byte[8192];
                    if (await client.GetStream().ReadAsync(buffer, stop) > 0 && Encoding.Latin1.GetString(buffer).StartsWith(method, StringComparison.Ordinal))
                    {
                        Interlocked.Increment(ref taken);
                    }
                }
            },
            stop);
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var yaml = Connector().Replace("allowedHosts: [\"{appUrl}\"]", $"allowedHosts: [\"{{appUrl}}\", \"{url}\"]", StringComparison.Ordinal)
            .Replace("- http: { method: DELETE, url: \"/api/people/{row.id}\", commit: true }", $"- http: {{ method: {method}, url: \"{url}/x\"{body}, commit: true }}", StringComparison.Ordinal);
        var result = await RunAsync(ConnectorVerb.Delete, new { identifier = "p1@x.test" }, yaml);
        Assert.Equal(FailureCode.AppUnavailable, result.Failure?.Code);
        Assert.True(result.CommitEntered);
        Assert.Equal(1, taken);
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    [Fact]
    public async Task A_stopped_gate_keeps_the_call_from_being_made()
    {
        var result = await RunAsync(ConnectorVerb.Delete, new { identifier = "p1@x.test" }, gate: new Closed());
        Assert.Equal(FailureCode.Cancelled, result.Failure?.Code);
        Assert.False(result.CommitEntered);
        Assert.Equal(25, api.Snapshot().Count);
    }

    [Fact]
    public async Task Pages_and_calls_work_side_by_side_in_one_connector()
    {
        var mixed = Connector().Replace("methods: [accessToken]", "methods: [accessToken]\n  session: { probe: { goto: /page, see: { role: button, name: Log out } } }", StringComparison.Ordinal)
            .Replace("operations:\n", "operations:\n  login: { steps: [goto: /page] }\n", StringComparison.Ordinal)
            .Replace("  validate:\n    steps:\n", "  validate:\n    steps:\n      - goto: /page\n      - extract: { css: \"#note\", to: note }\n      - http: { url: /api/echo, query: { note: \"{note}\" }, save: { said: $.query } }\n      - expect: { value: \"{said}\", equals: \"?note=a%20note%20on%20the%20page\" }\n      - goto: /page\n      - expect: { see: { role: heading, name: Signed in } }\n", StringComparison.Ordinal);
        Assert.Equal(FailureCode.AppUnavailable, (await RunAsync(ConnectorVerb.Validate, null, mixed)).Failure?.Code);
        Assert.True((await RunAsync(ConnectorVerb.ListUsers, null, mixed)).Succeeded, "a verb of calls alone needs no browser");
        var result = await RunAsync(ConnectorVerb.Validate, null, mixed, services: lab.Services);
        Assert.True(result.Succeeded, result.Failure?.ToString());
    }

    [Fact]
    public async Task An_http_login_exchanges_the_credential_for_a_token()
    {
        var yaml = Connector().Replace("X-Api-Key: \"{accessToken}\"", "X-Api-Key: \"{token}\"", StringComparison.Ordinal)
            .Replace("methods: [accessToken]", "methods: [password]", StringComparison.Ordinal)
            .Replace("operations:\n", "operations:\n  login: { steps: [http: { method: GET, url: \"/foreign/echo\", headers: { X-Api-Key: \"{password}\" }, save: { token: $.key } }] }\n", StringComparison.Ordinal);
        var opened = await OpenAsync(yaml, r => r with { LoginMethod = "password" });
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await using var session = opened.Session!;
        Assert.Equal(25, (await session.RunAsync(Site.Call(ConnectorVerb.ListUsers))).Rows.Count);
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

    private static string Connector() => """
        schema: idlcm.connector/v1
        id: api-tests
        version: 1.0.0
        app: { name: Api tests, baseUrl: "{appUrl}", allowedHosts: ["{appUrl}"] }
        settings: { appUrl: { label: Address, required: true, pattern: "https?://[a-z0-9.:]+" } }
        auth:
          methods: [accessToken]
        http:
          headers: { X-Api-Key: "{accessToken}" }
          probe: { url: /api/me }
        capabilities:
          createUser: { mode: direct }
          updateUser: { attributes: [givenName, familyName] }
          deactivate: true
          delete: true
        userSchema:
          attributes:
            - { name: email, label: Email, primaryIdentifier: true, required: true }
            - { name: givenName, label: First name }
            - { name: familyName, label: Last name }
        extracts:
          people:
            rows: { json: $.people }
            fields:
              email: { path: $.mail }
              givenName: { path: $.name.first }
              familyName: { path: $.name.last }
              roles: { path: "$.groups[*].name" }
              status: { path: $.locked, map: { "true": suspended, "false": active } }
              id: { path: $.id }
            next: { pageParameter: page }
            expectCount: { header: X-Total }
            seats: { used: $.total, total: $.plan }
        fragments:
          find:
            - find: "{identifier}"
        operations:
          validate:
            steps:
              - http: { url: /api/me }
          listUsers:
            steps:
              - http: { url: /api/people, query: { per_page: "10" } }
            extract: people
          getUser:
            steps:
              - http: { url: /api/people, query: { q: "{identifier}" } }
            extract: people
          createUser:
            inputs: [email, givenName, familyName, roles?]
            steps:
              - http:
                  method: POST
                  url: /api/people
                  json: { mail: "{email}", name: { first: "{givenName}", last: "{familyName}" }, groups: "{roles}" }
                  status: 201
                  commit: true
            verify: { listed: { email: "{email}", roles: "{roles}", familyName: "{familyName}" }, within: 2s }
            errors:
              - { see: has already been taken, status: 422, code: AlreadyExists }
          updateUser:
            inputs: [givenName?, familyName?]
            steps:
              - use: find
              - http: { method: PATCH, url: "/api/people/{row.id}", json: { name: { first: "{givenName}", last: "{familyName}" } }, commit: true }
            verify: { listed: { email: "{identifier}", givenName: "{givenName}", familyName: "{familyName}" }, within: 2s }
          deactivate:
            steps:
              - use: find
              - http: { method: PATCH, url: "/api/people/{row.id}", json: { locked: true }, commit: true }
            verify: { listed: { email: "{identifier}", status: suspended }, within: 2s }
          reactivate:
            steps:
              - use: find
              - http: { method: PATCH, url: "/api/people/{row.id}", json: { locked: false }, commit: true }
            verify: { listed: { email: "{identifier}", status: active }, within: 2s }
          delete:
            steps:
              - use: find
              - http: { method: DELETE, url: "/api/people/{row.id}", commit: true }
            verify: { absent: { email: "{identifier}" }, within: 2s }
        """;

    private Task<VerbResult> GetAsync(string path, string next = "maxPages: 9") => RunAsync(ConnectorVerb.ListUsers, null, Connector()
        .Replace("- http: { url: /api/people, query: { per_page: \"10\" } }", $"- http: {{ url: {path} }}", StringComparison.Ordinal)
        .Replace("next: { pageParameter: page }", next, StringComparison.Ordinal)
        .Replace("    expectCount: { header: X-Total }\n", "", StringComparison.Ordinal));

    private IConnectorRunner Runner => provider.GetRequiredService<IConnectorRunner>();

    private static bool IsProof(string request) => request == "GET /api/me";

    private async Task<ConnectorSessionRequest> ProvedAsync(string secret)
    {
        await lab.Secrets.PutAsync(secret, Api.Token);
        ConnectorSessionRequest request = null!;
        var opened = await OpenAsync(Connector(), r => request = r with { PasswordSecret = secret });
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await opened.Session!.DisposeAsync();
        return request;
    }

    private async Task<VerbResult> ListAsync(ConnectorSessionRequest request)
    {
        var opened = await Runner.OpenAsync(request, TestContext.Current.CancellationToken);
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await using var session = opened.Session!;
        return await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
    }

    private async Task<ConnectorSessionResult> OpenAsync(string yaml, Func<ConnectorSessionRequest, ConnectorSessionRequest>? change = null, IServiceProvider? services = null)
    {
        var id = $"api-{Guid.NewGuid():N}";
        lab.Write(id, yaml.Replace("id: api-tests", $"id: {id}", StringComparison.Ordinal));
        var from = services ?? provider;
        from.GetRequiredService<Catalog.FileConnectorCatalog>().Reload();
        var request = new ConnectorSessionRequest
        {
            IntegrationId = id,
            ConnectorId = id,
            ConnectorVersion = "1.0.0",
            Settings = new Dictionary<string, string> { ["appUrl"] = api.Url },
            ServiceAccountUserName = "svc",
            LoginMethod = "accessToken",
            PasswordSecret = "api-token",
            CorrelationId = "test",
        };
        return await from.GetRequiredService<IConnectorRunner>().OpenAsync(change?.Invoke(request) ?? request);
    }

    private async Task<VerbResult> RunAsync(ConnectorVerb verb, object? inputs = null, string? yaml = null, ICommitGate? gate = null, IServiceProvider? services = null)
    {
        var opened = await OpenAsync(yaml ?? Connector(), services: services);
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await using var session = opened.Session!;
        return await session.RunAsync(Site.Call(verb, inputs, gate));
    }

    private sealed class Closed : ICommitGate
    {
        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
