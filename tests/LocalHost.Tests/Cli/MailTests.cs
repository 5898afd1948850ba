using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Life;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Storage;

namespace IdLcm.LocalHost.Tests.Cli;

/// <summary>Mail as an operator sets it up: a server that wants TLS and a password.</summary>
public sealed class MailTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mail_goes_under_TLS_with_the_password_of_the_secret_store_to_a_server_that_wants_both()
    {
        using var data = new DataDirectory();
        using var certificate = new TestCertificate();
        await using var mail = await RunningMailServer.StartAsync(certificate.PemFile, "gateway:Mail-pass-1!");
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["SSL_CERT_FILE"] = certificate.TrustFile,
            ["IDLCM_Smtp__Host"] = "localhost",
            ["IDLCM_Smtp__Port"] = $"{mail.Port}",
            ["IDLCM_Smtp__UserName"] = "gateway",
            ["IDLCM_Smtp__From"] = "idlcm@acme.test",
        };
        var keyFile = Path.Combine(data.Path, "owner.key");
        await using var server = await CliServer.StartWith(settings, data.Path, "--owner-key-file", keyFile, "--catalog", Path.Combine(RepositoryRoot(), "apps"));
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(keyFile, Stop)).Trim());
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(http, HttpMethod.Put, "workspace/mail-password", "{}")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(http, HttpMethod.Put, "workspace/mail-password", """{"password":"Mail-pass-1!"}""")).Status);

        // Nothing signs in to an app meanwhile: this is about mail alone.
        await SendAsync(http, HttpMethod.Post, "workspace/pause", """{"reason":"about mail alone"}""");
        var (_, made) = await SendAsync(http, HttpMethod.Post, "integrations", """
            {"name":"Desk","app":"sample-workspace","settings":{"appUrl":"http://127.0.0.1:9","workspaceId":"none"},"serviceAccount":{"userName":"admin","password":"x"}}
            """);
        var path = $"integrations/{(string)made!["id"]!}";
        await SendAsync(http, HttpMethod.Post, $"{path}/notifications", """{"kind":"Email","name":"Operators","to":["ops@acme.test"],"events":["Settings changed"]}""");
        await SendAsync(http, HttpMethod.Patch, path, """{"name":"Help desk"}""");
        await RunningGateway.UntilAsync(() => Task.FromResult(mail.Mails.Count > 0), "No mail came.");

        var taken = mail.Mails[0];
        Assert.Equal(("gateway", true, "ops@acme.test"), (taken.User, taken.IsSecure, Assert.Single(taken.To)));
        Assert.Contains("Settings changed", taken.Body, StringComparison.Ordinal);
        var (_, activity) = await SendAsync(http, HttpMethod.Get, "workspace/activity");
        Assert.DoesNotContain("Mail-pass-1!", activity!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(activity["items"]!.AsArray(), item => (string?)item!["target"] == "mail server");
    }

    private static async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(HttpClient http, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/{path}") { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, Stop);
        return (response.StatusCode, response.Content.Headers.ContentLength is 0 ? null : await response.Content.ReadFromJsonAsync<JsonNode>(Stop));
    }

    private static string RepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "IdLcm.sln")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }
}
