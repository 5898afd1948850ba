using System.Net;
using IdLcm.Domain.Activity;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>What the activity tells of groups, and the names of their members.</summary>
public sealed class GroupActivityTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task<IReadOnlyList<string>> EventsAsync()
    {
        var events = new List<string>();
        await foreach (var entry in gateway.Services.GetRequiredService<ActivityLog>().ReadNewestFirstAsync(gateway.Integration.Id, null, Stop))
        {
            if (entry.Event is ActivityKind.GroupCreated or ActivityKind.GroupChanged or ActivityKind.GroupDeleted)
            {
                Assert.Equal("Entra ID", entry.Actor);
                events.Insert(0, $"{entry.Event} {entry.Target}: {entry.Detail}");
            }
        }

        return events;
    }

    [Fact]
    public async Task Every_write_of_a_group_that_changes_something_is_told_with_how_many_came_and_went()
    {
        var users = await gateway.UsersAsync("m", 4);
        var group = await gateway.GroupAsync("Sales", users[0]);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values(users)}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values(users)}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members[value eq \"{{users[1]}}\"]"},{"op":"replace","path":"displayName","value":"Sales EMEA"}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PutAsync($"Groups/{group}", $$"""{"displayName":"Sales EMEA","members":[{{Values([users[1], users[2]])}}]}""")).Is(HttpStatusCode.OK);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        Assert.Equal(
            [
                "GroupCreated Sales: 1 member added", "GroupChanged Sales: 3 members added", "GroupChanged Sales EMEA: Renamed from 'Sales'; 1 member removed",
                "GroupChanged Sales EMEA: 1 member added, 2 removed", "GroupDeleted Sales EMEA: 2 members removed",
            ],
            await EventsAsync());
    }

    [Fact]
    public async Task A_change_of_thousands_is_one_event()
    {
        var users = await Seed.UsersAsync(gateway, 2_000);
        var group = await gateway.GroupAsync("Everybody");
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values(users)}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        Assert.Equal(["GroupCreated Everybody: ", "GroupChanged Everybody: 2000 members added", "GroupDeleted Everybody: All members removed"], await EventsAsync());
    }

    [Fact]
    public async Task Members_carry_value_ref_and_type_and_their_names_where_those_are_asked_for()
    {
        var person = await gateway.UserAsync("ann@acme.test", ",\"displayName\":\"Ann B\"");
        var plain = await gateway.UserAsync("bob@acme.test");
        var inner = await gateway.GroupAsync("Inner");
        var group = await gateway.GroupAsync("Outer", person, plain, inner);
        var unasked = (await gateway.GetAsync($"Groups/{group}")).Body!["members"]!.AsArray();
        Assert.All(unasked, m => Assert.Equal(["value", "$ref", "type"], m!.AsObject().Select(p => p.Key)));
        var named = (await gateway.GetAsync($"Groups/{group}?attributes=displayName,members.value,members.display")).Body!["members"]!.AsArray();
        Assert.Equal(["Ann B", "bob@acme.test", "Inner"], named.OrderBy(m => Array.IndexOf([person, plain, inner], (string)m!["value"]!)).Select(m => (string)m!["display"]!));
        Assert.All(named, m => Assert.Equal(["value", "display"], m!.AsObject().Select(p => p.Key)));
        Assert.Equal("Ann B", (string)(await gateway.GetAsync("Groups?attributes=members.display")).Resources.Single(g => (string)g["id"]! == group)["members"]!.AsArray().Single(m => (string?)m!["display"] == "Ann B")!["display"]!);
        Assert.Equal([group], (await gateway.FilterAsync("Groups", "members[display eq \"ann b\"]")).Is(HttpStatusCode.OK).Ids);
        Assert.Equal([group], (await gateway.FilterAsync("Groups", "members.display eq \"ann b\"")).Is(HttpStatusCode.OK).Ids);

        // A name that a client sends back is no change.
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{"value":"{{person}}","display":"Other"}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"remove","path":"members[display eq \"Ann B\"]"}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal([plain, inner], (await gateway.GetAsync($"Groups/{group}")).Members);
    }
}
