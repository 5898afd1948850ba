using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimPatchOktaTests
{
    [Fact]
    public void Deactivation_is_a_pathless_replace() =>
        Assert.False(User().Patched("""{"op":"replace","value":{"active":false}}""").IsActive);

    [Fact]
    public void Renaming_a_group_echoes_its_id() =>
        AssertJson("""{"displayName":"New"}""", Group().Patched("""{"op":"replace","value":{"id":"g1","displayName":"New"}}""").Attributes);

    [Fact]
    public void Members_come_and_go_in_one_request() =>
        AssertJson(
            """[{"value":"u2"},{"value":"u3","display":"c@x"}]""",
            Group("""{"displayName":"G","members":[{"value":"u1"},{"value":"u2"}]}""").Patched("""
                {"op":"remove","path":"members[value eq \"u1\"]"},
                {"op":"add","path":"members","value":[{"value":"u3","display":"c@x"}]}
                """)["members"]);

    [Fact]
    public void Push_now_replaces_all_members() =>
        AssertJson(
            """[{"value":"u3"},{"value":"u4"}]""",
            Group("""{"displayName":"G","members":[{"value":"u1"},{"value":"u2"}]}""")
                .Patched("""{"op":"replace","path":"members","value":[{"value":"u3"},{"value":"u4"},{"value":"u3"}]}""")["members"]);

    [Fact]
    public void What_was_read_can_be_put_back_unchanged()
    {
        var user = User("{\"userName\":\"b\",\"name\":{\"givenName\":\"B\"},\"emails\":[{\"value\":\"b@x\",\"primary\":true}],\"" + Enterprise + "\":{\"manager\":{\"value\":\"m1\"}}}")
            .With("groups", ScimJson.Parse("""[{"value":"g1","display":"G"}]"""u8));
        var read = System.Text.Encoding.UTF8.GetBytes(Text(w => user.WriteTo(w, null, BaseUrl)));
        var result = ScimPut.Merge(user, ScimResource.Parse(read, user.Type));
        Assert.False(result.Changed);
        Assert.Same(user, result.Resource);
    }
}
