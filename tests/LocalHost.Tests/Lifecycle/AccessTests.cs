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
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Offered = OneByOne;
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
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.Offered = OneByOne with { Inputs = InMemoryApp.Manifest.Inputs };
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
}
