using System.Net;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Accounts that no identity provider made: all of them are resources, and whoever claims one keeps its id.</summary>
public sealed class ImportTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        gateway = await RunningGateway.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            gateway.External.Put($"app{i}@acme.test", i % 2 == 0 ? "Viewer" : "Editor", i % 5 == 0 ? "suspended" : "active");
        }

        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);
        var id = await operations.SyncAsync(profile!, Provenance.System, Stop);
        var ended = await operations.WaitAsync((await operations.FindAsync(gateway.Integration.Id, id, Stop))!, TimeSpan.FromSeconds(90), Stop);
        Assert.Equal(OperationStatus.Succeeded, ended.Status);
    }

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task<string> IdOfAsync(string email) => Assert.Single((await gateway.FilterAsync("Users", $"userName eq \"{email}\"")).Ids);

    [Fact]
    public async Task An_import_by_pages_holds_every_account_of_the_app_once_matched_or_not()
    {
        var owned = await gateway.CreateAsync("own@acme.test");
        var names = new List<string>();
        for (var start = 1; names.Count == start - 1 && start <= 26; start += 10)
        {
            var page = (await gateway.GetAsync($"Users?startIndex={start}&count=10")).Is(HttpStatusCode.OK);
            Assert.Equal(26, page.Total);
            names.AddRange(page.Resources.Select(r => (string)r["userName"]!));
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"app{i}@acme.test").Append("own@acme.test").Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        Assert.Equal(owned, await IdOfAsync("own@acme.test"));
        Assert.Equal(5, (await gateway.FilterAsync("Users", "active eq false")).Total);
        Assert.Equal(12, (await gateway.FilterAsync("Users", "roles.value eq \"Editor\"")).Total);
    }

    [Fact]
    public async Task A_POST_adopts_an_unmatched_account_with_its_id_and_is_a_conflict_once_it_is_owned()
    {
        var id = await IdOfAsync("app1@acme.test");
        var adopted = (await gateway.PostAsync("Users", """{"userName":"APP1@acme.test","externalId":"00u1","title":"Boss"}""")).Is(HttpStatusCode.Created);
        Assert.Equal((id, "00u1"), (adopted.Id, (string)adopted.Body!["externalId"]!));
        await gateway.SettledAsync("app1@acme.test", ProvisioningState.Onboarded);
        Assert.DoesNotContain(gateway.External.Audit, line => line.StartsWith("CreateUser", StringComparison.Ordinal));
        (await gateway.PostAsync("Users", """{"userName":"app1@acme.test"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        Assert.Equal(id, await IdOfAsync("app1@acme.test"));
    }

    [Fact]
    public async Task A_PATCH_and_a_PUT_adopt_too()
    {
        var (patched, put) = (await IdOfAsync("app2@acme.test"), await IdOfAsync("app3@acme.test"));
        Assert.Equal(patched, (await gateway.PatchOpsAsync($"Users/{patched}", """{"op":"Replace","path":"externalId","value":"e2"}""")).Is(HttpStatusCode.OK).Id);
        var read = await gateway.GetAsync($"Users/{put}");
        read.Body!["externalId"] = "e3";
        Assert.Equal(put, (await gateway.PutAsync($"Users/{put}", read.Body.ToJsonString())).Is(HttpStatusCode.OK).Id);
        foreach (var email in new[] { "app2@acme.test", "app3@acme.test" })
        {
            (await gateway.PostAsync("Users", $$"""{"userName":"{{email}}"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
            await gateway.SettledAsync(email, ProvisioningState.Onboarded);
        }

        Assert.NotNull(gateway.External.Find("app2@acme.test"));
        Assert.NotNull(gateway.External.Find("app3@acme.test"));
    }

    [Fact]
    public async Task An_unmatched_account_may_be_a_member_before_anybody_adopts_it()
    {
        var id = await IdOfAsync("app4@acme.test");
        var group = await gateway.GroupAsync("Imported", id);
        Assert.Equal([id], (await gateway.GetAsync($"Groups/{group}")).Members);
        var adopted = (await gateway.PostAsync("Users", """{"userName":"app4@acme.test"}""")).Is(HttpStatusCode.Created);
        Assert.Equal((id, group), (adopted.Id, Assert.Single(adopted.Groups)));
    }
}
