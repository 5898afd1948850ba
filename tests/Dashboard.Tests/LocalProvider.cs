using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace IdLcm.Dashboard.Tests;

/// <summary>Somebody whom the local OpenID provider knows.</summary>
/// <param name="Name">The name, also that of the button.</param>
/// <param name="Roles">The values of the claim <c>roles</c>; null to leave the claim to the UserInfo endpoint, which then says <c>idlcm-admins</c>.</param>
/// <param name="Spoil">Changes what the id token says.</param>
/// <param name="ForeignKey">Signs with a key that the provider does not publish.</param>
/// <param name="Password">What the provider asks for, unless this browser gave it before; null for nothing.</param>
internal sealed record LocalPerson(string Name, string[]? Roles, Action<JsonObject>? Spoil = null, bool ForeignKey = false, string? Password = null);

/// <summary>An OpenID provider on this machine: discovery, keys, authorization with PKCE, token, UserInfo.</summary>
internal sealed class LocalProvider : IAsyncDisposable
{
    public const string ClientId = "idlcm-dashboard";
    public const string GivenIntegration = "given-by-claims";
    public const string Secret = "Provider/secret+1";

    private readonly ConcurrentDictionary<string, (LocalPerson Person, string Challenge, string Nonce, string RedirectUri)> codes = new(StringComparer.Ordinal);
    private readonly RSA key = RSA.Create(2048);
    private readonly RSA foreign = RSA.Create(2048);
    private readonly WebApplication app;

    private LocalProvider(WebApplication app) => this.app = app;

    public IReadOnlyList<LocalPerson> People { get; } =
    [
        new("Olga Owner", ["idlcm-owners", "something-else"]),
        new("Sam Super", ["idlcm-super-admins"]),
        new("Ada Admin", null),
        new("Ines Manager", ["idlcm-managers"]),
        new("Nobody", ["something-else"]),
        new("Forger", ["idlcm-owners"], ForeignKey: true),
        new("Other audience", ["idlcm-owners"], body => body["aud"] = "another-client"),
        new("Other issuer", ["idlcm-owners"], body => body["iss"] = "https://elsewhere.example"),
        new("Expired", ["idlcm-owners"], body => body["exp"] = 1_000_000_000),
        new("Replayed", ["idlcm-owners"], body => body["nonce"] = "of-another-sign-in"),
        new("Svc Account", ["app-admins"], Password: "Provider-password-1!"),
    ];

    public string Address => app.Urls.Single();

    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["IDLCM_SignIn__OpenId__Authority"] = Address,
        ["IDLCM_SignIn__OpenId__ClientId"] = ClientId,
        ["IDLCM_SignIn__OpenId__ClientSecret"] = Secret,
        ["IDLCM_SignIn__OpenId__DisplayName"] = "Contoso ID",
        ["IDLCM_SignIn__OpenId__Roles__0__Value"] = "idlcm-owners",
        ["IDLCM_SignIn__OpenId__Roles__0__Role"] = "Owner",
        ["IDLCM_SignIn__OpenId__Roles__1__Value"] = "idlcm-super-admins",
        ["IDLCM_SignIn__OpenId__Roles__1__Role"] = "SuperAdmin",
        ["IDLCM_SignIn__OpenId__Roles__2__Value"] = "idlcm-admins",
        ["IDLCM_SignIn__OpenId__Roles__2__Role"] = "Admin",
        ["IDLCM_SignIn__OpenId__Roles__3__Value"] = "idlcm-managers",
        ["IDLCM_SignIn__OpenId__Roles__3__Role"] = "IntegrationManager",
        ["IDLCM_SignIn__OpenId__Roles__3__Integrations__0"] = GivenIntegration,
    };

    public static async Task<LocalProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new LocalProvider(builder.Build());
        provider.Map();
        await provider.app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
        foreign.Dispose();
    }

    private void Map()
    {
        app.MapGet("/.well-known/openid-configuration", () => new JsonObject
        {
            ["issuer"] = Address,
            ["authorization_endpoint"] = Address + "/authorize",
            ["token_endpoint"] = Address + "/token",
            ["userinfo_endpoint"] = Address + "/userinfo",
            ["jwks_uri"] = Address + "/keys",
        });
        app.MapGet("/keys", () =>
        {
            var parameters = key.ExportParameters(false);
            return new JsonObject
            {
                ["keys"] = new JsonArray(new JsonObject
                {
                    ["kty"] = "RSA", ["use"] = "sig", ["kid"] = "one", ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                }),
            };
        });
        app.MapGet("/authorize", Authorize);
        app.MapGet("/choose/{person:int}", (int person, HttpContext http) => Choose(person, http, password: null));
        app.MapPost("/choose/{person:int}", async (int person, HttpContext http) => Choose(person, http, (await http.Request.ReadFormAsync())["password"]));
        app.MapPost("/token", (Delegate)TokenAsync);
        app.MapGet("/userinfo", (HttpContext http) => People.FirstOrDefault(person => http.Request.Headers.Authorization == $"Bearer access-{Subject(person)}") is { } person
            ? Results.Json(new JsonObject { ["sub"] = Subject(person), ["roles"] = new JsonArray("idlcm-admins") })
            : Results.Unauthorized());
    }

    private static string Subject(LocalPerson person) => "sub-" + person.Name.Replace(' ', '-');

    private IResult Authorize(HttpContext http)
    {
        var query = http.Request.Query;
        if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["state"].ToString().Length < 20 || query["nonce"].ToString().Length < 20)
        {
            return Results.BadRequest();
        }

        var page = new StringBuilder("<!doctype html><title>Contoso ID</title><h1>Who are you?</h1>");
        for (var i = 0; i < People.Count; i++)
        {
            page.Append($"<p><a href='/choose/{i}{WebUtility.HtmlEncode(http.Request.QueryString.Value)}'>{People[i].Name}</a></p>");
        }

        page.Append($"<p><a href='{WebUtility.HtmlEncode($"{query["redirect_uri"]}?error=access_denied&state={query["state"]}")}'>Cancel</a></p>");
        return Results.Content(page.ToString(), "text/html");
    }

    private IResult Choose(int person, HttpContext http, string? password)
    {
        var query = http.Request.Query;
        if (People[person].Password is { } wanted && password != wanted && http.Request.Cookies["signed-in"] != Subject(People[person]))
        {
            return Results.Content($"<!doctype html><title>Contoso ID</title><h1>{People[person].Name}</h1>{(password is null ? "" : "<p role='alert'>That is not your password.</p>")}<form method='post'><label>Password <input type='password' name='password'></label><button>Continue</button></form>", "text/html");
        }

        http.Response.Cookies.Append("signed-in", Subject(People[person]), new CookieOptions { HttpOnly = true, MaxAge = TimeSpan.FromHours(8) });
        var code = RandomNumberGenerator.GetHexString(32);
        codes[code] = (People[person], query["code_challenge"]!, query["nonce"]!, query["redirect_uri"]!);
        return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={query["state"]}");
    }

    private async Task<IResult> TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var basic = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ClientId}:{Uri.EscapeDataString(Secret)}"));
        if (http.Request.Headers.Authorization != basic || !codes.TryRemove(form["code"].ToString(), out var begun) || form["redirect_uri"] != begun.RedirectUri
            || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != begun.Challenge)
        {
            return Results.Json(new JsonObject { ["error"] = "invalid_grant" }, statusCode: 400);
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var body = new JsonObject { ["iss"] = Address, ["aud"] = ClientId, ["sub"] = Subject(begun.Person), ["exp"] = now + 300, ["iat"] = now, ["nonce"] = begun.Nonce, ["name"] = begun.Person.Name };
        if (begun.Person.Roles is { } roles)
        {
            body["roles"] = new JsonArray([.. roles.Select(role => (JsonNode)role)]);
        }

        begun.Person.Spoil?.Invoke(body);
        var signed = $"{Part(new JsonObject { ["alg"] = "RS256", ["kid"] = "one" })}.{Part(body)}";
        var signature = (begun.Person.ForeignKey ? foreign : key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Results.Json(new JsonObject { ["id_token"] = $"{signed}.{Base64Url.EncodeToString(signature)}", ["access_token"] = "access-" + Subject(begun.Person), ["token_type"] = "Bearer" });
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
