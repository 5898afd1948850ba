using System.Net;
using System.Net.Sockets;
using System.Text;
using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Automation.Tests;

/// <summary>What a session of calls knows: that its credential holds, that the app is there, whom it has just read, and that nothing is sent twice.</summary>
public sealed class HttpSessionTests(Lab lab) : ApiConnector(lab)
{
    [Fact]
    public async Task A_wrong_or_missing_token_is_told_at_sign_in()
    {
        await Lab.Secrets.PutAsync("api-wrong", "tok-wrong");
        Assert.Equal(FailureCode.BadCredentials, (await OpenAsync(Connector(), r => r with { PasswordSecret = "api-wrong" })).Failure?.Code);
        Assert.Equal(FailureCode.BadCredentials, (await OpenAsync(Connector(), r => r with { PasswordSecret = "api-none" })).Failure?.Code);
    }

    [Fact]
    public async Task A_token_is_proved_once_for_sessions_that_follow_each_other()
    {
        var request = await ProvedAsync("api-proved-once");
        Assert.True((await ListAsync(request)).Succeeded);
        Assert.Single(App.Requests, IsProof);
        Assert.True((await ListAsync(request with { FreshSignIn = true })).Succeeded);
        Assert.Equal(2, App.Requests.Count(IsProof));

        await Lab.Secrets.PutAsync("api-proved-once", "tok-wrong");
        Assert.Equal(FailureCode.BadCredentials, (await Runner.OpenAsync(request, TestContext.Current.CancellationToken)).Failure?.Code);
    }

    [Fact]
    public async Task A_token_that_was_replaced_after_it_was_proved_costs_no_operation()
    {
        var request = await ProvedAsync("api-proved-before");
        Lab.Secrets.Remember("api-proved-before");
        await Lab.Secrets.PutAsync("api-proved-before", "tok-next");
        App.Accepted = "tok-next";
        var result = await ListAsync(request);
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

    /// <summary>Its commit is the first call of the verb: nothing before it would tell that the app is down, or another one by now.</summary>
    [Theory]
    [InlineData(true, FailureCode.AppUnavailable)]
    [InlineData(false, FailureCode.PageChanged)]
    public async Task A_write_that_begins_with_its_commit_meets_an_app_that_is_not_there_before_it(bool down, FailureCode expected)
    {
        var failing = false;
        await using var process = Lab.Build(WithoutBrowser with
        {
            BeforeRequest = (address, _) => !failing ? Task.FromResult<string?>(null)
                : down ? throw new HttpRequestException($"{address} is down.")
                : Task.FromResult<string?>("<!DOCTYPE html><html><body><h1>Welcome to nginx!</h1></body></html>"),
        });
        var request = await ProvedAsync($"api-first-commit-{down}", process);
        var runner = process.GetRequiredService<IConnectorRunner>();
        var gate = new Counting();
        var person = Site.Call(ConnectorVerb.CreateUser, new { email = "new@x.test", givenName = "A", familyName = "B" }, gate);

        // The session trusts what the one before it proved, so nothing has been asked of the app in it.
        await using (var trusting = (await runner.OpenAsync(request, TestContext.Current.CancellationToken)).Session!)
        {
            failing = true;
            var first = await trusting.RunAsync(person);
            Assert.Equal((expected, false), (first.Failure?.Code, first.CommitEntered));
            Assert.NotNull((await trusting.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier = "p1@x.test" }))).Failure);
            Assert.Equal(expected, (await trusting.RunAsync(person)).Failure?.Code);
            Assert.Equal(0, gate.Asked);

            failing = false;
            Assert.True((await trusting.RunAsync(person)).Verified);
        }

        Assert.Equal(1, gate.Asked);
        Assert.Single(App.Requests, r => r == "POST /api/people");
    }

    [Fact]
    public async Task A_write_goes_on_from_the_look_up_before_it_and_is_read_back_anew()
    {
        var clock = new Later();
        await using var process = Lab.Build(WithoutBrowser, services => services.AddSingleton<TimeProvider>(clock));
        await using var session = (await OpenAsync(Connector(), services: process)).Session!;
        async Task<int> ReadsAsync(ConnectorVerb between, ConnectorVerb verb, string identifier, object inputs)
        {
            Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier }))).Succeeded);
            if (between != ConnectorVerb.GetUser)
            {
                Assert.True((await session.RunAsync(Site.Call(between))).Succeeded);
            }

            App.Requests.Clear();
            var done = await session.RunAsync(Site.Call(verb, inputs));
            Assert.True(done.Verified, done.Failure?.ToString());
            return App.Requests.Count(r => r.StartsWith("GET /api/people?q=", StringComparison.Ordinal));
        }

        Assert.Equal(1, await ReadsAsync(ConnectorVerb.GetUser, ConnectorVerb.Deactivate, "p1@x.test", new { identifier = "P1@x.test" }));
        Assert.Equal(2, await ReadsAsync(ConnectorVerb.GetUser, ConnectorVerb.Deactivate, "p2@x.test", new { identifier = "p3@x.test" }));
        Assert.Equal(2, await ReadsAsync(ConnectorVerb.Validate, ConnectorVerb.Deactivate, "p4@x.test", new { identifier = "p4@x.test" }));

        // The read-back of one write is the look-up of the next.
        App.Requests.Clear();
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p4@x.test" }))).Verified);
        Assert.Equal(1, App.Requests.Count(r => r.StartsWith("GET /api/people?q=", StringComparison.Ordinal)));

        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.GetUser, new { identifier = "p5@x.test" }))).Succeeded);
        clock.By += TimeSpan.FromSeconds(6);
        App.Requests.Clear();
        Assert.True((await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p5@x.test" }))).Verified);
        Assert.Equal(2, App.Requests.Count(r => r.StartsWith("GET /api/people?q=", StringComparison.Ordinal)));
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

    /// <summary>A connection that has just answered is used for the commit too; the app hangs up on it, and again nothing is sent a second time.</summary>
    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("POST", ", json: { a: 1 }")]
    public async Task A_commit_over_a_connection_that_has_just_answered_is_not_sent_again_either(string method, string body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var stop = TestContext.Current.CancellationToken;
        var (commits, connections) = (0, 0);
        var serving = Task.Run(
            async () =>
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync(stop);
                    Interlocked.Increment(ref connections);
                    var buffer = new byte[8192];
                    while (await client.GetStream().ReadAsync(buffer, stop) is var got and > 0)
                    {
                        if (!Encoding.Latin1.GetString(buffer, 0, got).StartsWith("GET", StringComparison.Ordinal))
                        {
                            Interlocked.Increment(ref commits);
                            break;
                        }

                        const string Person = """{"people":[{"mail":"p1@x.test","id":1,"locked":false}]}""";
                        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Total: 1\r\nContent-Length: {Person.Length}\r\n\r\n{Person}"), stop);
                    }
                }
            },
            stop);
        var yaml = Connector().Replace("method: DELETE, url: \"/api/people/{row.id}\"", $"method: {method}, url: \"/api/people/{{row.id}}\"{body}", StringComparison.Ordinal);
        var opened = await OpenAsync(yaml, r => r with { Settings = new Dictionary<string, string> { ["appUrl"] = $"http://{listener.LocalEndpoint}" } });
        await using var session = opened.Session!;
        var result = await session.RunAsync(Site.Call(ConnectorVerb.Delete, new { identifier = "p1@x.test" }));
        Assert.Equal((FailureCode.AppUnavailable, true), (result.Failure?.Code, result.CommitEntered));
        Assert.Equal((1, 1), (commits, connections));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    private static bool IsProof(string request) => request == "GET /api/me";

    private async Task<ConnectorSessionRequest> ProvedAsync(string secret, IServiceProvider? services = null)
    {
        await Lab.Secrets.PutAsync(secret, Api.Token);
        ConnectorSessionRequest request = null!;
        var opened = await OpenAsync(Connector(), r => request = r with { PasswordSecret = secret }, services);
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

    private sealed class Counting : ICommitGate
    {
        public int Asked { get; private set; }

        public Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
        {
            Asked++;
            return Task.FromResult(true);
        }
    }

    /// <summary>The system's clock, some time later.</summary>
    private sealed class Later : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(By.TotalSeconds * TimestampFrequency);
    }
}
