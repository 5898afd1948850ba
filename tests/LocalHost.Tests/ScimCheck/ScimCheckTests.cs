using System.Text.Json.Nodes;
using IdLcm.LocalHost.Cli.ScimCheck;
using IdLcm.LocalHost.Tests.Cli;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.ScimCheck;

/// <summary><c>idlcm scim check</c>, the command, and against a server that gets much of it wrong.</summary>
public sealed class ScimCheckTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broken_server_fails_in_what_it_gets_wrong_and_passes_the_rest()
    {
        await using var server = await BrokenServer.StartAsync();
        using var client = new ScimCheckClient(new Uri(server.Url), BrokenServer.Token);
        var report = await new ScimCheckRun(client, server.Url, Stop).RunAsync();
        Assert.Equal(
            [
                "cleanup.users", "connection.entra", "connection.noToken", "connection.okta", "connection.wrongToken",
                "discovery.config", "discovery.resourceTypes", "discovery.schemas",
                "import.attributes", "import.end", "import.order", "import.zero",
                "patch.atomic", "patch.entra.attributes", "patch.entra.disable", "patch.entra.enable", "patch.entra.flag",
                "patch.okta.deactivate", "patch.okta.reactivate", "patch.unknown", "patch.visible", "put.okta",
                "users.badFilter", "users.byExternalId", "users.byUserName", "users.byWorkEmail", "users.create", "users.createOkta", "users.duplicate", "users.unknown",
            ],
            report.Results.Where(result => result.Verdict == CheckVerdict.Fail).Select(result => result.Id).Order(StringComparer.Ordinal));
        Assert.Equal(["connection.mediaType", "users.get"], report.Results.Where(result => result.Verdict == CheckVerdict.Pass).Select(result => result.Id).Take(2));
        Assert.Equal("The server has no /Groups.", report.Results.Single(result => result.Id == "groups.create").Detail);
        Assert.Equal("The server sends no ETag.", report.Results.Single(result => result.Id == "users.etag").Detail);
        Assert.Equal(0, server.Users);

        var text = new StringWriter();
        report.WriteText(text);
        Assert.Contains("'active' is \"False\", not false.", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("        > GET Users/", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(BrokenServer.Token, text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_tells_the_result_by_its_exit_code_and_never_prints_the_token()
    {
        await using var gateway = await Wire.PausedAsync();
        var token = gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        var good = await CliRun.With(new() { ["IDLCM_SCIM_TOKEN"] = token }, null, "scim", "check", gateway.Scim.BaseAddress!.ToString());
        Assert.True(good.ExitCode == 0, good.Output + good.Error);
        Assert.Contains(" passed, 0 failed, 0 skipped", good.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, good.Output + good.Error, StringComparison.Ordinal);

        await using var server = await BrokenServer.StartAsync();
        var bad = await CliRun.With(new() { ["BROKEN"] = BrokenServer.Token }, null, "scim", "check", server.Url, "--token-env", "BROKEN", "--json");
        Assert.Equal(1, bad.ExitCode);
        var report = JsonNode.Parse(bad.Output)!;
        var check = report["checks"]!.AsArray().Single(c => (string)c!["id"]! == "users.duplicate")!;
        Assert.Equal("fail", (string)check["verdict"]!);
        Assert.StartsWith("POST Users {", (string)check["request"]!, StringComparison.Ordinal);
        Assert.StartsWith("201 application/scim+json {", (string)check["response"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(BrokenServer.Token, bad.Output + bad.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(302)]
    [InlineData(404)]
    public async Task A_web_server_that_speaks_no_SCIM_is_told_in_one_line_with_what_it_answered(int status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        server.Run(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync("<h1>Welcome</h1>", Stop);
        });
        await server.StartAsync(Stop);

        var check = await CliRun.Of("scim", "check", server.Urls.First(), "some-token");

        Assert.Equal((1, ""), (check.ExitCode, check.Output));
        var line = Assert.Single(check.ErrorLines);
        Assert.Contains($"is no SCIM server: GET Users answers {status} (text/html)", line, StringComparison.Ordinal);
        Assert.Contains("/scim/v2/id", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_the_server_refuses_is_told_in_one_line_rather_than_by_forty_failures()
    {
        await using var server = await BrokenServer.StartAsync();
        var check = await CliRun.Of("scim", "check", server.Url, "some-other-token");
        Assert.Equal((1, ""), (check.ExitCode, check.Output));
        Assert.Contains("refuses the token: GET Users answers 401", Assert.Single(check.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain("some-other-token", check.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_or_a_token_it_says_so_in_one_line()
    {
        var noToken = await CliRun.Of("scim", "check", "http://127.0.0.1:9/");
        Assert.Equal(2, noToken.ExitCode);
        Assert.Contains("IDLCM_SCIM_TOKEN", Assert.Single(noToken.ErrorLines), StringComparison.Ordinal);
        var noServer = await CliRun.Of("scim", "check", "http://127.0.0.1:9/", "some-token");
        Assert.Equal(3, noServer.ExitCode);
        Assert.Contains("cannot be reached", Assert.Single(noServer.ErrorLines), StringComparison.Ordinal);
    }
}
