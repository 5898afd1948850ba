using System.Net;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>What Okta sends, as its SCIM guides and its public test file show it.</summary>
public sealed class OktaTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/scim+json")]
    public async Task A_created_user_is_answered_with_its_whole_body(string mediaType)
    {
        var created = (await gateway.CallAsync(
            HttpMethod.Post,
            "Users",
            $$"""{"schemas":["{{UserUrn}}"],"userName":"okta@acme.test","name":{"givenName":"O","familyName":"K"},"emails":[{"primary":true,"value":"okta@acme.test","type":"work"}],"displayName":"O K","locale":"en-US","externalId":"00u1","groups":[],"password":"S3cret!","active":true}""",
            mediaType)).Is(HttpStatusCode.Created);
        Assert.Equal("application/scim+json", created.Content.ContentType!.MediaType);
        Assert.Equal("okta@acme.test", (string)created.Body!["userName"]!);
        Assert.Null(created.Body["password"]);
        Assert.DoesNotContain("S3cret", (await gateway.GetAsync($"Users/{created.Id}?attributes=password,userName")).Text, StringComparison.Ordinal);
        var row = (await gateway.Store.GetAsync(gateway.Partition, $"u:{created.Id}", TestContext.Current.CancellationToken))!;
        Assert.DoesNotContain("S3cret", System.Text.Encoding.UTF8.GetString(row.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_reads_every_page_in_the_same_order()
    {
        var users = (await gateway.UsersAsync("i", 25)).Order(StringComparer.Ordinal);
        var first = await gateway.GetAsync("Users?startIndex=1&count=20");
        var second = await gateway.GetAsync("Users?startIndex=21&count=20");
        Assert.Equal(users, [.. first.Ids, .. second.Ids]);
        Assert.Equal((25, 20, 1), (first.Total, (int)first.Body!["itemsPerPage"]!, (int)first.Body["startIndex"]!));
        Assert.Equal((25, 5, 21), (second.Total, (int)second.Body!["itemsPerPage"]!, (int)second.Body["startIndex"]!));
        Assert.Single((await gateway.FilterAsync("Users", "userName eq \"i3@acme.test\"", "&startIndex=1&count=100")).Ids);
    }

    [Fact]
    public async Task A_custom_app_puts_back_the_whole_object_that_it_read()
    {
        var id = await gateway.UserAsync("put@acme.test", ",\"title\":\"Old\",\"nickName\":\"P\"");
        var read = await gateway.GetAsync($"Users/{id}");
        var same = (await gateway.PutAsync($"Users/{id}", read.Text)).Is(HttpStatusCode.OK);
        Assert.Equal(read.ETag, same.ETag);
        read.Body!["title"] = "New";
        read.Body.Remove("nickName");
        var changed = (await gateway.PutAsync($"Users/{id}", read.Body.ToJsonString())).Is(HttpStatusCode.OK);
        Assert.Equal("New", (string)changed.Body!["title"]!);
        Assert.Null(changed.Body["nickName"]);
        Assert.NotEqual(read.ETag, changed.ETag);
    }

    [Fact]
    public async Task A_gallery_app_deactivates_without_path()
    {
        var id = await gateway.UserAsync("gallery@acme.test");
        Assert.False((bool)(await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","value":{"active":false} }""")).Is(HttpStatusCode.OK).Body!["active"]!);
    }

    [Fact]
    public async Task A_wrong_token_gets_a_SCIM_error_and_unknown_ids_too()
    {
        (await gateway.GetAsync($"Users/{Guid.NewGuid()}")).IsError(HttpStatusCode.NotFound);
        var token = gateway.Scim.DefaultRequestHeaders.Authorization;
        foreach (var header in new[] { "Bearer wrong", "Basic YTpi", "Bearer", "Bearer " + new string('x', 6_000) })
        {
            gateway.Scim.DefaultRequestHeaders.Authorization = null;
            var refused = (await gateway.GetAsync("Users", ("Authorization", header))).IsError(HttpStatusCode.Unauthorized);
            Assert.StartsWith("Bearer", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        gateway.Scim.DefaultRequestHeaders.Authorization = token;
    }

    [Fact]
    public async Task Roles_are_discovered_by_their_schema()
    {
        var types = (await gateway.GetAsync("ResourceTypes")).Resources;
        var role = types.Single(t => (string)t["schema"]! == "urn:okta:scim:schemas:core:1.0:Role");
        Assert.Equal("/Roles", (string)role["endpoint"]!);
        Assert.DoesNotContain(types, t => (string)t["schema"]! == "urn:okta:scim:schemas:core:1.0:Entitlement");
        Assert.Contains("urn:okta:scim:schemas:core:1.0:Role", (await gateway.GetAsync("Schemas")).Ids);
        var all = await gateway.GetAsync("Roles?startIndex=1&count=100");
        Assert.Equal(["Viewer", "Editor", "Owner"], all.Ids);
        Assert.All(all.Resources, r => Assert.Equal("Role", (string)r["type"]!));
        var one = await gateway.GetAsync("Roles?count=1");
        Assert.Equal((3, 1), (one.Total, (int)one.Body!["itemsPerPage"]!));
        Assert.Equal("Editor", (string)(await gateway.GetAsync("Roles/Editor")).Is(HttpStatusCode.OK).Body!["displayName"]!);
        (await gateway.GetAsync("Roles/Nobody")).IsError(HttpStatusCode.NotFound);
        (await gateway.GetAsync("Entitlements")).IsError(HttpStatusCode.NotFound);
        (await gateway.PostAsync("Roles", "{}")).IsError(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Roles_on_a_user_are_checked_against_the_app()
    {
        var id = await gateway.UserAsync("roles@acme.test", ",\"roles\":[{\"value\":\"Editor\",\"display\":\"Editor\"}]");
        Assert.Equal("Editor", (string)(await gateway.GetAsync($"Users/{id}")).Body!["roles"]![0]!["value"]!);
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"roles","value":[{"value":"King"}]}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"roles","value":[{"value":"Owner"},{"value":"Viewer"}]}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        Assert.Equal("Editor", (string)(await gateway.GetAsync($"Users/{id}")).Body!["roles"]![0]!["value"]!);
    }

    [Fact]
    public async Task Group_push_creates_with_members_replaces_them_and_unlinks()
    {
        var users = await gateway.UsersAsync("push", 3);
        var group = await gateway.GroupAsync("Pushed", [.. users]);
        var put = (await gateway.PutAsync($"Groups/{group}", new JsonObject { ["schemas"] = new JsonArray(GroupUrn), ["id"] = group, ["displayName"] = "Pushed", ["members"] = new JsonArray(new JsonObject { ["value"] = users[1], ["display"] = "push1" }) }.ToJsonString())).Is(HttpStatusCode.OK);
        Assert.Equal([users[1]], put.Members);
        (await gateway.PatchOpsAsync($"Groups/{group}", $$"""{"op":"remove","path":"members[value eq \"{{users[1]}}\"]"},{"op":"add","path":"members","value":[{{Values([users[2]])}}]}""")).Is(HttpStatusCode.NoContent);
        Assert.Equal([users[2]], (await gateway.GetAsync($"Groups/{group}")).Members);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
    }
}
