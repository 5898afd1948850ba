using IdLcm.LocalHost.Cli.ScimCheck;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;

namespace IdLcm.LocalHost.Tests.ScimCheck;

/// <summary>The checks of <c>idlcm scim check</c> against the gateway itself.</summary>
public sealed class GatewayCheckTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_gateway_passes_every_check_while_it_works()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var client = new ScimCheckClient(gateway.Scim.BaseAddress!, gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter!);
        var report = await new ScimCheckRun(client, "gateway", Stop).RunAsync();
        Assert.Empty(report.Results.Where(result => result.Verdict != CheckVerdict.Pass).Select(result => $"{result.Id}: {result.Detail} {result.Exchange}"));
        Assert.True(report.Results.Count >= 40, $"{report.Results.Count} checks");
        Assert.Equal(0, (await gateway.GetAsync("Users?count=0")).Total);
        Assert.Equal(0, (await gateway.GetAsync("Groups?count=0")).Total);
    }
}
