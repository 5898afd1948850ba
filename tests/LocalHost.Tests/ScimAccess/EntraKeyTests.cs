using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>The life of Entra ID's signing keys: they come, they go, and their publisher is sometimes away.</summary>
public sealed class EntraKeyTests : IAsyncLifetime
{
    private readonly ShiftedClock clock = new();
    private LocalEntra entra = null!;
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync()
    {
        entra = await LocalEntra.StartAsync();
        gateway = await StartAsync(new EntraAuthority { BaseAddress = entra.Address });
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await entra.DisposeAsync();
    }

    private Task<RunningGateway> StartAsync(EntraAuthority authority) => RunningGateway.StartAsync(
        integration => integration with
        {
            EntraTenants = [$"{entra.Tenant}"],
            Paused = new Domain.Integrations.Pause("test", DateTimeOffset.UtcNow, "access test"),
        },
        services => services.AddSingleton(authority).AddSingleton<TimeProvider>(clock));

    private string Token(string? kid = null) => entra.Token(
        claims =>
        {
            var now = clock.GetUtcNow().ToUnixTimeSeconds();
            (claims["iat"], claims["nbf"], claims["exp"]) = (now, now, now + 3600);
        },
        kid is null ? null : head => head["kid"] = kid);

    private static Task<Reply> AskAsync(RunningGateway gateway, string token) =>
        gateway.GetAsync("Users?count=0", ("Authorization", $"Bearer {token}"));

    private Task<Reply> AskAsync(string token)
    {
        gateway.Scim.DefaultRequestHeaders.Authorization = null;
        return AskAsync(gateway, token);
    }

    [Fact]
    public async Task A_new_key_is_fetched_once_when_it_appears()
    {
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        entra.Rotate("key-2");
        clock.Ahead += TimeSpan.FromSeconds(61);
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AskAsync(Token())));
        Assert.All(replies, reply => reply.Is(HttpStatusCode.OK));
        Assert.Equal(2, entra.Reads);
    }

    [Fact]
    public async Task A_key_that_is_no_longer_published_is_refused_once_the_keys_are_read_again()
    {
        var old = Token();
        (await AskAsync(old)).Is(HttpStatusCode.OK);
        entra.Rotate("key-2");
        entra.Withdraw("key-1");
        clock.Ahead += TimeSpan.FromSeconds(61);
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        (await AskAsync(old)).IsError(HttpStatusCode.Unauthorized);
        Assert.Equal(2, entra.Reads);
    }

    [Fact]
    public async Task Keys_are_read_again_twice_a_day_even_where_no_new_one_is_named()
    {
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        clock.Ahead += TimeSpan.FromHours(11);
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        Assert.Equal(1, entra.Reads);
        clock.Ahead += TimeSpan.FromHours(2);
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        Assert.Equal(2, entra.Reads);
    }

    [Fact]
    public async Task While_the_issuer_is_down_the_keys_that_are_known_keep_working_for_three_days()
    {
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        entra.Down = true;
        clock.Ahead += TimeSpan.FromHours(30);
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
        (await AskAsync(Token("unknown"))).IsError(HttpStatusCode.Unauthorized);
        clock.Ahead += TimeSpan.FromHours(50);
        (await AskAsync(Token())).IsError(HttpStatusCode.ServiceUnavailable);
        entra.Down = false;
        clock.Ahead += TimeSpan.FromSeconds(6);
        (await AskAsync(Token())).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_runs_the_gateway_may_limit_the_tenants_and_name_another_audience()
    {
        await using var other = await StartAsync(new EntraAuthority { BaseAddress = entra.Address, AllowedTenants = [$"{Guid.NewGuid()}"] });
        other.Scim.DefaultRequestHeaders.Authorization = null;
        (await AskAsync(other, Token())).IsError(HttpStatusCode.Unauthorized);
        Assert.Equal(0, entra.Reads);

        await using var cloud = await StartAsync(new EntraAuthority { BaseAddress = entra.Address, AllowedTenants = [$"{entra.Tenant}"], Audience = "national" });
        cloud.Scim.DefaultRequestHeaders.Authorization = null;
        (await AskAsync(cloud, Token())).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(cloud, entra.Token(claims => claims["aud"] = "national"))).Is(HttpStatusCode.OK);
        (await AskAsync(cloud, entra.Token(claims => (claims["aud"], claims["iss"]) = ("national", new Uri(entra.Address, $"/{entra.Tenant}/v2.0").ToString())))).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("http://login.example/", null, null)]
    [InlineData("https://login.example/", "", null)]
    [InlineData("https://login.example/", "a", "not-a-tenant")]
    public void Wrong_settings_are_named(string address, string? audience, string? tenant) => Assert.NotNull(
        new EntraAuthority { BaseAddress = new Uri(address), Audience = audience ?? "a", AllowedTenants = tenant is null ? [] : [tenant] }.Problem());

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
