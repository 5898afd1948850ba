using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimPatchEntraTests
{
    [Fact]
    public void Verbs_are_capitalised_and_booleans_are_strings()
    {
        var user = User("""{"userName":"b","active":true}""");
        Assert.False(user.Patched("""{"op":"Replace","path":"active","value":"False"}""").IsActive);
        Assert.True(user.Patched("""{"op":"Replace","path":"active","value":"False"},{"op":"ADD","path":"ACTIVE","value":"True"}""").IsActive);
    }

    [Fact]
    public void A_simple_attribute_may_be_wrapped_in_the_old_dialect() =>
        Assert.Equal("New", User().Patched("""{"op":"Replace","path":"displayName","value":[{"$ref":null,"value":"New"}]}""").DisplayName);

    [Theory]
    [InlineData("Add")]
    [InlineData("Replace")]
    public void A_value_path_creates_the_element_when_there_is_none(string op)
    {
        var user = User().Patched($$"""
            {"op":"{{op}}","path":"emails[type eq \"work\"].value","value":"w@x"},
            {"op":"{{op}}","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1"},
            {"op":"{{op}}","path":"addresses[type eq \"work\"].streetAddress","value":"Main 1"}
            """);
        AssertJson("""[{"type":"work","value":"w@x"}]""", user["emails"]);
        AssertJson("""[{"type":"mobile","value":"+1"}]""", user["phoneNumbers"]);
        AssertJson("""[{"type":"work","streetAddress":"Main 1"}]""", user["addresses"]);
    }

    [Fact]
    public void A_value_path_by_primary_creates_the_element_too() =>
        AssertJson("""[{"primary":true,"value":"w@x"}]""", User().Patched("""{"op":"Add","path":"emails[primary eq true].value","value":"w@x"}""")["emails"]);

    [Fact]
    public void A_value_path_by_primary_written_as_a_string_creates_the_element_too() =>
        AssertJson("""[{"primary":true,"value":"admin","display":"Admin"}]""", User().Patched("""
            {"op":"Add","path":"roles[primary eq \"True\"].value","value":"admin"},{"op":"Add","path":"roles[primary eq \"True\"].display","value":"Admin"}
            """)["roles"]);

    [Fact]
    public void Several_operations_for_one_element_yield_one_element() =>
        AssertJson(
            """[{"type":"work","streetAddress":"Main 1","locality":"Town","primary":true}]""",
            User().Patched("""
                {"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"Main 1"},
                {"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Town"},
                {"op":"Add","path":"addresses[type eq \"work\"].primary","value":"True"}
                """)["addresses"]);

    [Fact]
    public void A_value_path_changes_only_what_it_selects() =>
        AssertJson(
            """[{"value":"h@x","type":"home"},{"value":"new@x","type":"work","display":"d"}]""",
            User("""{"userName":"b","emails":[{"value":"h@x","type":"home"},{"value":"w@x","type":"work","display":"d"}]}""")
                .Patched("""{"op":"Replace","path":"emails[type eq \"work\"].value","value":"new@x"}""")["emails"]);

    [Fact]
    public void A_pathless_replace_may_have_paths_as_keys()
    {
        var user = User().Patched("""
            {"op":"replace","value":{
              "displayName":"Bjfe","name.givenName":"Kulda","name.familyName":"Ortiz","active":true,
              "emails[type eq \"work\"].value":"w@x","emails[type eq \"work\"].primary":true,
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"867",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":"m1"}}
            """);
        AssertJson(
            """
            {"userName":"bjensen@example.com","displayName":"Bjfe","name":{"givenName":"Kulda","familyName":"Ortiz"},"active":true,
             "emails":[{"type":"work","value":"w@x","primary":true}],
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"867","manager":{"value":"m1"}}}
            """,
            user.Attributes);
    }

    [Fact]
    public void A_pathless_add_may_hold_a_whole_extension() =>
        AssertJson(
            """{"department":"D","costCenter":"C"}""",
            User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"department\":\"D\"}}")
                .Patched("{\"op\":\"add\",\"value\":{\"" + Enterprise + "\":{\"costCenter\":\"C\",\"division\":null}}}")[Enterprise]);

    [Theory]
    [InlineData("\"m2\"")]
    [InlineData("""{"value":"m2"}""")]
    [InlineData("""[{"$ref":"https://x/Users/m2","value":"m2"}]""")]
    public void A_manager_comes_as_a_string_an_object_or_an_array(string sent)
    {
        var user = User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"manager\":{\"value\":\"m1\",\"$ref\":\"https://x/Users/m1\"}}}");
        var patched = user.Patched($$"""{"op":"Replace","path":"{{Enterprise}}:manager","value":{{sent}}}""");
        Assert.Equal("m2", patched.GetText(Enterprise + ":manager.value"));
        Assert.NotEqual("https://x/Users/m1", patched.GetText(Enterprise + ":manager.$ref"));
    }

    [Theory]
    [InlineData("""{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":""}""")]
    [InlineData("""{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":null}""")]
    [InlineData("""{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":[{"value":""}]}""")]
    [InlineData("""{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value","value":""}""")]
    [InlineData("""{"op":"Remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}""")]
    [InlineData("""{"op":"Remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"m1"}""")]
    [InlineData("""{"op":"Remove","path":"manager"}""")]
    [InlineData("""{"op":"Replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":""}}}""")]
    public void An_empty_or_removed_manager_is_gone(string operation) =>
        Assert.Null(User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"manager\":{\"value\":\"m1\",\"$ref\":\"https://x/Users/m1\"}}}").Patched(operation)[Enterprise]);

    [Theory]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0User.department")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department")]
    [InlineData("URN:IETF:params:scim:schemas:extension:Enterprise:2.0:user:Department")]
    public void A_malformed_enterprise_URN_is_understood(string path) =>
        AssertJson("""{"department":"D"}""", User().Patched($$"""{"op":"Add","path":"{{path}}","value":"D"}""")[Enterprise]);

    [Fact]
    public void Removal_by_path_and_values_removes_those_members_only() =>
        AssertJson(
            """[{"value":"u2"}]""",
            Group("""{"displayName":"G","members":[{"value":"u1","display":"One"},{"value":"u2"},{"value":"u3"}]}""")
                .Patched("""{"op":"Remove","path":"members","value":[{"value":"u1"},{"value":"u3"},{"value":"absent"}]}""")["members"]);

    [Fact]
    public void Removal_by_path_and_no_values_removes_none() =>
        AssertJson(
            """[{"value":"u1"}]""",
            Group("""{"displayName":"G","members":[{"value":"u1"}]}""").Patched("""{"op":"Remove","path":"members","value":[]}""")["members"]);

    [Fact]
    public void Removal_by_value_path_removes_that_member() =>
        AssertJson(
            """[{"value":"u2"}]""",
            Group("""{"displayName":"G","members":[{"value":"u1"},{"value":"u2"}]}""").Patched("""{"op":"Remove","path":"members[value eq \"u1\"]"}""")["members"]);

    [Fact]
    public void Adding_a_member_twice_and_removing_an_absent_one_succeeds()
    {
        var group = Group("""{"displayName":"G","members":[{"value":"u1"}]}""");
        var result = ScimPatch.Apply(group, Patch("""
            {"op":"Add","path":"members","value":[{"value":"u1"},{"value":"u1"}]},
            {"op":"Remove","path":"members[value eq \"absent\"]"},
            {"op":"Remove","path":"members","value":[{"value":"absent"}]}
            """));
        Assert.False(result.Changed);
        Assert.Same(group, result.Resource);
    }

    [Fact]
    public void Ten_thousand_members_in_one_PATCH_are_added_and_removed()
    {
        var values = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"{{\"value\":\"user-{i:d6}\"}}"));
        var full = Group().Patched($$"""{"op":"Add","path":"members","value":[{{values}}]}""");
        Assert.Equal(10_000, Assert.IsType<ScimArray>(full["members"]).Count);
        Assert.Null(full.Patched($$"""{"op":"Remove","path":"members","value":[{{values}}]}""")["members"]);
    }

    [Fact]
    public void Adding_the_unknown_schema_that_Entra_names_changes_nothing() =>
        Assert.False(ScimPatch.Apply(User(), Patch("""{"op":"Add","path":"schemas","value":["urn:x"]}""")).Changed);
}
