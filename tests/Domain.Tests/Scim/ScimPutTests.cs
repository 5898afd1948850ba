using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimPutTests
{
    [Fact]
    public void What_is_left_out_is_removed_and_what_is_read_only_stays()
    {
        var existing = User("{\"userName\":\"b\",\"title\":\"T\",\"" + Enterprise + "\":{\"department\":\"D\"}}").With("groups", ScimJson.Parse("""[{"value":"g1"}]"""u8));
        var result = ScimPut.Merge(existing, User("""{"userName":"c","groups":[]}"""));
        Assert.True(result.Changed);
        Assert.Equal("u1", result.Resource.Id);
        AssertJson("""{"userName":"c","groups":[{"value":"g1"}]}""", result.Resource.Attributes);
    }

    [Fact]
    public void An_immutable_attribute_must_match_or_be_left_out()
    {
        static ScimResource Badge(string extension) => User("{\"userName\":\"b\"" + extension + "}", Crm);
        var existing = Badge(",\"urn:example:crm:2.0:User\":{\"badge\":\"A\",\"tag\":\"t\"}");
        AssertJson("""{"badge":"A"}""", ScimPut.Merge(existing, Badge(string.Empty)).Resource["urn:example:crm:2.0:User"]);
        AssertJson("""{"badge":"A"}""", ScimPut.Merge(existing, Badge(",\"urn:example:crm:2.0:User\":{\"badge\":\"A\"}")).Resource["urn:example:crm:2.0:User"]);
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => ScimPut.Merge(existing, Badge(",\"urn:example:crm:2.0:User\":{\"badge\":\"B\"}"))).Type);
        AssertJson("""{"badge":"B"}""", ScimPut.Merge(Badge(string.Empty), Badge(",\"urn:example:crm:2.0:User\":{\"badge\":\"B\"}")).Resource["urn:example:crm:2.0:User"]);
    }

    [Fact]
    public void A_managers_name_that_the_server_keeps_stays_with_that_manager()
    {
        var existing = User().With(Enterprise, ScimJson.ParseObject("""{"manager":{"value":"m1","displayName":"Boss"}}"""));
        ScimResource Put(string manager) => ScimPut.Merge(existing, User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"manager\":\"" + manager + "\"}}")).Resource;
        Assert.Equal("Boss", Put("m1").GetText("manager.displayName"));
        Assert.Null(Put("m2").GetText("manager.displayName"));
    }
}
