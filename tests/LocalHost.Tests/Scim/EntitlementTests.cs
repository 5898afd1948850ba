using System.Net;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Groups;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Entitlements: read from the app, discovered by Okta, checked on users, carried to the app.</summary>
public sealed class EntitlementTests : IAsyncLifetime
{
    private readonly EntitledApp app = new();
    private RunningGateway gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => gateway = await RunningGateway.StartAsync(
        i => i with { GroupMappings = [new GroupMapping("Auditors", []) { Entitlements = ["audit"] }] }, EntitledApp.Services(app));

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task SyncAsync()
    {
        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);
        var id = await operations.SyncAsync(profile!, Provenance.System, Stop);
        var ended = await operations.WaitAsync((await operations.FindAsync(gateway.Integration.Id, id, Stop))!, TimeSpan.FromSeconds(90), Stop);
        Assert.Equal(OperationStatus.Succeeded, ended.Status);
    }

    private async Task<IReadOnlyList<string>> EventsAsync(ActivityKind kind)
    {
        var details = new List<string>();
        await foreach (var entry in gateway.Services.GetRequiredService<ActivityLog>().ReadNewestFirstAsync(gateway.Integration.Id, null, Stop))
        {
            if (entry.Event == kind)
            {
                details.Add(entry.Detail ?? "");
            }
        }

        return details;
    }

    private static string Entitled(params string[] values) => $",\"entitlements\":[{string.Join(',', values.Select(v => $$"""{"value":"{{v}}"}"""))}]";

    [Fact]
    public async Task A_sync_reads_what_the_app_offers_and_Okta_discovers_it()
    {
        Assert.Contains("/Entitlements", (await gateway.GetAsync("ResourceTypes")).Resources.Select(t => (string)t["endpoint"]!));
        Assert.Equal(0, (await gateway.GetAsync("Entitlements?count=1")).Is(HttpStatusCode.OK).Total);
        await SyncAsync();
        Assert.EndsWith("; 3 entitlements are offered", (await EventsAsync(ActivityKind.SyncPlanReady))[0], StringComparison.Ordinal);

        var listed = await gateway.GetAsync("Entitlements?startIndex=1&count=100");
        var first = await gateway.GetAsync("Entitlements?count=1&cursor=");
        var second = (await gateway.GetAsync($"Entitlements?count=100&cursor={(string)first.Body!["nextCursor"]!}")).Is(HttpStatusCode.OK);
        Assert.Equal(listed.Ids, [.. first.Ids, .. second.Ids]);
        Assert.Null(second.Body!["nextCursor"]);
        Assert.Equal(["audit", "project:1/read", "project:1/write"], listed.Ids.Order(StringComparer.Ordinal));
        Assert.All(listed.Resources, r => Assert.Equal(("Entitlement", "urn:okta:scim:schemas:core:1.0:Entitlement"), ((string)r["type"]!, (string)r["schemas"]![0]!)));
        var read = (await gateway.GetAsync("Entitlements/project%3A1%2Fread")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(("Read project 1", 1_000), ((string)read["displayName"]!, ((string)read["description"]!).Length));
        Assert.Equal(["audit"], (await gateway.FilterAsync("Entitlements", "displayName eq \"audit\"")).Ids);

        app.Offered.RemoveAt(0);
        app.Offered[0]["displayName"] = "Write to project 1";
        await SyncAsync();
        Assert.Equal(["audit", "project:1/write"], (await gateway.GetAsync("Entitlements")).Ids.Order(StringComparer.Ordinal));
        Assert.Equal("Write to project 1", (string)(await gateway.GetAsync("Entitlements/project:1%2Fwrite")).Body!["displayName"]!);
        (await gateway.GetAsync("Entitlements/project%3A1%2Fread")).IsError(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Entitlements_on_a_user_are_checked_against_what_the_app_offers_and_against_each_other()
    {
        // Before anything was read nobody can tell.
        await gateway.UserAsync("early@acme.test", Entitled("anything"));
        await SyncAsync();
        var refused = (await gateway.PostAsync("Users", $$"""{"userName":"none@acme.test"{{Entitled("King")}}}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        Assert.Contains("'audit'", (string)refused.Body!["detail"]!, StringComparison.Ordinal);
        (await gateway.PostAsync("Users", $$"""{"userName":"none@acme.test"{{Entitled("audit", "project:1/write")}}}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        var id = await gateway.UserAsync("some@acme.test", Entitled("AUDIT"));
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"add","path":"entitlements","value":[{"value":"project:1/write"}]}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PutAsync($"Users/{id}", $$"""{"userName":"some@acme.test"{{Entitled("King")}}}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"add","path":"entitlements","value":[{"value":"project:1/read","display":"Read","type":"Entitlement"}]}""")).Is(HttpStatusCode.OK);
        var shown = (await gateway.GetAsync($"Users/{id}")).Body!["entitlements"]!.AsArray();
        Assert.Equal(["AUDIT", "project:1/read"], shown.Select(e => (string)e!["value"]!));
        Assert.Equal("Entitlement", (string)shown[1]!["type"]!);
    }

    [Fact]
    public async Task Entitlements_reach_the_app_and_leave_it_again()
    {
        await SyncAsync();
        var id = await gateway.CreateAsync("ada@acme.test", Entitled("project:1/read", "audit"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["audit", "project:1/read"], app.Of("ada@acme.test"));

        await gateway.PatchAsync(id, """{"op":"remove","path":"entitlements[value eq \"audit\"]"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["project:1/read"], app.Of("ada@acme.test"));

        // What the identity provider does not name is left alone once it names none.
        await gateway.PatchAsync(id, """{"op":"remove","path":"entitlements"},{"op":"replace","path":"title","value":"Boss"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["project:1/read"], app.Of("ada@acme.test"));
    }

    [Fact]
    public async Task A_mapped_group_gives_an_entitlement_and_takes_it_away_without_touching_others()
    {
        await SyncAsync();
        var id = await gateway.CreateAsync("eve@acme.test");
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
        app.Give("eve@acme.test", "project:1/read");
        var group = await gateway.GroupAsync("Auditors", id);
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["audit", "project:1/read"], app.Of("eve@acme.test"));
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members[value eq \"{{id}}\"]"}""")).Is(HttpStatusCode.NoContent);
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["project:1/read"], app.Of("eve@acme.test"));
    }

    [Fact]
    public async Task An_import_shows_what_people_have_in_the_shape_that_Okta_reads()
    {
        app.People.Put("found@acme.test");
        app.Give("found@acme.test", "audit");
        await SyncAsync();
        var found = Assert.Single((await gateway.FilterAsync("Users", "userName eq \"found@acme.test\"")).Resources);
        Assert.Equal("""[{"value":"audit","display":"audit","type":"Entitlement"}]""", found["entitlements"]!.ToJsonString());
        Assert.Equal("""[{"value":"Viewer","display":"Viewer"}]""", found["roles"]!.ToJsonString());
        Assert.Equal(1, (await gateway.FilterAsync("Users", "entitlements.value eq \"audit\"")).Total);
    }

    [Fact]
    public async Task A_mapping_by_the_management_API_gives_only_what_the_app_offers()
    {
        await SyncAsync();
        var key = await ApiKeyBootstrap.EnsureOwnerKeyAsync(gateway.Services.GetRequiredService<IntegrationStore>());
        gateway.Scim.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", key);
        var mapping = new Uri(gateway.Scim.BaseAddress!, $"/api/integrations/{gateway.Integration.Id}/group-mappings/Writers").ToString();
        Task<Reply> SaveAsync(string body) => gateway.CallAsync(HttpMethod.Put, mapping, body, "application/json");
        foreach (var refused in new[] { """{"entitlements":["King"]}""", """{"entitlements":["audit","project:1/write"]}""", """{"entitlements":[" "]}""", """{"roles":["Viewer","Editor"]}""" })
        {
            var answer = (await SaveAsync(refused)).Is(HttpStatusCode.BadRequest);
            Assert.Equal("invalid_request", (string)answer.Body!["code"]!);
        }

        var saved = (await SaveAsync("""{"roles":["editor"],"entitlements":["PROJECT:1/WRITE"]}""")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(("Editor", "project:1/write"), ((string)saved["roles"]![0]!, (string)saved["entitlements"]![0]!));
        Assert.Contains("Group mapping 'Writers' gives roles [Editor] and entitlements [project:1/write]", await EventsAsync(ActivityKind.SettingsChanged));
    }

    [Fact]
    public async Task A_validation_reads_the_entitlements_too()
    {
        var operations = gateway.Services.GetRequiredService<OperationService>();
        var profile = await gateway.Services.GetRequiredService<IntegrationProfiles>().FindAsync(gateway.Integration.Id, Stop);
        var id = await operations.ValidateAsync(profile!, Provenance.System, Stop);
        await operations.WaitAsync((await operations.FindAsync(gateway.Integration.Id, id, Stop))!, TimeSpan.FromSeconds(90), Stop);
        var validated = (await gateway.Services.GetRequiredService<IntegrationStore>().FindAsync(gateway.Integration.Id, Stop))!.Value.Validation!;
        Assert.Contains(validated.Findings, finding => finding is { Check: "Entitlements", Passed: true, Detail: "3 entitlements read." });
    }

    [Fact]
    public void Grants_are_joined_and_compared_without_regard_to_order_and_case()
    {
        var a = new AccessGrants(["Viewer", "Editor"], ["x"]);
        var b = new AccessGrants(["editor", "VIEWER"], ["X"]);
        Assert.True(a.GivesTheSameAs(b));
        Assert.True(AccessGrants.Union([a, b, AccessGrants.None]).GivesTheSameAs(a));
        Assert.True(a.Except(b).IsEmpty);
        Assert.False(a.GivesTheSameAs(AccessGrants.None));
    }
}
