using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>Tokens that Entra ID signs itself.</summary>
public sealed class EntraTokenTests : IAsyncLifetime
{
    private LocalEntra entra = null!;
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync()
    {
        entra = await LocalEntra.StartAsync();
        gateway = await RunningGateway.StartAsync(
            integration => integration with
            {
                EntraTenants = [$"{Guid.NewGuid()}", $"{entra.Tenant}"],
                Paused = new Domain.Integrations.Pause("test", DateTimeOffset.UtcNow, "access test"),
            },
            services => services.AddSingleton(new EntraAuthority { BaseAddress = entra.Address }));
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await entra.DisposeAsync();
    }

    private Task<Reply> AskAsync(string token)
    {
        gateway.Scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return gateway.GetAsync("Users?count=0");
    }

    [Fact]
    public async Task A_token_of_an_allowed_tenant_is_taken_in_both_forms_and_named_in_the_provenance()
    {
        var token = entra.Token();
        gateway.Scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var id = await gateway.UserAsync("jwt@acme.test");
        (await AskAsync(entra.Token(claims => claims["iss"] = $"https://login.microsoftonline.com/{entra.Tenant}/v2.0"))).Is(HttpStatusCode.OK);
        Assert.Equal(1, entra.Reads);
        var account = (await gateway.AccountAsync("jwt@acme.test"))!;
        Assert.Equal(id, account.UserId);
        var by = (await gateway.Store.FindAsync<Operation>(gateway.Partition, Rows.Operation(account.OpenOperationId!), TestContext.Current.CancellationToken))!.Value.RequestedBy;
        Assert.Equal(("Entra ID", $"entra-{entra.Tenant}"), (by.Actor, by.TokenId));
    }

    [Fact]
    public async Task Whatever_is_not_as_it_must_be_is_refused_with_401_and_not_looked_up()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] bad =
        [
            entra.Token(claims => claims["aud"] = "00000002-0000-0000-c000-000000000000"),
            entra.Token(claims => claims.Remove("aud")),
            entra.Token(claims => claims["iss"] = $"https://sts.windows.net/{Guid.NewGuid()}/"),
            entra.Token(claims => claims["iss"] = $"https://evil.example/{entra.Tenant}/"),
            entra.Token(claims => claims["exp"] = now - 301),
            entra.Token(claims => claims.Remove("exp")),
            entra.Token(claims => claims["exp"] = "tomorrow"),
            entra.Token(claims => claims["exp"] = 1e300),
            entra.Token(claims => claims["nbf"] = now + 360),
            entra.Token(header: head => head["alg"] = "none", sign: _ => [0]),
            entra.Token(header: head => head["alg"] = "none").Split('.') is var parts ? $"{parts[0]}.{parts[1]}." : "",
            entra.Token(header: head => head["alg"] = "rs256"),
            entra.Token(header: head => head["alg"] = "RS512", sign: data => entra.Key.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
            entra.Token(header: head => head["crit"] = new System.Text.Json.Nodes.JsonArray("b64")),
            entra.Token(header: head => head.Remove("kid")),
            entra.Token(claims => claims["padding"] = new string('x', 9000)),
            "a.b.c", "..", "e30.e30.e30", "W10.W10.AAAA",
        ];
        foreach (var token in bad)
        {
            (await AskAsync(token)).IsError(HttpStatusCode.Unauthorized);
        }

        Assert.Equal(0, entra.Reads);
        (await AskAsync(entra.Token(claims => claims["exp"] = now - 200))).Is(HttpStatusCode.OK);
        (await AskAsync(entra.Token(claims => claims["nbf"] = now + 200))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_signature_that_is_not_the_tenants_is_refused_also_where_the_public_key_is_used_as_a_secret()
    {
        using var other = RSA.Create(2048);
        (await AskAsync(entra.Token(sign: data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)))).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(entra.Token(sign: data => entra.Key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)))).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(entra.Token(header: head => head["alg"] = "HS256", sign: data => HMACSHA256.HashData(entra.Key.ExportRSAPublicKey(), data)))).IsError(HttpStatusCode.Unauthorized);
        var good = entra.Token();
        var parts = good.Split('.');
        (await AskAsync($"{parts[0]}.{entra.Token(claims => claims["tid"] = "other").Split('.')[1]}.{parts[2]}")).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(good)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_invented_key_makes_the_gateway_read_the_keys_once_a_minute_at_most()
    {
        (await AskAsync(entra.Token())).Is(HttpStatusCode.OK);
        for (var i = 0; i < 10; i++)
        {
            (await AskAsync(entra.Token(header: head => head["kid"] = $"invented-{i}"))).IsError(HttpStatusCode.Unauthorized);
        }

        Assert.Equal(1, entra.Reads);
        (await AskAsync(entra.Token())).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keys_that_cannot_be_read_are_503_and_not_a_wrong_token()
    {
        entra.Down = true;
        var reply = (await AskAsync(entra.Token())).IsError(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(reply.Headers.RetryAfter);
    }

    [Fact]
    public async Task Keys_beyond_the_authority_are_never_fetched()
    {
        await using var elsewhere = await LocalEntra.StartAsync();
        entra.KeysAt = new Uri(elsewhere.Address, "/common/discovery/keys").ToString();
        (await AskAsync(entra.Token())).IsError(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(0, elsewhere.Reads);
    }

    [Fact]
    public async Task An_integration_that_allows_no_tenant_refuses_them_all()
    {
        await using var closed = await Wire.PausedAsync();
        closed.Scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", entra.Token());
        (await closed.GetAsync("Users?count=0")).IsError(HttpStatusCode.Unauthorized);
        Assert.Equal(0, entra.Reads);
    }
}
