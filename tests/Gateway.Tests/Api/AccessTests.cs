using System.Net;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using IdLcm.Suites;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

public sealed class AccessTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    private IEnumerable<RouteEndpoint> ApiEndpoints => Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal));

    [Fact]
    public void Every_endpoint_declares_exactly_one_permission()
    {
        var endpoints = ApiEndpoints.ToList();

        Assert.True(endpoints.Count > 30, $"Only {endpoints.Count} endpoints were found.");
        Assert.All(endpoints, endpoint => Assert.Single(endpoint.Metadata.OfType<RequiredPermission>()));
        var anonymous = endpoints.Where(e => e.Metadata.GetMetadata<RequiredPermission>()!.Permission == Permission.Anonymous);
        Assert.Equal("/api/openapi.json", Assert.Single(anonymous).RoutePattern.RawText);
    }

    [Fact]
    public async Task Nothing_but_the_document_is_answered_without_a_key()
    {
        foreach (var (method, path) in Routes("none"))
        {
            var answer = await Gateway.ClientFor(null).SendAsync(method, path);
            Assert.True(answer.Status is 401 or 429, $"{method} {path} answered {answer.Status}.");
            Assert.Equal("application/problem+json", answer.MediaType);
        }

        Assert.Equal(200, (await Gateway.ClientFor(null).GetAsync("/api/openapi.json")).Status);
    }

    [Theory]
    [InlineData("Owner")]
    [InlineData("SuperAdmin")]
    [InlineData("Admin")]
    [InlineData("IntegrationManager")]
    public async Task Each_role_reaches_what_its_permissions_say_and_nothing_else(string role)
    {
        var given = await Gateway.ConnectAsync($"Given to {role}");
        var client = Gateway.ClientFor((await MakeKeyAsync(role, role == "IntegrationManager" ? [given.Id] : null)).Text("key"));
        var allowed = (await client.GetAsync("/api/me"))["permissions"].EnumerateArray().Select(p => p.GetString()).ToHashSet();

        foreach (var endpoint in ApiEndpoints.Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>() is not null))
        {
            var required = endpoint.Metadata.GetMetadata<RequiredPermission>()!.Permission;
            foreach (var (method, path) in Routes(given.Id, endpoint).Where(route => !route.Path.EndsWith("/events", StringComparison.Ordinal)))
            {
                var answer = await client.SendAsync(method, path);
                var expected = required == Permission.Anonymous || allowed.Contains(required.ToString());
                Assert.True(answer.Status != 401 && answer.Status < 500, $"{method} {path} answered {answer.Status}: {answer.Body}");
                Assert.True(expected == (answer.Status != 403), $"{method} {path} as {role} answered {answer.Status}.");
            }
        }
    }

    [Fact]
    public async Task An_integration_manager_sees_and_touches_only_what_was_given()
    {
        var given = await Gateway.ConnectAsync("Given");
        var other = await Gateway.ConnectAsync("Not given");
        var manager = Gateway.ClientFor((await MakeKeyAsync("IntegrationManager", [given.Id])).Text("key"));

        Assert.Equal(given.Id, Assert.Single((await manager.GetAsync("/api/integrations")).Items).GetProperty("id").GetString());
        Assert.Equal(403, (await manager.GetAsync(other.Path)).Status);
        Assert.Equal("integration_not_given", (await manager.GetAsync($"{other.Path}/users")).Text("code"));
        Assert.Equal(403, (await manager.PostAsync("/api/integrations", Requests.NewIntegration())).Status);
        Assert.Equal(200, (await manager.GetAsync($"/api/operations/{given.ValidationId}")).Status);
        Assert.Equal(404, (await manager.GetAsync($"/api/operations/{other.ValidationId}")).Status);
        Assert.Equal(200, (await Owner.GetAsync($"/api/operations/{other.ValidationId}")).Status);
        Assert.Equal(404, (await manager.GetAsync($"/api/operations/{other.ValidationId}")).Status);
        Assert.Equal(404, (await manager.GetAsync($"/api/operations/{other.ValidationId}?integrationId={other.Id}")).Status);
        Assert.Equal(404, (await manager.PostAsync($"/api/operations/{other.ValidationId}/retry")).Status);
    }

    [Fact]
    public async Task An_integration_manager_cannot_send_the_service_account_or_the_server_to_another_host()
    {
        var given = await Gateway.ConnectAsync("Pointed");
        var manager = Gateway.ClientFor((await MakeKeyAsync("IntegrationManager", [given.Id])).Text("key"));

        var settings = await manager.PatchAsync(given.Path, new { settings = new Dictionary<string, string> { ["appUrl"] = "https://evil.example" } });
        Assert.Equal((403, "settings_need_admin"), (settings.Status, settings.Text("code")));
        Assert.Equal(200, (await manager.PatchAsync(given.Path, new { name = "Renamed" })).Status);

        var channel = new { kind = "Webhook", name = "Elsewhere", url = "https://evil.example/hook" };
        Assert.Equal(403, (await manager.PostAsync($"{given.Path}/notifications", channel)).Status);

        // What a channel tells of is theirs to say, where it tells is not.
        var made = await Owner.PostAsync($"{given.Path}/notifications", new { kind = "Webhook", name = "Here", url = "https://soc.example/hook" });
        var path = $"{given.Path}/notifications/{made["channel"].GetProperty("id").GetString()}";
        var moved = await manager.PatchAsync(path, new { url = "https://evil.example/hook" });
        Assert.Equal((403, "channel_needs_admin"), (moved.Status, moved.Text("code")));
        Assert.Equal(200, (await manager.PatchAsync(path, new { events = new[] { "Sync failed" } })).Status);
        Assert.Equal("https://soc.example/hook", (await manager.GetAsync($"{given.Path}/notifications")).Items[0].GetProperty("target").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic b3duZXI6b3duZXI=")]
    [InlineData("Bearer idlcm_key_")]
    [InlineData("Bearer idlcm_key__")]
    [InlineData("Bearer idlcm_key_aaaaaaaa_bbbbbbbb")]
    [InlineData("Bearer idlcm_key_../workspace_x")]
    public async Task A_header_that_is_no_key_opens_nothing(string header)
    {
        var keys = Gateway.Services.GetRequiredService<ApiKeys>();

        Assert.Null(await keys.AuthenticateAsync(header, TestContext.Current.CancellationToken));
        Assert.NotNull(await keys.AuthenticateAsync($"Bearer {Gateway.OwnerKey}", TestContext.Current.CancellationToken));
        Assert.Null(await keys.AuthenticateAsync($"Bearer {Gateway.OwnerKey[..^1]}", TestContext.Current.CancellationToken));
        Assert.Null(await keys.AuthenticateAsync($"Bearer {Gateway.OwnerKey}x", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_key_is_shown_once_and_works_until_it_is_revoked()
    {
        var made = await MakeKeyAsync("Admin", null);
        var client = Gateway.ClientFor(made.Text("key"));
        Assert.Equal("Admin", (await client.GetAsync("/api/me")).Text("role"));

        var listed = await Owner.GetAsync("/api/keys?limit=200");
        Assert.Contains(listed.Items, key => key.GetProperty("id").GetString() == made.Text("id"));
        Assert.DoesNotContain(made.Text("key"), listed.Body);
        Assert.DoesNotContain("hash", listed.Body, StringComparison.OrdinalIgnoreCase);

        Assert.Equal(204, (await Owner.DeleteAsync($"/api/keys/{made.Text("id")}")).Status);
        Assert.True((await client.GetAsync("/api/me")).Status is 401 or 429);
        Assert.Equal(404, (await Owner.DeleteAsync($"/api/keys/{made.Text("id")}")).Status);
    }

    [Fact]
    public async Task A_super_admin_neither_makes_nor_revokes_owners_and_the_last_owner_stays()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var made = await gateway.Owner.PostAsync("/api/keys", new { label = "super", role = "SuperAdmin" });
        var superAdmin = gateway.ClientFor(made.Text("key"));
        var ownerKeyId = gateway.OwnerKey.Split('_')[2];

        var raised = await superAdmin.PostAsync("/api/keys", new { label = "climber", role = "Owner" });
        Assert.Equal(403, raised.Status);
        Assert.Equal("role_too_high", raised.Text("code"));
        Assert.Equal(403, (await superAdmin.DeleteAsync($"/api/keys/{ownerKeyId}")).Status);
        Assert.Equal(201, (await superAdmin.PostAsync("/api/keys", new { label = "admin", role = "Admin" })).Status);

        var last = await gateway.Owner.DeleteAsync($"/api/keys/{ownerKeyId}");
        Assert.Equal(409, last.Status);
        Assert.Equal("last_owner_key", last.Text("code"));
        Assert.Null(await ApiKeyBootstrap.EnsureOwnerKeyAsync(gateway.Services.GetRequiredService<IntegrationStore>(), null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_key_request_names_each_field_at_fault()
    {
        var refused = await Owner.PostAsync("/api/keys", new { label = "", role = "IntegrationManager", expiresAt = "2020-01-01T00:00:00Z", integrationIds = new[] { "nothing" } });

        Assert.Equal(400, refused.Status);
        Assert.Equal(["expiresAt", "integrationIds", "label"], refused["errors"].EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(400, (await Owner.PostAsync("/api/keys", new { label = "x", role = "Emperor" })).Status);
        Assert.Equal(400, (await Owner.PostAsync("/api/keys", new { label = "x", role = "IntegrationManager" })).Status);
    }

    [Fact]
    public async Task An_expired_key_opens_nothing()
    {
        var clock = new ManualTimeProvider();
        using var keys = new ApiKeys(Gateway.Services.GetRequiredService<IntegrationStore>(), clock);
        var (kept, key) = ApiKeys.New("short", WorkspaceRole.Admin, clock.GetUtcNow(), clock.GetUtcNow().AddHours(1), null);
        await Gateway.Services.GetRequiredService<IntegrationStore>().AddApiKeyAsync(kept, TestContext.Current.CancellationToken);

        Assert.NotNull(await keys.AuthenticateAsync($"Bearer {key}", TestContext.Current.CancellationToken));
        Assert.True(await keys.IsStillValidAsync(kept, TestContext.Current.CancellationToken));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await keys.AuthenticateAsync($"Bearer {key}", TestContext.Current.CancellationToken));
        Assert.False(await keys.IsStillValidAsync(kept, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Failures_are_limited_by_address_for_a_window()
    {
        var clock = new ManualTimeProvider();
        var limiter = new FailureLimiter(clock);
        var guesser = IPAddress.Parse("2001:db8:1:2::1");
        for (var i = 0; i < FailureLimiter.MaxFailures; i++)
        {
            Assert.Null(limiter.Count(guesser));
        }

        Assert.NotNull(limiter.Count(guesser));
        Assert.NotNull(limiter.Count(IPAddress.Parse("2001:db8:1:2:ffff::9")));
        clock.Advance(FailureLimiter.Window);
        Assert.Null(limiter.Count(guesser));
    }

    [Fact]
    public async Task A_flood_of_bad_keys_is_turned_away_and_a_good_key_never_waits()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var bad = gateway.ClientFor("idlcm_key_aaaaaaaa_bbbbbbbb");
        var statuses = new List<int>();
        Answer? last = null;
        for (var i = 0; i <= FailureLimiter.MaxFailures; i++)
        {
            last = await bad.GetAsync("/api/me");
            statuses.Add(last.Status);
        }

        Assert.Equal([.. Enumerable.Repeat(401, FailureLimiter.MaxFailures), 429], statuses);
        Assert.NotNull(last!.Message.Headers.RetryAfter);
        Assert.Equal(200, (await gateway.Owner.GetAsync("/api/me")).Status);
    }

    [Fact]
    public async Task What_no_endpoint_does_is_answered_as_a_problem()
    {
        var unknown = await Owner.GetAsync("/api/nothing/here");
        Assert.Equal(404, unknown.Status);
        Assert.Equal("endpoint_not_found", unknown.Text("code"));

        var method = await Owner.DeleteAsync("/api/workspace");
        Assert.Equal(405, method.Status);
        Assert.Equal("GET", Assert.Single(method.Message.Content.Headers.Allow));
        Assert.Equal(404, (await Owner.GetAsync("/api/integrations/no-such-one")).Status);
        Assert.Equal(404, (await Owner.GetAsync("/api/operations/no-such-one")).Status);
    }

    private async Task<Answer> MakeKeyAsync(string role, string[]? integrationIds)
    {
        var made = await Owner.PostAsync("/api/keys", new { label = $"{role} key", role, integrationIds });
        Assert.Equal(201, made.Status);
        return made;
    }

    private IEnumerable<(HttpMethod Method, string Path)> Routes(string integrationId) =>
        ApiEndpoints.Where(e => e.Metadata.GetMetadata<RequiredPermission>()!.Permission != Permission.Anonymous).SelectMany(e => Routes(integrationId, e));

    private static IEnumerable<(HttpMethod Method, string Path)> Routes(string integrationId, RouteEndpoint endpoint)
    {
        var path = endpoint.RoutePattern.RawText!
            .Replace("{integrationId}", integrationId, StringComparison.Ordinal)
            .Replace("{connectorId}", "memory-desk", StringComparison.Ordinal)
            .Replace("{**path}", "nothing", StringComparison.Ordinal);
        path = System.Text.RegularExpressions.Regex.Replace(path, "{[^}]+}", "unknown", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"];
        return methods.Select(method => (new HttpMethod(method), path));
    }
}
