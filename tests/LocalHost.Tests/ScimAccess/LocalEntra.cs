using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>An issuer on this machine that publishes its keys as Entra ID does, and signs whatever a test asks for.</summary>
internal sealed class LocalEntra : IAsyncDisposable
{
    public const string Audience = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

    private readonly WebApplication app;
    private readonly List<(string Id, RSA Key)> published = [];
    private int reads;

    private LocalEntra()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/{tenant}/.well-known/openid-configuration", (string tenant) => Down ? Results.StatusCode(503) : Results.Text(
            new JsonObject { ["issuer"] = $"https://sts.windows.net/{tenant}/", ["jwks_uri"] = KeysAt ?? $"{app.Urls.First()}/common/discovery/keys" }.ToJsonString(), "application/json"));
        app.MapGet("/common/discovery/keys", () =>
        {
            Interlocked.Increment(ref reads);
            return Results.Text(Keys().ToJsonString(), "application/json");
        });
        Rotate("key-1");
    }

    public Guid Tenant { get; } = Guid.NewGuid();

    public Uri Address => new(app.Urls.First());

    /// <summary>How often the keys were read.</summary>
    public int Reads => reads;

    /// <summary>While set, nothing can be read.</summary>
    public bool Down { get; set; }

    /// <summary>Where the keys are said to be, when not here.</summary>
    public string? KeysAt { get; set; }

    /// <summary>The key that signs now.</summary>
    public RSA Key => published[^1].Key;

    public static async Task<LocalEntra> StartAsync()
    {
        var entra = new LocalEntra();
        await entra.app.StartAsync(TestContext.Current.CancellationToken);
        return entra;
    }

    public void Rotate(string id) => published.Add((id, RSA.Create(2048)));

    /// <summary>Takes a key out of what is published.</summary>
    public void Withdraw(string id)
    {
        var gone = published.Single(key => key.Id == id);
        published.Remove(gone);
        gone.Key.Dispose();
    }

    /// <summary>The claims of a token of the provisioning service.</summary>
    public JsonObject Claims(Action<JsonObject>? change = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["aud"] = Audience, ["iss"] = $"https://sts.windows.net/{Tenant}/", ["iat"] = now, ["nbf"] = now, ["exp"] = now + 3600, ["tid"] = $"{Tenant}",
        };
        change?.Invoke(claims);
        return claims;
    }

    /// <summary>A signed token.</summary>
    public string Token(Action<JsonObject>? claims = null, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null)
    {
        var head = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = published[^1].Id };
        header?.Invoke(head);
        var signed = $"{Encode(head)}.{Encode(Claims(claims))}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = sign is null ? Key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : sign(bytes);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        foreach (var (_, key) in published)
        {
            key.Dispose();
        }
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private JsonObject Keys()
    {
        var keys = new JsonArray();
        foreach (var (id, key) in published)
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            keys.Add(new JsonObject
            {
                ["kty"] = "RSA", ["use"] = "sig", ["kid"] = id, ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            });
        }

        return new JsonObject { ["keys"] = keys };
    }
}
