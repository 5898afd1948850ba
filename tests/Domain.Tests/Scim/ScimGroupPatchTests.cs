using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimGroupPatchTests
{
    private static ScimGroupPatch Analyze(string operations) => ScimGroupPatch.Analyze(Patch(operations), ScimSchemas.GroupType);

    [Fact]
    public void Members_are_told_apart_from_other_attributes()
    {
        var patch = Analyze("""
            {"op":"replace","value":{"id":"g1","displayName":"New","members":[{"value":"u1"}]}},
            {"op":"add","path":"externalId","value":"x"},
            {"op":"Add","path":"members","value":[{"value":"u2","type":"User"},"u3"]}
            """);
        Assert.True(patch.ReplacesMembers);
        Assert.Equal(["u1", "u2", "u3"], patch.Adds.Select(m => m.Value));
        Assert.Empty(patch.Removes);
        AssertJson("""{"displayName":"New","externalId":"x"}""", ScimPatch.Apply(Group(), patch.Attributes!).Resource.Attributes);
    }

    [Fact]
    public void The_last_word_on_a_member_counts()
    {
        var patch = Analyze("""
            {"op":"add","path":"members","value":[{"value":"u1"},{"value":"u2"}]},
            {"op":"remove","path":"members[value eq \"u1\"]"},
            {"op":"Remove","path":"members","value":[{"value":"u3"}]},
            {"op":"add","path":"members","value":{"value":"u3"}}
            """);
        Assert.Equal(["u2", "u3"], patch.Adds.Select(m => m.Value));
        Assert.Equal(["u1"], patch.Removes);
        Assert.Null(patch.Attributes);
    }

    [Theory]
    [InlineData("""{"op":"remove","path":"members"}""")]
    [InlineData("""{"op":"replace","path":"members","value":[]}""")]
    [InlineData("""{"op":"replace","value":{"members":null}}""")]
    [InlineData("""{"op":"add","path":"members","value":["u1"]},{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members"}""")]
    public void All_members_go(string operations)
    {
        var patch = Analyze(operations);
        Assert.True(patch is { ReplacesMembers: true, ChangesMembers: true, Adds.Count: 0, Removes.Count: 0 });
    }

    [Fact]
    public void Several_members_go_by_one_filter() =>
        Assert.Equal(["u1", "u2"], Analyze("""{"op":"remove","path":"members[value eq \"u1\" or value eq \"u2\"]"}""").Removes);

    [Theory]
    [InlineData("""{"op":"remove","path":"members[type eq \"Group\"]"}""")]
    [InlineData("""{"op":"replace","path":"members[value eq \"u1\"].display","value":"x"}""")]
    [InlineData("""{"op":"remove","path":"members.display"}""")]
    public void Other_selections_need_the_members(string operation) => Assert.True(Analyze(operation).NeedsMembers);

    [Fact]
    public void Removing_an_empty_list_removes_none() =>
        Assert.False(Analyze("""{"op":"Remove","path":"members","value":[]}""").ChangesMembers);

    [Theory]
    [InlineData("""{"op":"add","path":"members","value":[{"display":"nobody"}]}""")]
    [InlineData("""{"op":"add","path":"members","value":[true]}""")]
    public void A_member_without_id_is_invalidValue(string operation) =>
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Analyze(operation)).Type);

    [Fact]
    public void Members_of_a_whole_group_are_taken_out()
    {
        var members = ScimGroupMember.TakeFrom(Group("""{"displayName":"G","members":[{"value":"u1","type":"User"},{"value":"u2"},{"value":"u1"}]}"""), out var rest);
        Assert.Equal(["u1", "u2"], members.Select(m => m.Value));
        Assert.Null(rest["members"]);
        AssertJson("""{"value":"u1","$ref":"https://gw.example/scim/v2/g1/Users/u1","type":"User"}""", members[0].ToValue(BaseUrl));
    }
}
