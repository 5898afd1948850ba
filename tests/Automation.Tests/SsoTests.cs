using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Dashboard.Tests;
using IdLcm.Domain.Connectors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Automation.Tests;

/// <summary>The service account signs in at an OpenID provider's own page, which sends it back to the app.</summary>
public sealed class SsoTests(Lab lab) : IAsyncLifetime
{
    private const string Password = "Provider-password-1!";

    private static readonly HttpClient Back = new();

    private readonly ConcurrentDictionary<string, string> begun = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> signedIn = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> asked = new();
    private LocalProvider provider = null!;
    private TestSite app = null!;

    public async ValueTask InitializeAsync()
    {
        provider = await LocalProvider.StartAsync();
        app = await TestSite.StartAsync(lab, Map);
        await lab.Secrets.PutAsync("sso-right", Password);
        await lab.Secrets.PutAsync("sso-wrong", "Provider-password-2!");
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await provider.DisposeAsync();
    }

    [Fact]
    public async Task A_session_is_opened_at_the_providers_page_used_again_and_renewed_without_a_person()
    {
        var request = Request(Write(), "sso-right");
        var opened = await lab.Runner.OpenAsync(request);
        Assert.True(opened.Failure is null, opened.Failure?.ToString());
        await using (var session = opened.Session!)
        {
            Assert.Equal("Svc Account", await WhoAsync(session));
        }

        Assert.Equal(1, Asked("/callback"));
        Assert.DoesNotContain(opened.Steps, s => s.Description.Contains(Password, StringComparison.Ordinal));
        await using (var again = (await lab.Runner.OpenAsync(request)).Session!)
        {
            Assert.True(again.Reused);

            // The app forgets, the provider does not: it sends back at once, and asks for no password.
            signedIn.Clear();
            Assert.Equal("Svc Account", await WhoAsync(again));
        }

        Assert.Equal(2, Asked("/callback"));
    }

    [Fact]
    public async Task A_wrong_password_is_told_as_the_provider_tells_it()
    {
        var opened = await lab.Runner.OpenAsync(Request(Write(), "sso-wrong"));
        Assert.Equal(FailureCode.BadCredentials, opened.Failure?.Code);
        Assert.Equal(0, Asked("/callback"));
    }

    [Fact]
    public async Task A_provider_that_the_connector_does_not_name_is_not_reached()
    {
        var opened = await lab.Runner.OpenAsync(Request(Write(hosts: "\"{appUrl}\""), "sso-right"));
        Assert.NotNull(opened.Failure);
        Assert.Contains(new Uri(provider.Address).Authority, opened.Failure.Detail, StringComparison.Ordinal);
        Assert.Equal(0, Asked("/callback"));
    }

    private static async Task<string?> WhoAsync(IConnectorSession session)
    {
        var result = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers));
        Assert.True(result.Succeeded, result.Failure?.ToString());
        return result.Rows.Single()["email"]?.ToString();
    }

    private int Asked(string path) => asked.Count(a => a.StartsWith(path, StringComparison.Ordinal));

    private ConnectorSessionRequest Request(string connector, string secret) => new()
    {
        IntegrationId = connector,
        ConnectorId = connector,
        ConnectorVersion = "1.0.0",
        Settings = new Dictionary<string, string> { ["appUrl"] = app.Url, ["idpUrl"] = provider.Address },
        ServiceAccountUserName = "Svc Account",
        LoginMethod = "sso",
        PasswordSecret = secret,
        CorrelationId = "test",
    };

    private string Write(string hosts = "\"{appUrl}\", \"{idpUrl}\"")
    {
        var id = $"sso-{Guid.NewGuid():N}";
        lab.Write(id, $$"""
            schema: idlcm.connector/v1
            id: {{id}}
            version: 1.0.0
            app: { name: SSO, baseUrl: "{appUrl}", allowedHosts: [{{hosts}}] }
            settings: { appUrl: { label: Address, required: true }, idpUrl: { label: Provider, required: true } }
            auth:
              methods: [sso]
              session: { reuse: true, maxAge: 8h, probe: { goto: /people, see: { role: button, name: Sign out } } }
              signedOut: { url: /sign-in }
            capabilities: {}
            userSchema: { attributes: [{ name: email, label: Email, primaryIdentifier: true }] }
            operations:
              login:
                steps:
                  - goto: /sign-in
                  - click: { role: link, name: Sign in with Contoso ID }
                  - click: { role: link, name: "{username}" }
                  - waitFor: { see: { any: [{ label: Password }, { role: button, name: Sign out }] } }
                  - when:
                      see: { label: Password }
                      then:
                        - fill: { label: Password, value: "{password}" }
                        - click: { role: button, name: Continue }
                errors:
                  - { alert: That is not your password., code: BadCredentials }
              listUsers:
                steps: [goto: /people]
                extract: { rows: { css: li }, fields: { email: { css: b } }, expectCount: { text: "{n} people" } }
            """);
        return id;
    }

    /// <summary>The app: a client of the provider with the code flow, PKCE and a nonce.</summary>
    private void Map(WebApplication web)
    {
        web.Use((http, next) =>
        {
            asked.Enqueue(http.Request.Path);
            return next(http);
        });
        web.MapGet("/people", (HttpRequest request) => request.Cookies["app-session"] is { } session && signedIn.TryGetValue(session, out var name)
            ? TestSite.Html($"<p>1 people</p><ul><li><b>{name}</b></li></ul><button>Sign out</button>")
            : Results.Redirect("/sign-in"));
        web.MapGet("/sign-in", () => TestSite.Html("<a href='/to-provider'>Sign in with Contoso ID</a>"));
        web.MapGet("/to-provider", () =>
        {
            var (state, verifier) = (RandomNumberGenerator.GetHexString(32), RandomNumberGenerator.GetHexString(64));
            begun[state] = verifier;
            var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
            return Results.Redirect($"{provider.Address}/authorize?client_id={LocalProvider.ClientId}&response_type=code&scope=openid&redirect_uri={Uri.EscapeDataString(app.Url + "/callback")}"
                + $"&state={state}&nonce={RandomNumberGenerator.GetHexString(32)}&code_challenge={challenge}&code_challenge_method=S256");
        });
        web.MapGet("/callback", async (HttpContext http, string code, string state) =>
        {
            if (!begun.TryRemove(state, out var verifier) || await NameAsync(code, verifier) is not { } name)
            {
                return Results.BadRequest();
            }

            var session = RandomNumberGenerator.GetHexString(32);
            signedIn[session] = name;
            http.Response.Cookies.Append("app-session", session, new CookieOptions { HttpOnly = true });
            return Results.Redirect("/people");
        });
    }

    private async Task<string?> NameAsync(string code, string verifier)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Address + "/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code", ["code"] = code, ["code_verifier"] = verifier, ["redirect_uri"] = app.Url + "/callback",
            }),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{LocalProvider.ClientId}:{Uri.EscapeDataString(LocalProvider.Secret)}")));
        using var answer = await Back.SendAsync(request);
        var token = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id_token"]?.ToString();
        return token is null ? null : JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!["name"]?.ToString();
    }
}
