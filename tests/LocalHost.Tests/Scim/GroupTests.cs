using System.Net;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

public sealed class GroupTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task A_group_is_created_empty_read_renamed_and_deleted()
    {
        var created = (await gateway.PostAsync("Groups", $$"""{"schemas":["{{GroupUrn}}","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"e-1","displayName":"Sales","members":[]}""")).Is(HttpStatusCode.Created);
        Assert.Equal(created.Headers.Location!.ToString(), (string)created.Body!["meta"]!["location"]!);
        Assert.Equal("Sales", (string)(await gateway.GetAsync($"Groups/{created.Id}")).Is(HttpStatusCode.OK).Body!["displayName"]!);

        // Okta renames with the id in the value.
        (await gateway.PatchOpsAsync($"Groups/{created.Id}", $$"""{"op":"replace","value":{"id":"{{created.Id}}","displayName":"Sales EMEA"} }""")).Is(HttpStatusCode.NoContent);
        var renamed = await gateway.FilterAsync("Groups", "displayName eq \"sales emea\"", "&excludedAttributes=members");
        Assert.Equal([created.Id], renamed.Ids);
        Assert.Equal(0, (await gateway.FilterAsync("Groups", "displayName eq \"Sales\"")).Total);
        Assert.Equal([created.Id], (await gateway.FilterAsync("Groups", "externalId eq \"e-1\"")).Ids);

        (await gateway.DeleteAsync($"Groups/{created.Id}")).Is(HttpStatusCode.NoContent);
        (await gateway.DeleteAsync($"Groups/{created.Id}")).IsError(HttpStatusCode.NotFound);
        (await gateway.GetAsync($"Groups/{created.Id}")).IsError(HttpStatusCode.NotFound);
        Assert.Equal(0, (await gateway.GetAsync("Groups")).Total);
    }

    [Fact]
    public async Task Members_come_and_go_in_the_dialects_of_both_identity_providers()
    {
        var users = await gateway.UsersAsync("m", 4);
        var group = await gateway.GroupAsync("Dialects");
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"Add","path":"members","value":[{{Values(users)}}]}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal(users.Order(StringComparer.Ordinal), (await gateway.GetAsync($"Groups/{group}")).Members);

        // Entra ID's default dialect removes those members only.
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"Remove","path":"members","value":[{{Values([users[0]])}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members[value eq \"{{users[1]}}\"]"}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal(users.Skip(2).Order(StringComparer.Ordinal), (await gateway.GetAsync($"Groups/{group}")).Members);

        // Okta's push now replaces them all.
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"replace","path":"members","value":[{{Values([users[0]])}}]}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal([users[0]], (await gateway.GetAsync($"Groups/{group}")).Members);

        var put = (await gateway.PutAsync($"Groups/{group}", $$"""{"schemas":["{{GroupUrn}}"],"displayName":"Dialects","members":[{{Values([users[3]])}}]}""")).Is(HttpStatusCode.OK);
        Assert.Equal([users[3]], put.Members);
    }

    [Fact]
    public async Task Adding_twice_and_removing_who_is_not_there_succeed_and_change_nothing()
    {
        var user = await gateway.UserAsync("twice@acme.test");
        var group = await gateway.GroupAsync("Twice", user);
        var before = (await gateway.GetAsync($"Groups/{group}")).ETag;
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([user])}}]}""")).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members[value eq \"{{Guid.NewGuid()}}\"]"}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal(before, (await gateway.GetAsync($"Groups/{group}")).ETag);
        Assert.Equal(HttpStatusCode.NotModified, (await gateway.GetAsync($"Groups/{group}", ("If-None-Match", before))).Status);
    }

    [Fact]
    public async Task An_unknown_member_refuses_the_whole_request()
    {
        var user = await gateway.UserAsync("known@acme.test");
        var group = await gateway.GroupAsync("Strict");
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"replace","path":"displayName","value":"Other"},{"op":"add","path":"members","value":[{{Values([user, Guid.NewGuid().ToString()])}}]}"""))
            .IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([group])}}]}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"add","path":"members","value":[{"value":"../x y\u0000"}]}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        var read = await gateway.GetAsync($"Groups/{group}");
        Assert.Empty(read.Members);
        Assert.Equal("Strict", (string)read.Body!["displayName"]!);
    }

    [Fact]
    public async Task A_member_that_was_deleted_meanwhile_is_passed_over()
    {
        var (gone, stays) = (await gateway.UserAsync("gone@acme.test"), await gateway.UserAsync("stays@acme.test"));
        (await gateway.DeleteAsync($"Users/{gone}")).Is(HttpStatusCode.NoContent);
        var group = await gateway.GroupAsync("Late", gone, stays);
        Assert.Equal([stays], (await gateway.GetAsync($"Groups/{group}")).Members);
    }

    [Fact]
    public async Task The_reference_check_of_Entra_ID_is_answered_from_the_membership()
    {
        var (member, other) = (await gateway.UserAsync("ref1@acme.test"), await gateway.UserAsync("ref2@acme.test"));
        var group = await gateway.GroupAsync("Checked", member);
        Assert.Equal(1, (await gateway.FilterAsync("Groups", $"id eq \"{group}\" and members eq \"{member}\"", "&excludedAttributes=members")).Total);
        Assert.Equal(0, (await gateway.FilterAsync("Groups", $"id eq \"{group}\" and members eq \"{other}\"")).Total);
        Assert.Equal([group], (await gateway.FilterAsync("Groups", $"members.value eq \"{member}\"")).Ids);
        Assert.Equal([group], (await gateway.FilterAsync("Groups", $"members[value eq \"{member}\"] and displayName sw \"Ch\"")).Ids);
        Assert.Equal([member], (await gateway.FilterAsync("Users", $"groups.value eq \"{group}\"")).Ids);
        Assert.Equal([member], (await gateway.FilterAsync("Users", "groups.display eq \"checked\"")).Ids);
    }

    [Fact]
    public async Task Excluded_members_are_not_sent()
    {
        var group = await gateway.GroupAsync("Large", [.. await gateway.UsersAsync("x", 3)]);
        Assert.Empty((await gateway.GetAsync($"Groups/{group}?excludedAttributes=members")).Members);
        Assert.Empty((await gateway.GetAsync($"Groups/{group}?attributes=displayName")).Members);
        Assert.Empty((await gateway.GetAsync("Groups?excludedAttributes=members")).Resources.SelectMany(r => r["members"]?.AsArray() ?? []));
        Assert.Equal(3, (await gateway.GetAsync($"Groups/{group}?attributes=members.value")).Members.Count);
    }

    [Fact]
    public async Task The_groups_of_a_user_are_shown_and_follow_the_group()
    {
        var user = await gateway.UserAsync("grouped@acme.test");
        var first = await gateway.GroupAsync("First", user);
        var second = await gateway.GroupAsync("Second", user);
        var shown = (await gateway.GetAsync($"Users/{user}")).Body!["groups"]!.AsArray();
        Assert.Equal([first, second], shown.Select(g => (string)g!["value"]!));
        Assert.Equal("First", (string)shown[0]!["display"]!);
        Assert.Equal("direct", (string)shown[0]!["type"]!);
        Assert.EndsWith($"/Groups/{first}", (string)shown[0]!["$ref"]!, StringComparison.Ordinal);

        (await gateway.PatchOpsAsync($"Groups/{first}", """{"op":"replace","path":"displayName","value":"Renamed"}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal("Renamed", (string)(await gateway.GetAsync($"Users/{user}")).Body!["groups"]![0]!["display"]!);
        (await gateway.DeleteAsync($"Groups/{first}")).Is(HttpStatusCode.NoContent);
        Assert.Equal([second], (await gateway.GetAsync($"Users/{user}")).Groups);
        Assert.Null((await gateway.GetAsync($"Users/{user}?excludedAttributes=groups")).Body!["groups"]);
        Assert.Equal([second], (await gateway.GetAsync("Users?startIndex=1&count=100")).Resources.Single(r => (string)r["id"]! == user)["groups"]!.AsArray().Select(g => (string)g!["value"]!));
    }

    [Fact]
    public async Task A_client_that_echoes_the_groups_it_read_changes_nothing()
    {
        var user = await gateway.UserAsync("echo@acme.test");
        var group = await gateway.GroupAsync("Echoed", user);
        var read = await gateway.GetAsync($"Users/{user}");
        read.Body!["groups"] = new System.Text.Json.Nodes.JsonArray();
        var put = (await gateway.PutAsync($"Users/{user}", read.Body.ToJsonString())).Is(HttpStatusCode.OK);
        Assert.Equal([group], put.Groups);
        Assert.Equal(read.ETag, put.ETag);
    }

    [Fact]
    public async Task Deleting_a_user_takes_it_out_of_its_groups()
    {
        var users = await gateway.UsersAsync("del", 2);
        var group = await gateway.GroupAsync("Shrinks", [.. users]);
        var before = (await gateway.GetAsync($"Groups/{group}")).ETag;
        (await gateway.DeleteAsync($"Users/{users[0]}")).Is(HttpStatusCode.NoContent);
        var after = await gateway.GetAsync($"Groups/{group}");
        Assert.Equal([users[1]], after.Members);
        Assert.NotEqual(before, after.ETag);
        (await gateway.DeleteAsync($"Users/{users[0]}")).IsError(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_user_in_more_groups_than_a_commit_holds_leaves_them_all_when_deleted()
    {
        var user = await gateway.UserAsync("busy@acme.test");
        var groups = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            groups.Add(await gateway.GroupAsync($"Busy {i}", user));
        }

        Assert.Equal(groups.Order(StringComparer.Ordinal), (await gateway.GetAsync($"Users/{user}")).Groups);
        (await gateway.DeleteAsync($"Users/{user}")).Is(HttpStatusCode.NoContent);
        foreach (var group in groups)
        {
            Assert.Empty((await gateway.GetAsync($"Groups/{group}")).Members);
        }
    }

    [Fact]
    public async Task Memberships_survive_deactivation()
    {
        var user = await gateway.UserAsync("sleeps@acme.test");
        var group = await gateway.GroupAsync("Sleepers", user);
        (await gateway.PatchOpsAsync($"Users/{user}", """{"op":"Replace","path":"active","value":"False"}""")).Is(HttpStatusCode.OK);
        Assert.Equal([user], (await gateway.GetAsync($"Groups/{group}")).Members);
        Assert.Equal([group], (await gateway.GetAsync($"Users/{user}")).Groups);
    }

    [Fact]
    public async Task A_group_may_be_a_member_and_its_deletion_ends_that()
    {
        var inner = await gateway.GroupAsync("Inner");
        var outer = await gateway.GroupAsync("Outer", inner);
        var member = (await gateway.GetAsync($"Groups/{outer}")).Body!["members"]![0]!;
        Assert.Equal("Group", (string)member["type"]!);
        Assert.EndsWith($"/Groups/{inner}", (string)member["$ref"]!, StringComparison.Ordinal);
        (await gateway.DeleteAsync($"Groups/{inner}")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await gateway.GetAsync($"Groups/{outer}")).Members);
    }

    [Fact]
    public async Task Versions_of_groups_guard_changes_of_members_too()
    {
        var users = await gateway.UsersAsync("v", 3);
        var group = await gateway.GroupAsync("Guarded", users[0]);
        var old = (await gateway.GetAsync($"Groups/{group}")).ETag;
        var answer = (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([users[1]])}}]}""", ("If-Match", old))).Is(HttpStatusCode.NoContent);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([users[2]])}}]}""", ("If-Match", old))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.DeleteAsync($"Groups/{group}", ("If-Match", old))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.PutAsync($"Groups/{group}", """{"displayName":"Guarded"}""", ("If-Match", answer.ETag))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Members_selected_by_something_else_than_their_id_are_found()
    {
        var users = await gateway.UsersAsync("sel", 2);
        var inner = await gateway.GroupAsync("Selected");
        var group = await gateway.GroupAsync("Mixed", [.. users, inner]);
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"remove","path":"members[type eq \"User\"]"}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal([inner], (await gateway.GetAsync($"Groups/{group}")).Members);
    }

    [Fact]
    public async Task Concurrent_additions_to_one_group_all_arrive()
    {
        var users = await gateway.UsersAsync("race", 64);
        var group = await gateway.GroupAsync("Raced");
        await Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (user, _) =>
            (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"add","path":"members","value":[{{Values([user])}}]}""")).Is(HttpStatusCode.NoContent));
        Assert.Equal(users.Order(StringComparer.Ordinal), (await gateway.GetAsync($"Groups/{group}")).Members);
    }
}
