using System.Net;
using System.Text.Json.Nodes;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Bulk requests (RFC 7644 section 3.7).</summary>
public sealed class BulkTests : IAsyncLifetime
{
    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await Wire.PausedAsync();

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

    [Fact]
    public async Task Groups_that_refer_to_each_other_in_a_circle_are_told_so()
    {
        var done = await BulkAsync("""
            {"method":"POST","path":"/Groups","bulkId":"a","data":{"displayName":"A","members":[{"type":"Group","value":"bulkId:b"}]} },
            {"method":"POST","path":"/Groups","bulkId":"b","data":{"displayName":"B","members":[{"type":"Group","value":"bulkId:a"}]} }
            """);
        Assert.Equal(["409", "409"], done.Select(Status));
    }
}
