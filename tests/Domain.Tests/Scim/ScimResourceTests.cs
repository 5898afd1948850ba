using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimResourceTests
{
    [Fact]
    public void Names_get_the_spelling_of_the_schema() =>
        AssertJson(
            """{"userName":"b","name":{"givenName":"B"},"emails":[{"value":"b@x","type":"work"}]}""",
            User("""{"USERNAME":"b","Name":{"GIVENNAME":"B"},"eMails":[{"VALUE":"b@x","Type":"work"}]}""").Attributes);

    [Fact]
    public void Values_are_stored_exactly_as_sent() =>
        AssertJson(
            """{"userName":" BJensen@Example.COM ","title":"Señor  Dev\t","displayName":""}""",
            User("""{"userName":" BJensen@Example.COM ","title":"Señor  Dev\t","displayName":""}""").Attributes);

    [Fact]
    public void Nulls_empty_roles_meta_and_id_are_tolerated() =>
        AssertJson(
            """{"userName":"b"}""",
            User("""{"id":"x","meta":{"resourceType":"User"},"userName":"b","roles":[],"title":null,"name":null,"emails":[null]}""").Attributes);

    [Fact]
    public void Unknown_schema_URIs_and_unknown_attributes_are_tolerated() =>
        AssertJson(
            """{"displayName":"G"}""",
            Group("""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"displayName":"G","foo":1,"urn:unknown:x":{"y":1}}""").Attributes);

    [Fact]
    public void Unknown_attributes_are_refused_where_the_caller_wants_it()
    {
        var options = new ScimOptions { UnknownAttributes = ScimUnknownAttributes.Reject };
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimResource.Parse("""{"userName":"b","foo":1}"""u8, ScimSchemas.UserType, options)).Type);
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimResource.Parse("""{"userName":"b","name":{"foo":1}}"""u8, ScimSchemas.UserType, options)).Type);
    }

    [Fact]
    public void An_enterprise_URN_without_its_last_colon_is_understood() =>
        AssertJson(
            "{\"userName\":\"b\",\"" + Enterprise + "\":{\"department\":\"D\"}}",
            User("""{"schemas":["urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"userName":"b","urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"D"}}""").Attributes);

    [Theory]
    [InlineData("\"True\"", true)]
    [InlineData("\"False\"", false)]
    [InlineData("\"false\"", false)]
    [InlineData("true", true)]
    public void A_boolean_may_come_as_a_string(string sent, bool held) =>
        Assert.Equal(ScimBoolean.Of(held), User($$"""{"userName":"b","active":{{sent}}}""")["active"]);

    [Fact]
    public void Numbers_may_come_as_strings_and_strings_as_numbers()
    {
        var user = User("""{"userName":701984,"urn:example:crm:2.0:User":{"level":"7","ratio":"1.5"}}""", Crm);
        Assert.Equal("701984", user.UserName);
        AssertJson("""{"level":7,"ratio":1.5}""", user["urn:example:crm:2.0:User"]);
    }

    [Theory]
    [InlineData("""{"userName":"b","active":"maybe"}""")]
    [InlineData("""{"userName":"b","active":1}""")]
    [InlineData("""{"userName":"b","title":{"x":1}}""")]
    [InlineData("""{"userName":"b","title":["a","b"]}""")]
    [InlineData("""{"userName":"b","name":"Barbara"}""")]
    [InlineData("""{"userName":"b","emails":[true]}""")]
    [InlineData("""{"userName":"b","emails":[[]]}""")]
    [InlineData("""{"userName":"b","x509Certificates":[{"value":"not base64!"}]}""")]
    [InlineData("""{"userName":"b","title":"bell \u0007"}""")]
    [InlineData("""{"userName":"b\u0000"}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":{"level":1.5}}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":{"level":99999999999999999999}}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":{"ratio":1e999}}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":{"ratio":"NaN"}}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":{"since":"yesterday"}}""")]
    [InlineData("""{"userName":"b","urn:example:crm:2.0:User":[]}""")]
    [InlineData("""{"userName":"b","emails":[{"value":"a","primary":true},{"value":"c","primary":true}]}""")]
    [InlineData("""{"title":"no user name"}""")]
    [InlineData("""{"userName":""}""")]
    [InlineData("""{"userName":"  "}""")]
    [InlineData("""{"userName":null}""")]
    public void A_value_that_does_not_fit_is_invalidValue(string json) =>
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => User(json, Crm)).Type);

    [Fact]
    public void A_value_longer_than_the_limit_is_invalidValue() =>
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => User("{\"userName\":\"" + new string('x', 20_000) + "\"}")).Type);

    [Fact]
    public void More_values_than_the_limit_are_tooMany() =>
        Assert.Equal(ScimErrorType.TooMany, Refusal(() => User("{\"userName\":\"b\",\"emails\":[" + string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"{i}@x\"")) + "]}")).Type);

    [Fact]
    public void Schemas_that_are_no_array_of_URIs_are_invalidSyntax() =>
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => User("""{"schemas":"urn:x","userName":"b"}""")).Type);

    [Fact]
    public void A_password_is_never_stored()
    {
        var user = User("""{"userName":"b","password":"s3cret-pass"}""");
        Assert.DoesNotContain("s3cret", user.Attributes.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", user.Patched("""{"op":"replace","path":"password","value":"s3cret-pass"},{"op":"replace","value":{"password":"s3cret-pass"}}""").Attributes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_server_maintains_is_ignored_in_a_body() =>
        AssertJson("""{"userName":"b"}""", User("""{"userName":"b","groups":[{"value":"g1"}]}""").Attributes);

    [Theory]
    [InlineData("\"m1\"")]
    [InlineData("""{"value":"m1"}""")]
    [InlineData("""[{"$ref":null,"value":"m1"}]""")]
    public void A_manager_may_come_as_a_string_an_object_or_an_array(string sent) =>
        Assert.Equal("m1", User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"manager\":" + sent + "}}").GetText(Enterprise + ":manager.value"));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"value":""}""")]
    [InlineData("""{"value":null}""")]
    public void An_empty_manager_is_none(string sent) =>
        Assert.Null(User("{\"userName\":\"b\",\"" + Enterprise + "\":{\"manager\":" + sent + "}}")[Enterprise]);

    [Fact]
    public void An_element_without_content_is_dropped() =>
        Assert.Null(User("""{"userName":"b","phoneNumbers":[{"type":"work","value":null,"primary":true}]}""")["phoneNumbers"]);

    [Fact]
    public void What_is_stored_reads_back_the_same()
    {
        var user = User("""{"userName":"Zoë","emails":[{"value":"b@x","primary":true}],"urn:example:crm:2.0:User":{"level":7,"labels":["a","b"]}}""", Crm);
        Assert.Equal(user.Attributes, ScimResource.FromStored(user.ToStored(), Crm).Attributes);
    }

    [Fact]
    public void Values_are_found_by_path()
    {
        var user = User("{\"userName\":\"b\",\"active\":false,\"emails\":[{\"value\":\"h@x\",\"type\":\"home\"},{\"value\":\"w@x\",\"type\":\"work\"}],\"" + Enterprise + "\":{\"department\":\"D\"}}");
        Assert.Equal("w@x", user.GetText("emails[type eq \"work\"].value"));
        Assert.Equal("h@x", user.GetText("emails.value"));
        Assert.Equal("D", user.GetText(Enterprise + ":department"));
        Assert.Equal("u1", user.GetText("id"));
        Assert.Equal("User", user.GetText("meta.resourceType"));
        Assert.Equal("false", user.GetText("active"));
        Assert.Null(user.GetText("name.givenName"));
        Assert.False(user.IsActive);
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => user.GetText("nope")).Type);
    }

    [Fact]
    public void A_version_is_found_among_entity_tags()
    {
        Assert.Equal("W/\"v1\"", Meta.ETag);
        Assert.True(Meta.IsNamedBy("*"));
        Assert.True(Meta.IsNamedBy("W/\"v0\", W/\"v1\""));
        Assert.True(Meta.IsNamedBy("\"v1\""));
        Assert.False(Meta.IsNamedBy("W/\"v2\""));
    }
}
