using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Bulk requests (RFC 7644 section 3.7).</summary>
public sealed class BulkTests : IAsyncLifetime
{
    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task<IReadOnlyList<JsonObject>> BulkAsync(string operations, string more = "")
    {
        var reply = (await gateway.PostAsync("Bulk", $$"""{"schemas":["{{Schema}}"]{{more}},"Operations":[{{operations}}]}""")).Is(HttpStatusCode.OK);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:BulkResponse", (string)reply.Body!["schemas"]![0]!);
        return [.. reply.Body["Operations"]!.AsArray().Select(o => o!.AsObject())];
    }

    private static string Status(JsonObject operation) => (string)operation["status"]!;

    [Fact]
    public async Task Operations_refer_to_what_others_create_in_any_order()
    {
        var done = await BulkAsync("""
            {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Tour Guides","members":[{"value":"bulkId:u"}]} },
            {"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"bulk@acme.test"} },
            {"method":"PATCH","path":"/Users/bulkId:u","data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"T"}]} }
            """);
        Assert.Equal(["201", "201", "200"], done.Select(Status));
        Assert.Equal(["g", "u"], done.Take(2).Select(o => (string)o["bulkId"]!));
        var user = await gateway.GetAsync((string)done[1]["location"]!);
        Assert.Equal("T", (string)user.Body!["title"]!);
        Assert.Equal(user.ETag, (string)done[2]["version"]!);
        Assert.Equal([user.Id], (await gateway.GetAsync((string)done[0]["location"]!)).Members);
    }

    [Fact]
    public async Task Each_operation_succeeds_or_fails_for_itself()
    {
        var id = await gateway.UserAsync("exists@acme.test");
        var done = await BulkAsync($$"""
            {"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"exists@acme.test"} },
            {"method":"PUT","path":"/Users/{{id}}","version":"W/\"nope\"","data":{"userName":"exists@acme.test"} },
            {"method":"DELETE","path":"/Users/{{id}}"},
            {"method":"DELETE","path":"/Users/{{id}}"},
            {"method":"POST","path":"/Rockets","bulkId":"2","data":{} },
            {"method":"PATCH","path":"/Users/bulkId:nobody","data":{} }
            """);
        Assert.Equal(["409", "412", "204", "404", "400", "409"], done.Select(Status));
        Assert.Equal("uniqueness", (string)done[0]["response"]!["scimType"]!);
    }

    [Fact]
    public async Task After_so_many_errors_the_rest_is_left_undone()
    {
        var done = await BulkAsync("""
            {"method":"DELETE","path":"/Users/none1"},
            {"method":"DELETE","path":"/Users/none2"},
            {"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"undone@acme.test"} }
            """, ",\"failOnErrors\":2");
        Assert.Equal(["404", "404"], done.Select(Status));
        Assert.Equal(0, (await gateway.FilterAsync("Users", "userName eq \"undone@acme.test\"")).Total);
    }

    [Fact]
    public async Task Too_many_operations_are_refused_whole()
    {
        var operations = string.Join(',', Enumerable.Range(0, 1_001).Select(i => $$"""{"method":"POST","path":"/Users","bulkId":"{{i}}","data":{"userName":"many{{i}}@acme.test"} }"""));
        (await gateway.PostAsync("Bulk", $$"""{"schemas":["{{Schema}}"],"Operations":[{{operations}}]}""")).IsError(HttpStatusCode.RequestEntityTooLarge, "tooMany");
        Assert.Equal(0, (await gateway.GetAsync("Users")).Total);
    }

    [Theory]
    [InlineData("1", "it must be an object")]
    [InlineData("""{"path":"/Users","bulkId":"x","data":{"userName":"x@acme.test"} }""", "\"method\" is missing")]
    [InlineData("""{"method":"GET","path":"/Users/1"}""", "\"GET\"")]
    [InlineData("""{"method":"POST","bulkId":"x","data":{"userName":"x@acme.test"} }""", "\"path\" is missing")]
    [InlineData("""{"method":"POST","path":"Users","bulkId":"x","data":{"userName":"x@acme.test"} }""", "\"Users\"")]
    [InlineData("""{"method":"DELETE","path":"/Users/1/2"}""", "\"/Users/1/2\"")]
    [InlineData("""{"method":"POST","path":"/Users","data":{"userName":"x@acme.test"} }""", "bulkId")]
    [InlineData("""{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"x@acme.test"} }""", "bulkId")]
    [InlineData("""{"method":"POST","path":"/Users/1","bulkId":"x","data":{"userName":"x@acme.test"} }""", "without id")]
    [InlineData("""{"method":"PATCH","path":"/Users/bulkId:a"}""", "\"data\"")]
    [InlineData("""{"method":"PUT","path":"/Users","data":{"userName":"x@acme.test"} }""", "lacks the id")]
    public async Task A_malformed_operation_fails_for_itself_and_the_others_are_done(string malformed, string says)
    {
        var done = await BulkAsync($$"""
            {"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"before@acme.test"} },
            {{malformed}},
            {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"After","members":[{"value":"bulkId:a"}]} }
            """);
        Assert.Equal(["201", "400", "201"], done.Select(Status));
        var error = done[1]["response"]!;
        Assert.Equal(("invalidSyntax", "400"), ((string)error["scimType"]!, (string)error["status"]!));
        Assert.Contains("Operation 2 ", (string)error["detail"]!, StringComparison.Ordinal);
        Assert.Contains(says, (string)error["detail"]!, StringComparison.Ordinal);
        Assert.Null(done[1]["location"]);
        Assert.Equal(["before@acme.test"], (await gateway.GetAsync("Users")).Resources.Select(r => (string)r["userName"]!));
        Assert.Equal([(await gateway.GetAsync((string)done[0]["location"]!)).Id], (await gateway.GetAsync((string)done[2]["location"]!)).Members);
    }

    [Fact]
    public async Task A_malformed_operation_counts_as_an_error_and_nothing_refers_to_it()
    {
        var done = await BulkAsync("""
            {"method":"POST","path":"Users","bulkId":"u","data":{"userName":"never@acme.test"} },
            {"method":"PATCH","path":"/Users/bulkId:u","data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"T"}]} },
            {"method":"POST","path":"/Users","bulkId":"v","data":{"userName":"undone@acme.test"} }
            """, ",\"failOnErrors\":2");
        Assert.Equal(["400", "409"], done.Select(Status));
        Assert.Equal(("POST", "u"), ((string)done[0]["method"]!, (string)done[0]["bulkId"]!));
        Assert.Equal(0, (await gateway.GetAsync("Users")).Total);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Operations":{} }""")]
    [InlineData("""{"Operations":[],"failOnErrors":0}""")]
    [InlineData("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]}""")]
    public async Task A_request_that_is_no_bulk_request_is_refused_whole(string body) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.PostAsync("Bulk", body)).Status);

    [Fact]
    public async Task Groups_that_refer_to_each_other_in_a_circle_become_members_of_each_other()
    {
        var done = await BulkAsync("""
            {"method":"PATCH","path":"/Groups/bulkId:a","data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"externalId","value":"of a"}]} },
            {"method":"POST","path":"/Groups","bulkId":"a","data":{"displayName":"A","members":[{"type":"Group","value":"bulkId:b"},{"value":"bulkId:u"}]} },
            {"method":"POST","path":"/groups","bulkId":"b","data":{"displayName":"B","members":[{"type":"Group","value":"bulkId:a"}]} },
            {"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"round@acme.test"} }
            """);
        Assert.Equal(["204", "201", "201", "201"], done.Select(Status));
        var a = await gateway.GetAsync((string)done[1]["location"]!);
        var b = await gateway.GetAsync((string)done[2]["location"]!);
        var user = await gateway.GetAsync((string)done[3]["location"]!);
        Assert.Equal(new[] { b.Id, user.Id }.Order(StringComparer.Ordinal), a.Members.Order(StringComparer.Ordinal));
        Assert.Equal("of a", (string)a.Body!["externalId"]!);
        Assert.Equal([a.Id], b.Members);
        Assert.Equal(b.ETag, (string)done[2]["version"]!);
        Assert.EndsWith($"/Groups/{b.Id}", (string)done[2]["location"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_whose_managers_are_each_other_are_created_with_them()
    {
        var done = await BulkAsync($$"""
            {"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"one@acme.test","title":"T","{{Enterprise}}":{"manager":{"value":"bulkId:2"},"department":"D"} } },
            {"method":"POST","path":"/Users","bulkId":"2","data":{"userName":"two@acme.test","{{Enterprise}}":{"manager":"bulkId:1"} } },
            {"method":"POST","path":"/Users","bulkId":"3","data":{"userName":"three@acme.test","{{Enterprise}}":{"manager":"bulkId:3"} } }
            """);
        Assert.Equal(["201", "201", "201"], done.Select(Status));
        var users = new List<Reply>();
        foreach (var operation in done)
        {
            users.Add(await gateway.GetAsync((string)operation["location"]!));
        }

        Assert.Equal(users.Select(u => u.ETag), done.Select(o => (string)o["version"]!));
        Assert.Equal([users[1].Id, users[0].Id, users[2].Id], users.Select(u => (string)u.Body![Enterprise]!["manager"]!["value"]!));
        Assert.Equal(("T", "D"), ((string)users[0].Body!["title"]!, (string)users[0].Body![Enterprise]!["department"]!));
    }

    [Fact]
    public async Task Who_is_created_in_a_circle_whose_other_part_fails_is_told_what_is_missing()
    {
        var done = await BulkAsync("""
            {"method":"POST","path":"/Groups","bulkId":"a","data":{"displayName":"Half","members":[{"value":"bulkId:b"}]} },
            {"method":"POST","path":"/Groups","bulkId":"b","data":{"members":[{"value":"bulkId:a"}]} },
            {"method":"DELETE","path":"/Groups/bulkId:b"}
            """);
        Assert.Equal(["409", "400", "409"], done.Select(Status));
        Assert.Contains("was created", (string)done[0]["response"]!["detail"]!, StringComparison.Ordinal);
        var half = (await gateway.GetAsync((string)done[0]["location"]!)).Is(HttpStatusCode.OK);
        Assert.Equal(half.ETag, (string)done[0]["version"]!);
        Assert.Empty(half.Members);
        Assert.Null(done[2]["location"]);
    }

    [Fact]
    public async Task A_store_that_fails_halfway_leaves_nothing_untold()
    {
        StoreWithHook? store = null;
        await using var other = await RunningGateway.StartAsync(
            integration => integration with { Paused = new Pause("test", DateTimeOffset.UtcNow, "protocol test") }, services => StoreWithHook.PutBefore(services, made => store = made));
        var fails = "second@acme.test";
        store!.BeforeCommit = changes => changes.Any(c => Encoding.UTF8.GetString(c.Value.Span).Contains(fails, StringComparison.Ordinal))
            ? throw new RecordStoreUnavailableException("The disk is full.")
            : Task.CompletedTask;
        var operations = string.Join(',', new[] { "first", "second", "third" }.Select(name => $$"""{"method":"POST","path":"/Users","bulkId":"{{name}}","data":{"userName":"{{name}}@acme.test"} }"""));
        var reply = (await other.PostAsync("Bulk", $$"""{"schemas":["{{Schema}}"],"Operations":[{{operations}}]}""")).Is(HttpStatusCode.OK);
        Assert.Equal(["201", "503", "503"], reply.Body!["Operations"]!.AsArray().Select(o => Status(o!.AsObject())));
        Assert.Equal(1, (await other.GetAsync("Users")).Total);

        fails = "first@acme.test";
        (await other.PostAsync("Bulk", $$"""{"schemas":["{{Schema}}"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"x@acme.test","title":"first@acme.test"} }]}""")).IsError(HttpStatusCode.ServiceUnavailable);
    }
}
