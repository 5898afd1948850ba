using System.Text;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimBulkTests
{
    private static ScimBulkRequest Bulk(string operations, string rest = "") => ScimBulkRequest.Parse(Encoding.UTF8.GetBytes(
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{operations}}]{{rest}}}"""));

    [Fact]
    public void Operations_come_after_those_that_they_refer_to()
    {
        var bulk = Bulk("""
            {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"G","members":[{"value":"bulkId:u"}]}},
            {"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[]}},
            {"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"b"}},
            {"method":"delete","path":"/Users/u9","version":"W/\"1\""}
            """, ",\"failOnErrors\":1");
        Assert.Equal([2, 0, 1, 3], bulk.ResolveOrder());
        Assert.Equal(1, bulk.FailOnErrors);
        Assert.Equal((ScimBulkMethod.Delete, "/Users", "u9", "W/\"1\""), (bulk.Operations[3].Method, bulk.Operations[3].Endpoint, bulk.Operations[3].Id, bulk.Operations[3].Version));
    }

    [Fact]
    public void References_are_replaced_by_ids_and_unknown_ones_are_409()
    {
        var operation = Bulk("""{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"G","members":[{"value":"bulkId:u"}]}}""").Operations[0];
        AssertJson("""{"displayName":"G","members":[{"value":"id-1"}]}""", ScimBulkRequest.Resolve(operation, new Dictionary<string, string> { ["u"] = "id-1" }).Data);
        Assert.Equal(409, Refusal(() => ScimBulkRequest.Resolve(operation, new Dictionary<string, string>())).Status);
    }

    [Fact]
    public void Operations_in_a_circle_come_last() =>
        Assert.Equal([2, 0, 1], Bulk("""
            {"method":"POST","path":"/Groups","bulkId":"a","data":{"members":["bulkId:b"]}},
            {"method":"POST","path":"/Groups","bulkId":"b","data":{"members":["bulkId:a"]}},
            {"method":"POST","path":"/Users","bulkId":"c","data":{"x":"bulkId:c"}}
            """).ResolveOrder());

    [Theory]
    [InlineData("1")]
    [InlineData("""{"path":"/Users","bulkId":"x","data":{}}""")]
    [InlineData("""{"method":"GET","path":"/Users/1"}""")]
    [InlineData("""{"method":"POST","bulkId":"x","data":{}}""")]
    [InlineData("""{"method":"POST","path":"Users","bulkId":"x","data":{}}""")]
    [InlineData("""{"method":"POST","path":"/Users/1","bulkId":"x","data":{}}""")]
    [InlineData("""{"method":"POST","path":"/Users","data":{}}""")]
    [InlineData("""{"method":"POST","path":"/Users","bulkId":"x"}""")]
    [InlineData("""{"method":"PUT","path":"/Users","data":{}}""")]
    [InlineData("""{"method":"PUT","path":"/Users/a/b","data":{}}""")]
    [InlineData("""{"method":"POST","path":"/Users","bulkId":"x","data":{}},{"method":"POST","path":"/Users","bulkId":"x","data":{}}""")]
    public void A_malformed_operation_is_invalidSyntax_and_the_others_are_not(string operations)
    {
        var bulk = Bulk($$"""{{operations}},{"method":"DELETE","path":"/Users/last"}""");
        Assert.Equal(ScimErrorType.InvalidSyntax, Assert.Single(bulk.Operations.Select(o => o.Refusal).OfType<ScimError>()).Type);
        Assert.Equal((null, "last"), (bulk.Operations[^1].Refusal, bulk.Operations[^1].Id));
        Assert.Equal(Enumerable.Range(0, bulk.Operations.Count), bulk.ResolveOrder());
    }

    [Fact]
    public void Too_many_operations_are_413() =>
        Assert.Equal(413, Refusal(() => Bulk(string.Join(',', Enumerable.Repeat("""{"method":"DELETE","path":"/Users/1"}""", 1001)))).Status);

    [Fact]
    public void FailOnErrors_must_be_positive() =>
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Bulk(string.Empty, ",\"failOnErrors\":0")).Type);
}
