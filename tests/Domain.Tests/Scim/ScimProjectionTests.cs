using System.Text.Json.Nodes;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimProjectionTests
{
    private static readonly ScimResource Barbara = User(
        "{\"userName\":\"b\",\"title\":\"T\",\"name\":{\"givenName\":\"B\",\"familyName\":\"J\"},\"emails\":[{\"value\":\"b@x\",\"type\":\"work\"}],\"" + Enterprise + "\":{\"department\":\"D\",\"division\":\"V\"},\"urn:example:crm:2.0:User\":{\"notes\":\"N\"}}",
        Crm);

    private static JsonNode Show(string? attributes, string? excluded = null, ScimResource? resource = null) =>
        Json(w => (resource ?? Barbara).WriteTo(w, ScimProjection.Parse((resource ?? Barbara).Type, attributes, excluded), BaseUrl));

    private static string[] Names(JsonNode node) => [.. node.AsObject().Select(p => p.Key)];

    [Fact]
    public void A_resource_is_written_with_schemas_id_and_meta()
    {
        var json = Show(null);
        Assert.Equal([ScimSchemas.UserUrn, Enterprise], json["schemas"]!.AsArray().Select(n => (string)n!));
        Assert.Equal("u1", (string?)json["id"]);
        Assert.Equal(
            """{"resourceType":"User","created":"2026-01-02T03:04:05Z","lastModified":"2026-02-03T04:05:06Z","location":"https://gw.example/scim/v2/g1/Users/u1","version":"W/\u0022v1\u0022"}""",
            json["meta"]!.ToJsonString());
    }

    [Fact]
    public void Only_extensions_that_are_present_are_listed() =>
        Assert.Equal("""["urn:ietf:params:scim:schemas:core:2.0:User"]""", Json(w => User().WriteTo(w, null, BaseUrl))["schemas"]!.ToJsonString());

    [Fact]
    public void What_is_returned_on_request_only_is_not_sent_unasked()
    {
        Assert.Null(Show(null)["urn:example:crm:2.0:User"]);
        Assert.Equal("N", (string?)Show("urn:example:crm:2.0:User:notes")["urn:example:crm:2.0:User"]!["notes"]);
        Assert.Equal("N", (string?)Show("urn:example:crm:2.0:User")["urn:example:crm:2.0:User"]!["notes"]);
    }

    [Fact]
    public void The_gateways_extension_is_sent_if_asked_for()
    {
        var type = ScimSchemas.UserType.WithExtension(ScimSchemas.Provisioning);
        var user = User(type: type).With(ScimSchemas.ProvisioningUrn, ScimJson.ParseObject("""{"state":"onboarded","lastOperation":{"id":"o1","status":"Succeeded"}}"""));
        Assert.Equal(["schemas", "id", "userName", "meta"], Names(Show(null, null, user)));
        Assert.Equal("onboarded", (string?)Show("userName," + ScimSchemas.ProvisioningUrn, null, user)[ScimSchemas.ProvisioningUrn]!["state"]);
        Assert.Equal("""{"id":"o1"}""", Show(ScimSchemas.ProvisioningUrn + ":lastOperation.id", null, user)[ScimSchemas.ProvisioningUrn]!["lastOperation"]!.ToJsonString());
        Assert.Equal(ScimErrorType.Mutability, Refusal(() => user.Patched($$"""{"op":"add","path":"{{ScimSchemas.ProvisioningUrn}}:state","value":"x"}""")).Type);
    }

    [Fact]
    public void Attributes_narrow_the_answer_to_what_is_asked_and_what_is_always_returned()
    {
        Assert.Equal(["schemas", "id", "userName"], Names(Show("username")));
        Assert.Equal("""{"givenName":"B"}""", Show("name.givenName")["name"]!.ToJsonString());
        Assert.Equal("""[{"value":"b@x"}]""", Show("emails.value")["emails"]!.ToJsonString());
        Assert.Equal("""{"department":"D"}""", Show(Enterprise + ":department")[Enterprise]!.ToJsonString());
        Assert.Equal(["schemas", "id", Enterprise], Names(Show(Enterprise)));
        Assert.Equal("""{"version":"W/\u0022v1\u0022"}""", Show("meta.version")["meta"]!.ToJsonString());
        Assert.Equal(["schemas", "id"], Names(Show("nope, 1bad,")));
        Assert.Equal(["schemas", "id", "name"], Names(Show("urn:ietf:params:scim:schemas:core:2.0:User:name")));
    }

    [Fact]
    public void Excluded_attributes_are_left_out_but_not_those_always_returned()
    {
        Assert.Equal(["schemas", "id", "userName", "name", "emails", Enterprise], Names(Show(null, "title,id,meta,schemas")));
        Assert.Equal("""{"familyName":"J"}""", Show(null, "name.givenName")["name"]!.ToJsonString());
        Assert.Equal("""{"division":"V"}""", Show(null, Enterprise + ":department")[Enterprise]!.ToJsonString());
        Assert.Null(Show(null, Enterprise)[Enterprise]);
    }

    [Fact]
    public void Members_that_are_not_shown_need_not_be_loaded()
    {
        Assert.False(ScimProjection.Parse(ScimSchemas.GroupType, null, "members").Shows("members"));
        Assert.False(ScimProjection.Parse(ScimSchemas.GroupType, "displayName", null).Shows("members"));
        Assert.True(ScimProjection.DefaultFor(ScimSchemas.GroupType).Shows("members"));
        Assert.False(ScimProjection.DefaultFor(ScimSchemas.UserType).Shows("password"));
        Assert.True(ScimProjection.Parse(Crm, "urn:example:crm:2.0:User", null).ShowsExtension("urn:example:crm:2.0:User"));
    }
}
