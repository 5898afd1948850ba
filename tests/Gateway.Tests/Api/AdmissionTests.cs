using IdLcm.Gateway.Api;
using IdLcm.Gateway.Dashboard;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

public sealed class AdmissionTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    /// <summary>What has an authentication of its own, or is meant for everybody.</summary>
    private static readonly string[] Elsewhere = ["/scim/", "/assets/", "/healthz", "/readyz", "/launch/", "/claim/", "/me", "/capture"];

    [Fact]
    public void Every_page_and_every_call_declares_its_permission_and_those_open_to_all_are_known()
    {
        var endpoints = fixture.Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => !Elsewhere.Any(prefix => $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}".StartsWith(prefix, StringComparison.Ordinal))).ToList();
        Assert.True(endpoints.Count > 100, $"{endpoints.Count} endpoints were found.");
        var undeclared = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<RequiredPermission>() is null && endpoint.Metadata.GetMetadata<DashboardAccess>() is null);
        Assert.Equal([], undeclared.Select(endpoint => endpoint.RoutePattern.RawText));

        var open = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<DashboardAccess>() is { Permission: Permission.Anonymous }).Select(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/'));
        Assert.All(open, path => Assert.True(path.StartsWith("sign-in", StringComparison.Ordinal) || path.StartsWith("sign-out", StringComparison.Ordinal) || path.StartsWith("{*path", StringComparison.Ordinal), path));
    }
}
