namespace IdLcm.Gateway.Tests.Api;

public sealed class UserTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    [Fact]
    public async Task A_user_shows_the_wish_the_app_and_the_operations()
    {
        var integration = await Gateway.ConnectAsync();
        var id = await integration.ProvisionAsync("Ada@acme.test", "Agent", "upstream-1");

        var user = await Owner.SettledAsync(integration, id);

        Assert.Equal("Onboarded", user.Text("provisioningState"));
        Assert.Equal("Ada@acme.test", user.Text("userName"));
        Assert.Equal("Ada@acme.test", user.Text("usernameInApp"));
        Assert.Equal("upstream-1", user.Text("upstreamUserId"));
        Assert.Equal("Ada@acme.test", user.Text("email"));
        Assert.True(user["activeInApp"].GetBoolean());
        Assert.True(user["owned"].GetBoolean());
        Assert.False(user["deleted"].GetBoolean());
        Assert.Equal("Agent", Assert.Single(user["roles"].EnumerateArray()).GetString());
        Assert.Equal("Jo", user["desired"].GetProperty("attributes").GetProperty("firstName").GetString());
        Assert.Equal(user["desired"].GetProperty("generation").GetInt64(), user["desired"].GetProperty("satisfiedGeneration").GetInt64());
        Assert.Equal("Doe", user["observed"].GetProperty("attributes").GetProperty("lastName").GetString());
        Assert.Equal("Provision", Assert.Single(user["operations"].EnumerateArray()).GetProperty("kind").GetString());
        Assert.EndsWith("Z", user.Text("lastUpdated"));

        var byName = await Owner.GetAsync($"{integration.Path}/users/{Uri.EscapeDataString("ada@ACME.test")}");
        Assert.Equal(id, byName.Text("id"));
        Assert.Equal(404, (await Owner.GetAsync($"{integration.Path}/users/nobody")).Status);
    }

    [Fact]
    public async Task Users_are_searched_filtered_and_paged()
    {
        var integration = await Gateway.ConnectAsync();
        var ids = new List<string>();
        foreach (var name in new[] { "ann@x.test", "joanne@x.test", "bob@x.test", "zoë@x.test" })
        {
            ids.Add(await integration.ProvisionAsync(name));
        }

        foreach (var id in ids)
        {
            await Owner.SettledAsync(integration, id);
        }

        async Task<string[]> NamesAsync(string query) =>
            [.. (await Owner.GetAsync($"{integration.Path}/users?{query}")).Items.Select(u => u.GetProperty("userName").GetString()!)];

        Assert.Equal(["ann@x.test", "joanne@x.test"], await NamesAsync("q=ANN"));
        Assert.Equal(["ann@x.test"], await NamesAsync("q=ann@X.test"));
        Assert.Equal(["zoë@x.test"], await NamesAsync("q=" + Uri.EscapeDataString("ZOË")));
        Assert.Equal(["ann@x.test", "joanne@x.test"], await NamesAsync("q=" + Uri.EscapeDataString("display OF") + "&state=Onboarded&limit=2"));
        Assert.Empty(await NamesAsync("q=nobody"));
        Assert.Equal(4, (await NamesAsync("state=Onboarded,Deleted")).Length);
        Assert.Empty(await NamesAsync("state=Update%20failed"));

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Owner.GetAsync($"{integration.Path}/users?limit=3{(cursor is null ? "" : "&cursor=" + cursor)}");
            seen.AddRange(page.Items.Select(u => u.GetProperty("id").GetString()!));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(ids, seen);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/users?state=Happy")).Status);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/users?cursor=%00")).Status);
        Assert.Equal(400, (await Owner.GetAsync($"{integration.Path}/users?limit=1000")).Status);
    }

    [Fact]
    public async Task A_deactivated_and_a_deleted_user_stay_visible()
    {
        var integration = await Gateway.ConnectAsync();
        var id = await integration.ProvisionAsync("leaver@x.test");
        await Owner.SettledAsync(integration, id);

        var patch = new { schemas = new[] { "urn:ietf:params:scim:api:messages:2.0:PatchOp" }, Operations = new[] { new { op = "replace", path = "active", value = false } } };
        Assert.True((await integration.Scim.PatchAsync($"/scim/v2/{integration.Id}/Users/{id}", patch)).Status is 200 or 204);
        var inactive = await Owner.SettledAsync(integration, id);
        Assert.Equal("Onboarded", inactive.Text("provisioningState"));
        Assert.False(inactive["activeInApp"].GetBoolean());
        Assert.Equal("suspended", inactive.Text("statusInApp"));

        Assert.Equal(204, (await integration.Scim.DeleteAsync($"/scim/v2/{integration.Id}/Users/{id}")).Status);
        var deleted = await Owner.SettledAsync(integration, id);
        Assert.Equal("Deleted", deleted.Text("provisioningState"));
        Assert.True(deleted["deleted"].GetBoolean());
        Assert.Null(Gateway.App.Find(integration.Tenant, "leaver@x.test"));

        var again = await integration.ProvisionAsync("leaver@x.test");
        await Owner.SettledAsync(integration, again);
        var both = (await Owner.GetAsync($"{integration.Path}/users?q=leaver")).Items;
        Assert.Equal([(again, "Onboarded", false), (id, "Deleted", true)], both.Select(u => (u.GetProperty("id").GetString()!, u.GetProperty("provisioningState").GetString()!, u.GetProperty("deleted").GetBoolean())));
    }

    [Fact]
    public async Task Pages_go_on_from_the_living_into_the_deleted()
    {
        var integration = await Gateway.ConnectAsync();
        var ids = new List<string>();
        foreach (var name in new[] { "one@x.test", "two@x.test", "three@x.test", "four@x.test" })
        {
            ids.Add(await integration.ProvisionAsync(name));
            await Owner.SettledAsync(integration, ids[^1]);
        }

        foreach (var id in new[] { ids[0], ids[2] })
        {
            await integration.Scim.DeleteAsync($"/scim/v2/{integration.Id}/Users/{id}");
            await Owner.SettledAsync(integration, id);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Owner.GetAsync($"{integration.Path}/users?limit=1{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.Equal(200, page.Status);
            seen.AddRange(page.Items.Select(u => u.GetProperty("id").GetString()!));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal([ids[1], ids[3], ids[0], ids[2]], seen);
    }

    [Fact]
    public async Task People_that_no_identity_provider_made_are_shown_as_unmatched()
    {
        var integration = await Gateway.ConnectAsync();
        Gateway.App.Put(integration.Tenant, new Suites.InMemoryPerson("old@x.test", "Old", "Hand", "Owner", "active"));

        var sync = await Owner.PostAsync($"{integration.Path}/sync");
        Assert.Equal(202, sync.Status);
        Assert.Equal("Succeeded", (await Owner.EndAsync(sync.Text("operationId"))).Text("status"));

        var found = Assert.Single((await Owner.GetAsync($"{integration.Path}/users?q=OLD")).Items);
        Assert.False(found.GetProperty("owned").GetBoolean());
        Assert.Equal("Onboarded", found.GetProperty("provisioningState").GetString());
        Assert.Equal("Owner", Assert.Single(found.GetProperty("roles").EnumerateArray()).GetString());
        Assert.NotNull((await Owner.GetAsync(integration.Path))["lastSynced"].GetString());
    }
}
