using System.Net;
using System.Net.Sockets;
using System.Text;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>What RFC 7643 and RFC 7644 ask of everyone.</summary>
public sealed class ProtocolTests : IAsyncLifetime
{
    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task A_user_name_is_unique_without_regard_to_case_in_POST_PUT_and_PATCH()
    {
        await gateway.UserAsync("Taken@acme.test");
        var id = await gateway.UserAsync("free@acme.test");
        (await gateway.PostAsync("Users", """{"userName":"tAKEN@ACME.test"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PutAsync($"Users/{id}", """{"userName":"TAKEN@acme.test"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"userName","value":"taken@acme.test"}""")).IsError(HttpStatusCode.Conflict, "uniqueness");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"userName","value":"FREE@acme.test"}""")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("title eq \"Boss\"", true)]
    [InlineData("title eq \"boss\"", true)]
    [InlineData("not (title eq \"x\")", true)]
    [InlineData("title pr and (nickName pr or name.givenName sw \"A\")", true)]
    [InlineData("title co \"os\" and title ew \"S\"", true)]
    [InlineData("meta.created gt \"2020-01-01T00:00:00Z\"", true)]
    [InlineData("meta.lastModified lt \"2020-01-01T00:00:00Z\"", false)]
    [InlineData("active ne true", false)]
    [InlineData("emails[type eq \"work\" and value co \"@\"]", true)]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ge \"A\"", true)]
    [InlineData("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", true)]
    [InlineData("nickName eq null", true)]
    public async Task The_whole_filter_grammar_is_understood(string filter, bool matches)
    {
        var id = await gateway.UserAsync("full@acme.test", $$""","title":"Boss","active":true,"name":{"givenName":"Ann"},"emails":[{"type":"work","value":"a@b"}],"{{Enterprise}}":{"department":"R"}""");
        Assert.Equal(matches ? [id] : [], (await gateway.FilterAsync("Users", filter)).Is(HttpStatusCode.OK).Ids);
    }

    [Theory]
    [InlineData("title eq")]
    [InlineData("title xx \"a\"")]
    [InlineData("nope eq \"a\"")]
    [InlineData("active gt true")]
    [InlineData("(title pr")]
    [InlineData("title eq \"a")]
    public async Task A_wrong_filter_is_refused(string filter) => (await gateway.FilterAsync("Users", filter)).IsError(HttpStatusCode.BadRequest, "invalidFilter");

    [Fact]
    public async Task Filters_are_limited_in_length_and_depth()
    {
        (await gateway.FilterAsync("Users", $"title eq \"{new string('x', 7_000)}\"")).Is(HttpStatusCode.OK);
        (await gateway.PostAsync("Users/.search", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"title eq \"{{new string('x', 100_000)}}\""}""")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.FilterAsync("Users", $"{new string('(', 200)}title pr{new string(')', 200)}")).IsError(HttpStatusCode.BadRequest, "invalidFilter");
        (await gateway.FilterAsync("Users", string.Join(" or ", Enumerable.Repeat("title pr", 300)))).IsError(HttpStatusCode.BadRequest, "invalidFilter");
    }

    [Fact]
    public async Task One_bad_operation_of_a_PATCH_changes_nothing()
    {
        var id = await gateway.UserAsync("atomic@acme.test", ",\"title\":\"T\"");
        var before = await gateway.GetAsync($"Users/{id}");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"X"},{"op":"replace","path":"nope","value":"X"}""")).IsError(HttpStatusCode.BadRequest, "invalidPath");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"X"},{"op":"replace","path":"id","value":"X"}""")).IsError(HttpStatusCode.BadRequest, "mutability");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"X"},{"op":"remove","path":"emails[type eq \"fax\"].value"}""")).IsError(HttpStatusCode.BadRequest, "noTarget");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"X"},{"op":"replace","path":"active","value":"perhaps"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"replace","path":"title","value":"X"},{"op":"remove","path":"userName"}""")).IsError(HttpStatusCode.BadRequest, "mutability");
        (await gateway.PatchOpsAsync($"Users/{id}", """{"op":"jump","path":"title"}""")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        Assert.Equal(before.Text, (await gateway.GetAsync($"Users/{id}")).Text);
    }

    [Fact]
    public async Task PUT_replaces_what_may_be_written()
    {
        var id = await gateway.UserAsync("replace@acme.test", ",\"title\":\"T\",\"emails\":[{\"value\":\"a@b\"}]");
        var put = (await gateway.PutAsync($"Users/{id}", """{"userName":"replace@acme.test","id":"other","groups":[{"value":"x"}],"nickName":"N"}""")).Is(HttpStatusCode.OK);
        Assert.Equal((id, "N"), (put.Id, (string)put.Body!["nickName"]!));
        Assert.Null(put.Body["title"]);
        Assert.Null(put.Body["emails"]);
        Assert.Null(put.Body["groups"]);
        (await gateway.PutAsync($"Users/{Guid.NewGuid()}", """{"userName":"nobody@acme.test"}""")).IsError(HttpStatusCode.NotFound);
        (await gateway.PutAsync($"Users/{id}", "{}")).IsError(HttpStatusCode.BadRequest, "invalidValue");
    }

    [Fact]
    public async Task Answers_hold_the_attributes_that_were_asked_for()
    {
        var id = await gateway.UserAsync("shown@acme.test", ",\"title\":\"T\",\"name\":{\"givenName\":\"G\",\"familyName\":\"F\"}");
        var some = (await gateway.GetAsync($"Users/{id}?attributes=name.givenName,title")).Body!;
        Assert.Equal(["id", "name", "schemas", "title"], some.Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal("{\"givenName\":\"G\"}", some["name"]!.ToJsonString());
        var rest = (await gateway.GetAsync($"Users?excludedAttributes=name,meta")).Resources.Single();
        Assert.Null(rest["name"]);
        Assert.Null(rest["meta"]);
        Assert.Equal("T", (string)rest["title"]!);
        Assert.Null((await gateway.PostAsync("Users?attributes=userName", """{"userName":"narrow@acme.test","title":"T"}""")).Is(HttpStatusCode.Created).Body!["title"]);
    }

    [Fact]
    public async Task Versions_guard_reads_and_writes()
    {
        var created = await gateway.PostAsync("Users", """{"userName":"etag@acme.test"}""");
        Assert.StartsWith("W/\"", created.ETag, StringComparison.Ordinal);
        Assert.Equal(created.ETag, (string)created.Body!["meta"]!["version"]!);
        Assert.Equal(HttpStatusCode.NotModified, (await gateway.GetAsync($"Users/{created.Id}", ("If-None-Match", created.ETag))).Status);
        var changed = (await gateway.PatchOpsAsync($"Users/{created.Id}", """{"op":"replace","path":"title","value":"X"}""", ("If-Match", created.ETag))).Is(HttpStatusCode.OK);
        Assert.NotEqual(created.ETag, changed.ETag);
        (await gateway.GetAsync($"Users/{created.Id}", ("If-None-Match", created.ETag))).Is(HttpStatusCode.OK);
        (await gateway.GetAsync($"Users/{created.Id}", ("If-Match", created.ETag))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.GetAsync($"Users/{created.Id}", ("If-Match", changed.ETag))).Is(HttpStatusCode.OK);
        (await gateway.PatchOpsAsync($"Users/{created.Id}", """{"op":"replace","path":"title","value":"Y"}""", ("If-Match", created.ETag))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.PutAsync($"Users/{created.Id}", """{"userName":"etag@acme.test"}""", ("If-Match", created.ETag))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.DeleteAsync($"Users/{created.Id}", ("If-Match", created.ETag))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.DeleteAsync($"Users/{created.Id}", ("If-Match", "*"))).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_write_that_must_not_meet_a_version_is_refused_where_it_does_and_changes_nothing()
    {
        const string Change = """{"op":"replace","path":"externalId","value":"moved"}""";
        foreach (var (endpoint, body) in ((string, string)[])[("Users", """{"userName":"nonematch@acme.test"}"""), ("Groups", """{"displayName":"None match"}""")])
        {
            var created = await gateway.PostAsync(endpoint, body);
            var path = $"{endpoint}/{created.Id}";
            foreach (var version in (string[])["*", created.ETag, $"W/\"other\", {created.ETag}"])
            {
                (await gateway.PatchOpsAsync(path, Change, ("If-None-Match", version))).IsError(HttpStatusCode.PreconditionFailed);
                (await gateway.DeleteAsync(path, ("If-None-Match", version))).IsError(HttpStatusCode.PreconditionFailed);
            }

            var untouched = (await gateway.GetAsync(path)).Is(HttpStatusCode.OK);
            Assert.Equal((created.ETag, null), (untouched.ETag, (string?)untouched.Body!["externalId"]));
            Assert.True((int)(await gateway.PatchOpsAsync(path, Change, ("If-None-Match", "W/\"other\""))).Status is 200 or 204);
            Assert.Equal("moved", (string?)(await gateway.GetAsync(path)).Body!["externalId"]);
        }
    }

    [Fact]
    public async Task The_version_of_a_user_changes_with_its_groups_and_a_write_is_refused_for_what_clients_wrote_alone()
    {
        var user = await gateway.UserAsync("versioned@acme.test");
        var alone = (await gateway.GetAsync($"Users/{user}")).ETag;
        var group = await gateway.GroupAsync("Versioned", user);

        var member = (await gateway.GetAsync($"Users/{user}", ("If-None-Match", alone))).Is(HttpStatusCode.OK);
        Assert.Equal(member.ETag, (string)member.Body!["meta"]!["version"]!);
        Assert.Equal(HttpStatusCode.NotModified, (await gateway.GetAsync($"Users/{user}", ("If-None-Match", member.ETag))).Status);
        var listed = Assert.Single((await gateway.GetAsync("Users?filter=userName%20eq%20%22versioned@acme.test%22")).Resources);
        Assert.Equal(member.ETag, (string)listed["meta"]!["version"]!);
        (await gateway.PatchOpsAsync($"Groups/{group}", """{"op":"replace","path":"displayName","value":"versioned"}""")).Is(HttpStatusCode.NoContent);
        var renamed = (await gateway.GetAsync($"Users/{user}", ("If-None-Match", member.ETag))).Is(HttpStatusCode.OK);

        var state = (await gateway.GetAsync($"Users/{user}?attributes=urn:idlcm:params:scim:schemas:extension:provisioning:1.0:User")).ETag;
        Assert.NotEqual(alone, state);
        var changed = (await gateway.PatchOpsAsync($"Users/{user}", """{"op":"replace","path":"title","value":"X"}""", ("If-Match", alone))).Is(HttpStatusCode.OK);
        (await gateway.PatchOpsAsync($"Users/{user}", """{"op":"replace","path":"title","value":"Y"}""", ("If-Match", renamed.ETag))).IsError(HttpStatusCode.PreconditionFailed);
        (await gateway.PatchOpsAsync($"Users/{user}", """{"op":"replace","path":"title","value":"Y"}""", ("If-Match", changed.ETag))).Is(HttpStatusCode.OK);
        (await gateway.DeleteAsync($"Groups/{group}")).Is(HttpStatusCode.NoContent);
        Assert.DoesNotContain('.', (await gateway.GetAsync($"Users/{user}")).ETag);
    }

    [Fact]
    public async Task Locations_are_absolute_and_lead_to_the_resource()
    {
        var created = await gateway.PostAsync("Users", """{"userName":"located@acme.test"}""");
        Assert.Equal($"{gateway.Scim.BaseAddress}Users/{created.Id}", created.Headers.Location!.ToString());
        Assert.Equal(created.Headers.Location.ToString(), (string)created.Body!["meta"]!["location"]!);
        (await gateway.GetAsync(created.Headers.Location.ToString())).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_search_by_POST_answers_as_the_query_does()
    {
        var id = await gateway.UserAsync("search@acme.test", ",\"title\":\"T\"");
        var group = await gateway.GroupAsync("search group", id);
        const string schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        var found = (await gateway.PostAsync("Users/.search", $$"""{"schemas":["{{schema}}"],"attributes":["userName"],"filter":"title eq \"T\"","startIndex":1,"count":10}""")).Is(HttpStatusCode.OK);
        Assert.Equal([id], found.Ids);
        Assert.Null(found.Resources[0]["title"]);
        Assert.Equal([group], (await gateway.PostAsync("Groups/.search", $$"""{"schemas":["{{schema}}"],"filter":"displayName pr"}""")).Ids);
        Assert.Equal(2, (await gateway.PostAsync(".search", $$"""{"schemas":["{{schema}}"],"filter":"userName sw \"search\" or displayName sw \"search\""}""")).Total);
        (await gateway.PostAsync("Users/.search", "[]")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
    }

    [Fact]
    public async Task A_query_at_the_root_covers_every_type()
    {
        var user = await gateway.UserAsync("root@acme.test");
        var group = await gateway.GroupAsync("root");
        var all = (await gateway.GetAsync("?count=100")).Is(HttpStatusCode.OK);
        Assert.Equal([user, group, "Viewer", "Editor", "Owner"], all.Ids);
        Assert.Equal([group], (await gateway.GetAsync("?filter=meta.resourceType%20eq%20%22Group%22")).Ids);
        Assert.Equal([group, "Viewer"], (await gateway.GetAsync("?startIndex=2&count=2")).Ids);
        Assert.Equal(["Editor", "Owner", group, "Viewer", user], (await gateway.GetAsync("?sortBy=displayName")).Ids);
        var page = await gateway.GetAsync("?count=3&cursor=");
        Assert.Equal(2, (await gateway.GetAsync($"?count=3&cursor={(string)page.Body!["nextCursor"]!}")).Ids.Count);
    }

    [Fact]
    public async Task Discovery_tells_what_this_integration_has()
    {
        var config = (await gateway.GetAsync("ServiceProviderConfig")).Is(HttpStatusCode.OK).Body!;
        foreach (var feature in new[] { "patch", "bulk", "filter", "sort", "etag" })
        {
            Assert.True((bool)config[feature]!["supported"]!, feature);
        }

        Assert.False((bool)config["changePassword"]!["supported"]!);
        Assert.True((bool)config["pagination"]!["cursor"]!);
        Assert.Equal(["User", "Group", "Role"], (await gateway.GetAsync("ResourceTypes")).Ids);
        var user = (await gateway.GetAsync("ResourceTypes/User")).Is(HttpStatusCode.OK).Body!;
        Assert.Contains(Provisioning, user["schemaExtensions"]!.AsArray().Select(e => (string)e!["schema"]!));
        var schemas = await gateway.GetAsync("Schemas");
        Assert.Equal(schemas.Ids.Count, schemas.Total);
        foreach (var id in schemas.Ids)
        {
            (await gateway.GetAsync($"Schemas/{id}")).Is(HttpStatusCode.OK);
        }

        var roles = schemas.Resources.Single(s => (string)s["id"]! == UserUrn)["attributes"]!.AsArray().Single(a => (string)a!["name"]! == "roles")!;
        Assert.Equal(["Viewer", "Editor", "Owner"], roles["subAttributes"]![0]!["canonicalValues"]!.AsArray().Select(v => (string)v!));
        (await gateway.GetAsync("Schemas/urn:nope")).IsError(HttpStatusCode.NotFound);
        (await gateway.GetAsync("ResourceTypes?filter=name%20eq%20%22User%22")).IsError(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Me_is_not_implemented_and_says_so()
    {
        (await gateway.GetAsync("Me")).IsError(HttpStatusCode.NotImplemented);
        (await gateway.PatchOpsAsync("Me", "")).IsError(HttpStatusCode.NotImplemented);
    }

    [Theory]
    [InlineData("PATCH", "Users", "GET, POST, HEAD")]
    [InlineData("DELETE", "Groups", "GET, POST, HEAD")]
    [InlineData("POST", "Users/x", "GET, PUT, PATCH, DELETE, HEAD")]
    [InlineData("GET", "Bulk", "POST")]
    [InlineData("PUT", "Schemas", "GET, HEAD")]
    [InlineData("GET", "Users/.search", "POST")]
    public async Task A_wrong_method_is_answered_with_the_right_ones(string method, string path, string allow)
    {
        var refused = (await gateway.CallAsync(HttpMethod.Parse(method), path, "{}")).IsError(HttpStatusCode.MethodNotAllowed);
        Assert.Equal(allow, string.Join(", ", refused.Content.Allow));
    }

    [Fact]
    public async Task HEAD_is_GET_without_the_body_and_OPTIONS_names_the_methods()
    {
        var id = await gateway.UserAsync("head@acme.test");
        var get = await gateway.GetAsync($"Users/{id}");
        var head = (await gateway.CallAsync(HttpMethod.Head, $"Users/{id}")).Is(HttpStatusCode.OK);
        Assert.Equal("", head.Text);
        Assert.Equal((get.ETag, get.Content.ContentLength), (head.ETag, head.Content.ContentLength));
        Assert.Contains("PATCH", (await gateway.CallAsync(HttpMethod.Options, $"Users/{id}")).Is(HttpStatusCode.NoContent).Content.Allow);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("Users/a/b")]
    [InlineData("users%2f")]
    [InlineData("Users/%e2%80%ae")]
    [InlineData("Users/%2f%2e%2e")]
    [InlineData("Users/x%20y")]
    [InlineData("Groups/:;,")]
    public async Task Paths_that_lead_nowhere_are_a_SCIM_404(string path) => (await gateway.GetAsync(path)).IsError(HttpStatusCode.NotFound);

    [Fact]
    public async Task A_slash_at_the_end_and_capitals_do_not_matter()
    {
        var id = await gateway.UserAsync("slash@acme.test");
        Assert.Equal([id], (await gateway.GetAsync("Users/")).Ids);
        Assert.Equal(id, (await gateway.GetAsync($"users/{id}/")).Id);
        Assert.Equal(id, (await gateway.GetAsync($"Users/%{(int)id[0]:x2}{id[1..]}")).Id);
    }

    [Fact]
    public async Task Bodies_are_limited_and_of_the_right_type()
    {
        (await gateway.PostAsync("Users", new string('x', 10 * 1024 * 1024))).IsError(HttpStatusCode.RequestEntityTooLarge);
        (await gateway.CallAsync(HttpMethod.Post, "Users", """{"userName":"xml@acme.test"}""", "application/xml")).IsError(HttpStatusCode.UnsupportedMediaType);
        (await gateway.CallAsync(HttpMethod.Post, "Users", """{"userName":"latin@acme.test"}""", "application/scim+json; charset=iso-8859-1")).IsError(HttpStatusCode.UnsupportedMediaType);
        (await gateway.CallAsync(HttpMethod.Post, "Users", """{"userName":"utf@acme.test"}""", "application/scim+json; charset=\"UTF-8\"")).Is(HttpStatusCode.Created);
        (await gateway.PostAsync("Users", "")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PostAsync("Users", """{"userName":"a","userName":"b"}""")).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PostAsync("Users", string.Concat(Enumerable.Repeat("{\"a\":", 5_000)))).IsError(HttpStatusCode.BadRequest, "invalidSyntax");
        (await gateway.PostAsync("Users", $$"""{"userName":"{{new string('x', 20_000)}}"}""")).IsError(HttpStatusCode.BadRequest, "invalidValue");
        (await gateway.GetAsync("Users", ("Accept", "application/json"))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_without_length_that_never_ends_is_refused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Scim.BaseAddress!.Host, gateway.Scim.BaseAddress.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        var head = $"POST {gateway.Scim.BaseAddress.AbsolutePath}Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Scim.DefaultRequestHeaders.Authorization!.Parameter}\r\nTransfer-Encoding: chunked\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string('x', 0x10000) + "\r\n");
        for (var i = 0; i < 66; i++)
        {
            await stream.WriteAsync(chunk, TestContext.Current.CancellationToken);
        }

        var answer = new byte[15];
        await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 413 ", Encoding.ASCII.GetString(answer)[..13]);
    }

    [Fact]
    public async Task The_provisioning_extension_is_sent_only_when_asked_for()
    {
        var id = await gateway.UserAsync("state@acme.test");
        Assert.Null((await gateway.GetAsync($"Users/{id}")).Body![Provisioning]);
        var asked = (await gateway.GetAsync($"Users/{id}?attributes=userName,{Provisioning}:state,{Provisioning}:lastOperation")).Body!;
        Assert.Equal("Provisioning awaiting", (string)asked[Provisioning]!["state"]!);
        Assert.Equal("Queued", (string)asked[Provisioning]!["lastOperation"]!["status"]!);
        Assert.Equal([id], (await gateway.FilterAsync("Users", $"{Provisioning}:state eq \"Provisioning awaiting\"")).Ids);

        // It is read-only: an echo of it changes nothing.
        var whole = await gateway.GetAsync($"Users/{id}?attributes=userName,{Provisioning}");
        var before = (await gateway.GetAsync($"Users/{id}")).ETag;
        var put = (await gateway.PutAsync($"Users/{id}", whole.Text, ("If-Match", whole.ETag))).Is(HttpStatusCode.OK);
        Assert.Equal(before, put.ETag);
    }
}
