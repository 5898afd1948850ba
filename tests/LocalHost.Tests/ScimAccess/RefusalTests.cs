using System.Net;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Gateway.Scim;
using IdLcm.Gateway.Scim.Access;
using IdLcm.LocalHost.Tests.Lifecycle;
using IdLcm.LocalHost.Tests.Scim;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.ScimAccess;

/// <summary>Who is refused is noted, and costs neither memory nor those who are not refused.</summary>
public sealed class RefusalTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<IReadOnlyList<ActivityEvent>> DeniedAsync(RunningGateway gateway)
    {
        var denied = new List<ActivityEvent>();
        await foreach (var entry in gateway.Services.GetRequiredService<ActivityLog>().ReadNewestFirstAsync(gateway.Integration.Id, null, Stop))
        {
            if (entry.Event == ActivityKind.AccessDenied)
            {
                denied.Add(entry);
            }
        }

        return denied;
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::")]
    public void An_address_counts_as_itself_and_of_IPv6_as_its_64(string address, string network) =>
        Assert.Equal(IPAddress.Parse(network), RemoteNetwork.Of(IPAddress.Parse(address)));

    [Fact]
    public async Task A_flood_from_one_IPv6_network_is_audited_once_and_another_network_once_more()
    {
        await using var gateway = await Wire.PausedAsync();
        var guard = gateway.Services.GetRequiredService<AccessGuard>();
        for (var i = 1; i <= 50; i++)
        {
            await guard.DeniedAsync(gateway.Integration.Id, From($"2001:db8:1:2::{i:x}"), "a wrong token");
        }

        await guard.DeniedAsync(gateway.Integration.Id, From("2001:db8:1:3::1"), "a wrong token");
        Assert.Equal(["2001:db8:1:2::1", "2001:db8:1:3::1"], (await DeniedAsync(gateway)).Select(e => e.Actor).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_good_credential_is_never_counted_nor_audited_and_writes_nothing()
    {
        await using var gateway = await Wire.PausedAsync();
        for (var i = 0; i < 2 * FailureLimit.Allowed; i++)
        {
            (await gateway.GetAsync("Users?count=0")).Is(HttpStatusCode.OK);
        }

        Assert.Equal(0, gateway.Services.GetRequiredService<FailureLimit>().Remembered);
        Assert.Empty(await DeniedAsync(gateway));
    }

    [Fact]
    public async Task Provenance_names_the_token_and_the_user_agent_and_is_kept_with_the_operation()
    {
        await using var gateway = await Wire.PausedAsync();
        var agent = "Okta SCIM Client 1.0.0";
        (await gateway.PostAsync("Users", """{"userName":"from@acme.test"}""", ("User-Agent", agent))).Is(HttpStatusCode.Created);
        var account = (await gateway.AccountAsync("from@acme.test"))!;
        var by = (await gateway.Store.FindAsync<Operation>(gateway.Partition, Rows.Operation(account.OpenOperationId!), Stop))!.Value.RequestedBy;
        Assert.Equal(("Entra ID", "scim", agent, gateway.Integration.Tokens[0].Id), (by.Actor, by.Source, by.UserAgent, by.TokenId));
    }

    private static DefaultHttpContext From(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        http.Request.Method = "GET";
        return http;
    }
}
