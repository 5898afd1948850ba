using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>HTTP Basic, and what becomes of those who guess.</summary>
public sealed class CredentialTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<Reply> AskAsync(RunningGateway gateway, AuthenticationHeaderValue? authorization)
    {
        gateway.Scim.DefaultRequestHeaders.Authorization = authorization;
        return gateway.GetAsync("Users?count=0");
    }

    private static AuthenticationHeaderValue Basic(string credential) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credential)));

    [Fact]
    public async Task Basic_is_taken_with_a_configured_user_name_and_a_gateway_token_as_password()
    {
        await using var gateway = await Wire.PausedAsync(integration => integration with { BasicUserNames = ["okta", "ökta"] });
        var token = gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        (await AskAsync(gateway, Basic($"okta:{token}"))).Is(HttpStatusCode.OK);
        (await AskAsync(gateway, Basic($"ökta:{token}"))).Is(HttpStatusCode.OK);
        (await AskAsync(gateway, new AuthenticationHeaderValue("Bearer", token))).Is(HttpStatusCode.OK);
        foreach (var wrong in (AuthenticationHeaderValue[])
            [Basic($"admin:{token}"), Basic("okta:"), Basic($"okta:{token}x"), Basic($"okta{token}"), Basic(""), new("Basic", "%%%"), new("Basic", new string('A', 6000)), Basic($":{token}"), new("Basic")])
        {
            var reply = (await AskAsync(gateway, wrong)).IsError(HttpStatusCode.Unauthorized);
            Assert.Contains(reply.Headers.WwwAuthenticate, challenge => challenge.Scheme == "Basic");
        }
    }

    [Fact]
    public async Task Basic_is_refused_where_the_integration_does_not_allow_it()
    {
        await using var gateway = await Wire.PausedAsync();
        var token = gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!;
        var reply = (await AskAsync(gateway, Basic($"okta:{token}"))).IsError(HttpStatusCode.Unauthorized);
        Assert.Equal("Bearer", Assert.Single(reply.Headers.WwwAuthenticate).Scheme);
        (await AskAsync(gateway, null)).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(gateway, Basic(token))).IsError(HttpStatusCode.Unauthorized);
        (await AskAsync(gateway, new AuthenticationHeaderValue("Bearer"))).IsError(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Who_guesses_is_told_to_wait_and_the_good_from_the_same_address_is_not()
    {
        await using var gateway = await Wire.PausedAsync();
        var good = gateway.Scim.DefaultRequestHeaders.Authorization;
        for (var i = 0; i < FailureLimit.Allowed; i++)
        {
            (await AskAsync(gateway, new AuthenticationHeaderValue("Bearer", $"guess-{i}"))).IsError(HttpStatusCode.Unauthorized);
        }

        for (var i = 0; i < 5; i++)
        {
            var reply = (await AskAsync(gateway, new AuthenticationHeaderValue("Bearer", $"more-{i}"))).IsError(HttpStatusCode.TooManyRequests);
            Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            (await AskAsync(gateway, good)).Is(HttpStatusCode.OK);
        }

        var log = gateway.Services.GetRequiredService<ActivityLog>();
        await log.SealAsync(gateway.Integration.Id, Stop);
        var denied = new List<ActivityEvent>();
        await foreach (var entry in log.ReadNewestFirstAsync(gateway.Integration.Id, null, Stop))
        {
            if (entry.Event == ActivityKind.AccessDenied)
            {
                denied.Add(entry);
            }
        }

        Assert.Equal("GET with a wrong or expired bearer token", Assert.Single(denied).Detail);
    }

    [Fact]
    public void Failures_are_forgotten_after_a_minute_and_remembered_for_so_many_addresses_only()
    {
        var clock = new SetClock();
        var limit = new FailureLimit(clock);
        var address = IPAddress.Parse("192.0.2.1");
        Assert.All(Enumerable.Range(0, FailureLimit.Allowed), _ => Assert.Null(limit.Failed(address)));
        clock.Now += TimeSpan.FromSeconds(20);
        Assert.Equal(TimeSpan.FromSeconds(40), limit.Failed(address));
        Assert.Equal(TimeSpan.FromSeconds(40), limit.Failed(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.Null(limit.Failed(IPAddress.Parse("192.0.2.2")));
        clock.Now += TimeSpan.FromSeconds(41);
        Assert.Null(limit.Failed(address));

        // Those of one IPv6 network are one.
        Assert.All(Enumerable.Range(0, FailureLimit.Allowed), i => Assert.Null(limit.Failed(IPAddress.Parse($"2001:db8::{i + 1:x}"))));
        Assert.NotNull(limit.Failed(IPAddress.Parse("2001:db8::ffff")));

        for (var i = 0; i < FailureLimit.MaxAddresses + 5000; i++)
        {
            limit.Failed(new IPAddress((uint)i + 0x0a000000));
        }

        Assert.Equal(FailureLimit.MaxAddresses, limit.Remembered);
        clock.Now += TimeSpan.FromMinutes(2);
        Assert.Null(limit.Failed(IPAddress.Parse("203.0.113.9")));
        Assert.Equal(1, limit.Remembered);
    }

    [Fact]
    public void An_integration_that_was_stored_before_allows_neither()
    {
        var stored = JsonNode.Parse(DomainJson.Encode(new Integration
        {
            Id = "a", Name = "b", ConnectorId = "c", ConnectorVersion = "1", CreatedAt = DateTimeOffset.UnixEpoch, CreatedBy = "d", ModifiedAt = DateTimeOffset.UnixEpoch,
        }))!.AsObject();
        Assert.True(stored.Remove("entraTenants"));
        Assert.True(stored.Remove("basicUserNames"));
        var read = DomainJson.Decode<Integration>(Encoding.UTF8.GetBytes(stored.ToJsonString()));
        Assert.Empty(read.EntraTenants);
        Assert.Empty(read.BasicUserNames);
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
