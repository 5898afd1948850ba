using IdLcm.Domain.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Tests.Api;

/// <summary>What groups give: set by the management API, followed by the app.</summary>
public sealed class GroupMappingTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    private static string Mapping(Connected integration, string group) => $"{integration.Path}/group-mappings/{Uri.EscapeDataString(group)}";

    private static async Task<string> GroupAsync(Connected integration, string name, params string[] members)
    {
        var made = await integration.Scim.PostAsync($"/scim/v2/{integration.Id}/Groups", new { displayName = name, members = members.Select(value => new { value }) });
        Assert.Equal(201, made.Status);
        return made.Text("id");
    }

    /// <summary>Waits until the app shows a role.</summary>
    private async Task UntilAsync(Connected integration, string email, string role)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        using var subscription = Gateway.Services.GetRequiredService<ChangeFeed>().Watch(integration.Id);
        while (Gateway.App.Find(integration.Tenant, email)?.Role != role)
        {
            Assert.False(limit.IsCancellationRequested, $"{email} has the role {Gateway.App.Find(integration.Tenant, email)?.Role}, not {role}.");
            using var look = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            look.CancelAfter(TimeSpan.FromMilliseconds(250));
            try
            {
                await subscription.Changes.ReadAsync(look.Token);
            }
            catch (OperationCanceledException)
            {
                // Time to look again.
            }
        }
    }

    [Fact]
    public async Task Moving_a_mapping_moves_the_people_and_removing_it_takes_away_what_it_gave()
    {
        var integration = await Gateway.ConnectAsync("Moving");
        string[] people = ["moved@acme.test", "too@acme.test"];
        var ids = new List<string>();
        foreach (var person in people)
        {
            ids.Add(await integration.ProvisionAsync(person));
            await Owner.SettledAsync(integration, ids[^1]);
        }

        var group = await GroupAsync(integration, "Support / 1st level", [.. ids]);
        var saved = await Owner.PutAsync(Mapping(integration, "support / 1ST level"), new { roles = new[] { "agent" } });
        Assert.Equal(200, saved.Status);
        Assert.Equal("Agent", saved["roles"][0].GetString());
        Assert.Equal(group, saved["groupIds"][0].GetString());
        foreach (var person in people)
        {
            await UntilAsync(integration, person, "Agent");
        }

        Assert.Equal(200, (await Owner.PutAsync(Mapping(integration, "Support / 1st level"), new { roles = new[] { "Owner" } })).Status);
        Assert.Single((await Owner.GetAsync($"{integration.Path}/group-mappings")).Items);
        foreach (var person in people)
        {
            await UntilAsync(integration, person, "Owner");
        }

        Assert.Equal(204, (await Owner.DeleteAsync(Mapping(integration, "Support / 1st level"))).Status);
        Assert.Empty((await Owner.GetAsync($"{integration.Path}/group-mappings")).Items);
        foreach (var person in people)
        {
            await UntilAsync(integration, person, "Member");
        }
    }

    [Fact]
    public async Task Of_several_groups_the_highest_ranking_role_wins_until_its_mapping_goes()
    {
        var integration = await Gateway.ConnectAsync("Ranking");
        var id = await integration.ProvisionAsync("both@acme.test");
        await Owner.SettledAsync(integration, id);
        var agents = await GroupAsync(integration, "Agents", id);
        await GroupAsync(integration, "Owners", id);
        await Owner.PutAsync(Mapping(integration, "Owners"), new { roles = new[] { "Owner" } });

        // By id as well as by name.
        Assert.Equal(200, (await Owner.PutAsync(Mapping(integration, agents), new { roles = new[] { "Agent" } })).Status);
        await UntilAsync(integration, "both@acme.test", "Owner");
        Assert.Equal(204, (await Owner.DeleteAsync(Mapping(integration, "Owners"))).Status);
        await UntilAsync(integration, "both@acme.test", "Agent");
    }

    [Fact]
    public async Task A_mapping_made_before_its_group_holds_once_the_group_is_pushed()
    {
        var integration = await Gateway.ConnectAsync("Early");
        var saved = await Owner.PutAsync(Mapping(integration, "Later"), new { roles = new[] { "Agent" } });
        Assert.Empty(saved["groupIds"].EnumerateArray());
        var id = await integration.ProvisionAsync("early@acme.test");
        await GroupAsync(integration, "Later", id);
        await UntilAsync(integration, "early@acme.test", "Agent");
    }

    [Theory]
    [InlineData("""{"roles":["King"]}""", "roles")]
    [InlineData("""{"roles":["Agent","Owner"]}""", "roles")]
    [InlineData("""{"roles":[null]}""", "roles")]
    [InlineData("""{"roles":[]}""", "roles")]
    [InlineData("""{}""", "roles")]
    [InlineData("""{"entitlements":["project:1"]}""", "entitlements")]
    public async Task What_the_app_does_not_have_is_refused_and_named(string body, string field)
    {
        var integration = await Gateway.ConnectAsync("Refused");
        var refused = await Owner.PutAsync(Mapping(integration, "Any"), body);
        Assert.Equal((400, "application/problem+json", "invalid_request"), (refused.Status, refused.MediaType, refused.Text("code")));
        Assert.Contains(refused["errors"].EnumerateObject(), e => e.Name == field);
        Assert.Empty((await Owner.GetAsync($"{integration.Path}/group-mappings")).Items);
    }

    [Fact]
    public async Task Names_that_cannot_be_and_mappings_that_are_not_there_are_told()
    {
        var integration = await Gateway.ConnectAsync("Names");
        Assert.Equal(400, (await Owner.PutAsync(Mapping(integration, new string('x', 300)), new { roles = new[] { "Agent" } })).Status);
        Assert.Equal(400, (await Owner.PutAsync(Mapping(integration, "a\u0001b"), new { roles = new[] { "Agent" } })).Status);
        Assert.Equal("unknown_field", (await Owner.PutAsync(Mapping(integration, "x"), """{"role":"Agent"}""")).Text("code"));
        var missing = await Owner.DeleteAsync(Mapping(integration, "Nobody"));
        Assert.Equal((404, "group_mapping_not_found"), (missing.Status, missing.Text("code")));
        Assert.Equal("integration_not_found", (await Owner.PutAsync("/api/integrations/none/group-mappings/x", new { roles = new[] { "Agent" } })).Text("code"));
        Assert.Equal("integration_not_found", (await Owner.GetAsync("/api/integrations/none/group-mappings")).Text("code"));
        Assert.Equal(401, (await Gateway.ClientFor(null).GetAsync($"{integration.Path}/group-mappings")).Status);
        Assert.Equal(401, (await integration.Scim.PutAsync(Mapping(integration, "x"), new { roles = new[] { "Agent" } })).Status);
    }

    [Fact]
    public async Task Every_change_of_a_mapping_is_told_by_the_activity()
    {
        var integration = await Gateway.ConnectAsync("Told");
        await Owner.PutAsync(Mapping(integration, "Agents"), new { roles = new[] { "Agent" } });
        await Owner.DeleteAsync(Mapping(integration, "Agents"));
        var events = (await Owner.GetAsync($"{integration.Path}/activity?limit=50")).Items.Where(e => e.GetProperty("event").GetString() == "Settings changed").Select(e => e.GetProperty("detail").GetString());
        Assert.Equal(["Group mapping 'Agents' removed", "Group mapping 'Agents' gives roles [Agent] and entitlements []"], events);
    }
}
