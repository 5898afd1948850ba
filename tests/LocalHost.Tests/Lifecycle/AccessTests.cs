using System.Net;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Scim;

namespace IdLcm.LocalHost.Tests.Lifecycle;

/// <summary>Roles and entitlements: the order of a change, and what is refused before it reaches the app.</summary>
public sealed class AccessTests
{
    private static readonly ConnectorManifest OneByOne = InMemoryApp.Manifest with
    {
        Capabilities = InMemoryApp.Manifest.Capabilities with { MultipleRoles = true },
        Inputs = new Dictionary<ConnectorVerb, IReadOnlyList<string>>(InMemoryApp.Manifest.Inputs) { [ConnectorVerb.SetRoles] = ["roles", "addedRoles", "removedRoles"] },
    };

    private static string Roles(params string[] values) => $$"""{"op":"replace","path":"roles","value":[{{string.Join(',', values.Select(value => $$"""{"value":"{{value}}"}"""))}}]}""";

    [Fact]
    public async Task A_role_is_given_before_another_is_taken_away_and_only_what_clashes_goes_first()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: OneByOne);
        var id = await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Viewer"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, Roles("Editor"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["Viewer+Editor", "Editor"], gateway.External.RoleSets);

        await gateway.PatchAsync(id, Roles("Viewer"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.PatchAsync(id, Roles("Owner"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["Editor+Viewer", "Viewer", "", "Owner"], gateway.External.RoleSets.Skip(2));
    }

    [Fact]
    public async Task Where_one_save_sets_all_roles_nothing_is_done_twice()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: OneByOne with { Inputs = InMemoryApp.Manifest.Inputs });
        var id = await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Viewer"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        await gateway.PatchAsync(id, Roles("Editor"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["Editor"], gateway.External.RoleSets);
    }

    [Fact]
    public async Task Entitlements_are_given_before_others_are_taken_save_those_that_exclude_them()
    {
        var app = new EntitledApp();
        await using var gateway = await RunningGateway.StartAsync(services: EntitledApp.Services(app));
        await gateway.SyncAsync();
        var id = await gateway.CreateAsync("ada@acme.test", ""","entitlements":[{"value":"project:1/read"}]""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        app.Steps.Clear();

        await gateway.PatchAsync(id, """{"op":"replace","path":"entitlements","value":[{"value":"audit"}]}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["+audit", "-project:1/read"], app.Steps);

        app.Steps.Clear();
        await gateway.PatchAsync(id, """{"op":"replace","path":"entitlements","value":[{"value":"project:1/write"}]}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["-audit", "+project:1/write"], app.Steps);
    }

    [Fact]
    public async Task An_exclusive_role_is_refused_while_somebody_holds_it_and_free_once_they_do_not()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Put("found@acme.test", "Owner");
        await gateway.SyncAsync();
        const string Owner = ""","roles":[{"value":"Owner"}]""";

        var refused = (await gateway.PostAsync("Users", $$"""{"userName":"ada@acme.test"{{Owner}}}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        Assert.Contains("'found@acme.test' holds it", refused.Text, StringComparison.Ordinal);
        gateway.External.Remove("found@acme.test");
        gateway.External.Put("found@acme.test", "Viewer");
        await gateway.SyncAsync();
        var ada = await gateway.CreateAsync("ada@acme.test", Owner);
        var bob = await gateway.CreateAsync("bob@acme.test");
        (await gateway.PatchOpsAsync($"Users/{bob}", Roles("Owner"))).IsError(HttpStatusCode.BadRequest, "invalidValue");

        // The role goes over in the order in which the identity provider says so.
        await gateway.PatchAsync(ada, Roles("Editor"));
        await gateway.PatchAsync(bob, Roles("Owner"));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        Assert.Equal("""["Owner"]""", gateway.External.Find("bob@acme.test")!["roles"]!.ToJsonString());
        await gateway.PatchAsync(bob, """{"op":"replace","path":"active","value":false}""");
        await gateway.PatchAsync(ada, Roles("Owner"));
    }

    [Fact]
    public async Task Of_two_who_want_an_exclusive_role_at_once_one_gets_it()
    {
        await using var gateway = await Wire.PausedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => gateway.PostAsync("Users", $$"""{"userName":"p{{i}}@acme.test","roles":[{"value":"Owner"}]}""")));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.Created), answer => answer.IsError(HttpStatusCode.BadRequest, "invalidValue"));
    }

    [Fact]
    public async Task New_people_are_refused_with_the_reason_while_the_app_is_known_to_have_no_seat()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Seats = 1;
        var ada = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        // Nobody knows yet: the app itself refuses.
        await gateway.CreateAsync("bob@acme.test");
        var failed = await gateway.SettledAsync("bob@acme.test", ProvisioningState.ProvisioningFailed);
        Assert.Equal(FailureCode.NotEnoughSeats, failed.LastFailure!.Code);
        var refused = (await gateway.PostAsync("Users", """{"userName":"cyd@acme.test"}""")).IsError(HttpStatusCode.Forbidden);
        Assert.Contains("has no free seat (No seats left on your plan.", refused.Text, StringComparison.Ordinal);

        // Who leaves frees a seat.
        await gateway.PatchAsync(ada, """{"op":"replace","path":"active","value":false}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.CreateAsync("cyd@acme.test");
        await gateway.SettledAsync("cyd@acme.test", ProvisioningState.Onboarded);

        // A list that shows the seats tells before anybody is refused by the app.
        await gateway.SyncAsync();
        (await gateway.PostAsync("Users", """{"userName":"dan@acme.test"}""")).IsError(HttpStatusCode.Forbidden);
        Assert.False((await gateway.AccountAsync("cyd@acme.test"))!.Observed!.Attributes.ContainsKey("seatsUsed"));
        gateway.External.Seats = 5;
        await gateway.SyncAsync();
        await gateway.CreateAsync("dan@acme.test");

        // What was known is not believed for ever.
        gateway.External.Seats = 1;
        await gateway.SyncAsync();
        gateway.Clock.Leap(Domain.Integrations.Seats.BelievedFor);
        gateway.External.Seats = null;
        await gateway.CreateAsync("eve@acme.test");
        await gateway.SettledAsync("eve@acme.test", ProvisioningState.Onboarded);
    }

    [Fact]
    public async Task An_administrator_gives_and_takes_entitlements_by_their_value_strings()
    {
        var app = new EntitledApp();
        app.People.Put("found@acme.test");
        await using var gateway = await RunningGateway.StartAsync(services: EntitledApp.Services(app));
        await gateway.SyncAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        app.Give("ada@acme.test", "project:1/read");
        await gateway.SyncAsync();

        var decided = await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/entitlements", """{"grant":["audit"],"reason":"Year end"}""");
        Assert.Equal(["project:1/read", "audit"], decided["entitlements"]!.AsArray().Select(value => (string)value!));
        await gateway.EndedAsync((string)decided["operationId"]!);
        Assert.Equal(["audit", "project:1/read"], app.Of("ada@acme.test"));
        var taken = await gateway.DoAsync(HttpMethod.Post, $"/users/{id}/entitlements", """{"revoke":["AUDIT","project:1/read"],"reason":"Year over"}""");
        await gateway.EndedAsync((string)taken["operationId"]!);
        Assert.Empty(app.Of("ada@acme.test"));
        Assert.Equal(["-AUDIT, -project:1/read: Year over", "+audit: Year end"], (await gateway.ActivityAsync("Access changed")).Select(item => (string)item["detail"]!));

        foreach (var wrong in new[] { "{}", """{"grant":["King"],"reason":"x"}""", """{"grant":["audit"]}""", """{"grant":["audit"],"revoke":["Audit"],"reason":"x"}""", """{"grant":["audit","project:1/write"],"reason":"x"}""" })
        {
            Assert.Equal((400, wrong), ((await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/{id}/entitlements", wrong)).Status, wrong));
        }

        var unmatched = Assert.Single((await gateway.FilterAsync("Users", "userName eq \"found@acme.test\"")).Ids);
        var (status, body) = await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/users/{unmatched}/entitlements", """{"grant":["audit"],"reason":"x"}""");
        Assert.Equal((409, "user_unmatched"), (status, (string?)body["code"]));
    }

    [Fact]
    public void One_permission_at_a_time_is_given_first_and_takes_the_place_of_another_on_the_same_asset()
    {
        EntitlementOption On(string asset, string permission, params string[] others) =>
            new($"{asset}: {permission}", "", "p", "", [.. others.Select(other => $"{asset}: {other}")]) { Asset = asset, Permission = permission };
        var wish = new DesiredAccount("ada@acme.test", [], [], Active: true)
        {
            Offered = [On("Apollo", "Read", "Write"), On("Apollo", "Write", "Read"), On("Hermes", "Read"), On("Vault", "Open") with { Incompatible = ["Hermes: Read"] }],
        };

        Assert.Equal("+Apollo: Write -Apollo: Read", Step(["Apollo: Read"], ["Apollo: Write"]));
        Assert.Equal("+Apollo: Read ", Step(["Hermes: Read"], ["Apollo: Read"]));
        Assert.Equal(" -Hermes: Read", Step(["Hermes: Read"], ["Vault: Open"]));
        Assert.Equal(" -Hermes: Read", Step(["Hermes: Read", "Apollo: Read"], []));

        string Step(string[] has, string[] wished)
        {
            var (added, removed) = AccessChange.OneStep(has, wished, wish);
            return $"{string.Concat(added.Select(value => $"+{value}"))} {string.Concat(removed.Select(value => $"-{value}"))}";
        }
    }
}
