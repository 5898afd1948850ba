using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimPatchRuleTests
{
    private const string Emails = """{"userName":"b","emails":[{"value":"h@x","type":"home","primary":true},{"value":"w@x","type":"work"}]}""";

    [Fact]
    public void One_bad_operation_changes_nothing()
    {
        var user = User(Emails);
        var before = user.Attributes.ToString();
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => user.Patched("""{"op":"replace","path":"userName","value":"c"},{"op":"remove","path":"emails"},{"op":"add","path":"nope","value":1}""")).Type);
        Assert.Equal(before, user.Attributes.ToString());
    }

    [Theory]
    [InlineData("""{"op":"add","path":"nope","value":"x"}""")]
    [InlineData("""{"op":"add","path":"name.nope","value":"x"}""")]
    [InlineData("""{"op":"add","path":"emails[type eq \"work\"].nope","value":"x"}""")]
    [InlineData("""{"op":"add","path":"emails[nope eq \"work\"].value","value":"x"}""")]
    [InlineData("""{"op":"add","path":"urn:nope:User:x","value":"x"}""")]
    [InlineData("""{"op":"remove","path":"userName["}""")]
    [InlineData("""{"op":"remove","path":"a b"}""")]
    [InlineData("""{"op":"remove","path":"emails[type eq \"work\"]x"}""")]
    [InlineData("""{"op":"remove","path":"emails[type eq \"work\"].value.x"}""")]
    [InlineData("""{"op":"replace","path":"name[givenName eq \"x\"]","value":{}}""")]
    [InlineData("""{"op":"replace","value":{"":1}}""")]
    public void An_unknown_or_malformed_path_is_invalidPath(string operation) =>
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => User(Emails).Patched(operation)).Type);

    [Theory]
    [InlineData("""{"op":"replace","path":"id","value":"x"}""")]
    [InlineData("""{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"op":"add","path":"groups","value":[{"value":"g1"}]}""")]
    [InlineData("""{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName","value":"x"}""")]
    [InlineData("""{"op":"remove","path":"userName"}""")]
    [InlineData("""{"op":"replace","path":"userName","value":null}""")]
    public void A_read_only_or_required_attribute_is_mutability(string operation) =>
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => User(Emails).Patched(operation)).Type);

    [Fact]
    public void An_immutable_attribute_is_set_once()
    {
        var set = User("""{"userName":"b"}""", Crm).Patched("""{"op":"add","path":"urn:example:crm:2.0:User:badge","value":"A"}""");
        Assert.Equal("A", set.GetText("urn:example:crm:2.0:User:badge"));
        Assert.Same(set, set.Patched("""{"op":"replace","path":"urn:example:crm:2.0:User:badge","value":"A"}"""));
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => set.Patched("""{"op":"replace","path":"urn:example:crm:2.0:User:badge","value":"B"}""")).Type);
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => set.Patched("""{"op":"remove","path":"urn:example:crm:2.0:User:badge"}""")).Type);
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => Group("""{"displayName":"G","members":[{"value":"u1"}]}""").Patched("""{"op":"replace","path":"members[value eq \"u1\"].value","value":"u2"}""")).Type);
    }

    [Theory]
    [InlineData("""{"op":"remove","path":"emails[type eq \"other\"]"}""")]
    [InlineData("""{"op":"remove","path":"emails[type eq \"other\"].value"}""")]
    [InlineData("""{"op":"replace","path":"emails[type eq \"other\"]","value":{"value":"o@x"}}""")]
    [InlineData("""{"op":"replace","path":"emails[value co \"nowhere\"].value","value":"o@x"}""")]
    [InlineData("""{"op":"add","path":"emails[not (value pr)].value","value":"o@x"}""")]
    [InlineData("""{"op":"remove"}""")]
    public void A_value_path_that_selects_nothing_is_noTarget(string operation) =>
        Assert.Equal(ScimErrorType.NoTarget, Refusal(() => User(Emails).Patched(operation)).Type);

    [Theory]
    [InlineData("""{"op":"replace","path":"active","value":"perhaps"}""")]
    [InlineData("""{"op":"replace","path":"userName","value":""}""")]
    [InlineData("""{"op":"replace","path":"userName","value":{"a":1}}""")]
    [InlineData("""{"op":"add","path":"userName"}""")]
    [InlineData("""{"op":"add","value":"x"}""")]
    [InlineData("""{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":"x"}""")]
    [InlineData("""{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}""")]
    public void A_value_that_does_not_fit_is_invalidValue(string operation) =>
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => User(Emails).Patched(operation)).Type);

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"Operations":[]}""")]
    [InlineData("""{"Operations":{}}""")]
    [InlineData("""{"Operations":[1]}""")]
    [InlineData("""{"Operations":[{"path":"active","value":true}]}""")]
    [InlineData("""{"Operations":[{"op":"move","path":"active","value":true}]}""")]
    [InlineData("""{"Operations":[{"op":"add","path":7,"value":true}]}""")]
    [InlineData("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"op":"add","path":"active","value":true}]}""")]
    public void A_malformed_PATCH_is_invalidSyntax(string body) =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimPatchRequest.FromBody(ScimJson.ParseObject(body))).Type);

    [Fact]
    public void Too_many_operations_are_tooMany() =>
        Assert.Equal(ScimErrorType.TooMany, Refusal(() => Patch(string.Join(',', Enumerable.Repeat("""{"op":"add","path":"title","value":"x"}""", 1001)))).Type);

    [Fact]
    public void Too_many_keys_without_path_are_tooMany() =>
        Assert.Equal(ScimErrorType.TooMany, Refusal(() => Patch("{\"op\":\"add\",\"value\":{" + string.Join(',', Enumerable.Range(0, 1001).Select(i => $"\"k{i}\":1")) + "}}")).Type);

    [Fact]
    public void An_incomplete_account_can_be_changed_but_nothing_required_emptied()
    {
        var type = ScimSchemas.UserType.WithExtension(
            new ScimSchemaBuilder("urn:x:2.0:User", "X").Add(new ScimAttribute("plan") { Required = true }).Add(new ScimAttribute("seat")).Build(), required: true);
        var imported = new ScimResource(type, ScimJson.ParseObject("""{"userName":"b"}"""), "u1", Meta);
        Assert.False(imported.Patched("""{"op":"replace","path":"active","value":false}""").IsActive);
        Assert.Equal("1", imported.Patched("""{"op":"add","path":"urn:x:2.0:User:seat","value":"1"}""").GetText("urn:x:2.0:User:seat"));
        var complete = imported.Patched("""{"op":"add","path":"urn:x:2.0:User:plan","value":"gold"}""");
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => complete.Patched("""{"op":"replace","path":"urn:x:2.0:User:plan","value":" "}""")).Type);
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => complete.Patched("""{"op":"remove","path":"urn:x:2.0:User"}""")).Type);
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => User("""{"userName":"b"}""", type)).Type);
    }

    [Fact]
    public void Too_many_members_are_tooMany()
    {
        var values = string.Join(',', Enumerable.Range(0, 20_001).Select(i => $"\"{i}\""));
        Assert.Equal(ScimErrorType.TooMany, Refusal(() => Group().Patched($$"""{"op":"add","path":"members","value":[{{values}}]}""")).Type);
    }

    [Fact]
    public void What_becomes_primary_takes_the_place_of_what_was()
    {
        string[] operations =
        [
            """{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}""",
            """{"op":"add","path":"emails","value":{"value":"w@x","type":"work","primary":true}}""",
            """{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"w@x","primary":true}}""",
        ];
        Assert.All(operations, operation => AssertJson(
            """[{"value":"h@x","type":"home","primary":false},{"value":"w@x","type":"work","primary":true}]""",
            User(Emails).Patched(operation)["emails"]));
        AssertJson(
            """[{"value":"h@x","type":"home","primary":false},{"value":"w@x","type":"work"},{"value":"n@x","primary":true}]""",
            User(Emails).Patched("""{"op":"add","path":"emails","value":[{"value":"n@x","primary":true}]}""")["emails"]);
    }

    [Fact]
    public void An_equal_element_is_added_once()
    {
        var user = User(Emails);
        Assert.Equal(2, Assert.IsType<ScimArray>(user.Patched("""{"op":"add","path":"emails","value":[{"value":"W@X","type":"work"}]}""")["emails"]).Count);
        Assert.Same(user, user.Patched("""{"op":"add","path":"emails","value":{"value":"w@x","type":"work"}}"""));
        AssertJson("""["a","b"]""", (User("""{"userName":"b","urn:example:crm:2.0:User":{"labels":["a"]}}""", Crm)
            .Patched("""{"op":"add","path":"urn:example:crm:2.0:User:labels","value":["A","b","b"]}""")["urn:example:crm:2.0:User"] as ScimComplex)!["labels"]);
    }

    [Fact]
    public void A_single_complex_value_is_merged()
    {
        var user = User("""{"userName":"b","name":{"givenName":"B","familyName":"J"}}""");
        AssertJson("""{"givenName":"C","familyName":"J"}""", user.Patched("""{"op":"replace","path":"name","value":{"givenName":"C"}}""")["name"]);
        AssertJson("""{"familyName":"J"}""", user.Patched("""{"op":"replace","path":"name","value":{"givenName":null}}""")["name"]);
        AssertJson("""{"familyName":"J"}""", user.Patched("""{"op":"remove","path":"name.givenName"}""")["name"]);
        Assert.Null(user.Patched("""{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}""")["name"]);
    }

    [Fact]
    public void Null_removes()
    {
        var user = User("""{"userName":"b","title":"T","emails":[{"value":"w@x","type":"work"}]}""");
        AssertJson("""{"userName":"b"}""", user.Patched("""{"op":"replace","path":"title","value":null},{"op":"replace","value":{"emails":null}}""").Attributes);
        AssertJson("""{"userName":"b","title":"T"}""", user.Patched("""{"op":"replace","path":"emails[type eq \"work\"].value","value":null}""").Attributes);
    }

    [Fact]
    public void Removing_the_value_of_an_element_removes_it_where_nothing_else_is_left()
    {
        AssertJson("""[{"value":"h@x","type":"home","primary":true}]""", User(Emails).Patched("""{"op":"remove","path":"emails[type eq \"work\"].value"}""")["emails"]);
        AssertJson(
            """[{"type":"work","display":"d"}]""",
            User("""{"userName":"b","emails":[{"value":"w@x","type":"work","display":"d"}]}""").Patched("""{"op":"remove","path":"emails[type eq \"work\"].value"}""")["emails"]);
    }

    [Fact]
    public void Elements_are_removed_by_filter_or_value()
    {
        AssertJson("""[{"value":"w@x","type":"work"}]""", User(Emails).Patched("""{"op":"remove","path":"emails[primary eq true]"}""")["emails"]);
        AssertJson("""[{"value":"w@x","type":"work"}]""", User(Emails).Patched("""{"op":"remove","path":"emails","value":[{"value":"H@x"}]}""")["emails"]);
        Assert.Null(User(Emails).Patched("""{"op":"remove","path":"emails"}""")["emails"]);
        Assert.Null(User(Emails).Patched("""{"op":"remove","path":"emails[value ew \"@x\"]"}""")["emails"]);
    }

    [Fact]
    public void Replacing_a_selected_element_keeps_what_it_was_selected_as() =>
        AssertJson(
            """[{"value":"h@x","type":"home","primary":true},{"value":"new@x","type":"work"}]""",
            User(Emails).Patched("""{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"new@x"}}""")["emails"]);

    [Fact]
    public void An_extension_is_merged_and_removed_as_a_whole()
    {
        var user = User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"department\":\"D\"}}");
        AssertJson("""{"department":"D","division":"V"}""", user.Patched($$"""{"op":"add","path":"{{Enterprise}}","value":{"division":"V"} }""")[Enterprise]);
        Assert.Null(user.Patched($$"""{"op":"remove","path":"{{Enterprise}}"}""")[Enterprise]);
        Assert.Null(user.Patched($$"""{"op":"remove","path":"{{Enterprise}}:department"}""")[Enterprise]);
    }

    [Fact]
    public void Unknown_keys_of_a_pathless_operation_are_passed_over_unless_refused()
    {
        var request = Patch("""{"op":"replace","value":{"displayName":"D","favouriteColour":"red","urn:unknown:User":{"a":1}}}""");
        Assert.Equal("D", ScimPatch.Apply(User(), request).Resource.DisplayName);
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => ScimPatch.Apply(User(), request, new ScimOptions { UnknownAttributes = ScimUnknownAttributes.Reject })).Type);
    }

    [Fact]
    public void What_a_pathless_operation_echoes_is_passed_over()
    {
        var user = User();
        Assert.Same(user, user.Patched("""{"op":"replace","value":{"id":"other","schemas":["urn:x"],"meta":{"version":"W/\"9\""},"userName":"bjensen@example.com"}}"""));
    }

    [Fact]
    public void Whether_something_changed_is_told()
    {
        Assert.True(ScimPatch.Apply(User(), Patch("""{"op":"add","path":"title","value":"T"}""")).Changed);
        Assert.False(ScimPatch.Apply(User(), Patch("""{"op":"add","path":"title","value":"T"},{"op":"remove","path":"title"}""")).Changed);
    }
}
